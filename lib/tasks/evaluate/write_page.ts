/** The page of an evaluation with its pictures, in the folder of its results. */
import { join } from "node:path";
import { type Exporter, openExporter } from "lib/figures/export_figure.ts";
import { saveFigure } from "lib/figures/save_figure.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { resultName } from "lib/training/evaluation_files.ts";
import { evaluationFigures } from "./evaluation_figures.ts";
import {
  type EvaluationContent,
  evaluationPage,
  type PagePicture,
  type PageSection,
} from "./evaluation_page.ts";

/** The folder of the pictures, beside the page. */
const FIGURES = "figures";

async function pictures(
  { data, frames, table }: PageSection,
  { folder, exporter }: { folder: string; exporter: Exporter },
): Promise<PagePicture[]> {
  const word = resultName({ ...data, data: data.sha256 }).replaceAll(/[^\w-]/g, "_");
  const drawn: PagePicture[] = [];
  for (const { name, caption, figure } of evaluationFigures(frames, table)) {
    await saveFigure(`${word}/${name}`, figure, { folder: join(folder, FIGURES), exporter });
    drawn.push({ file: `${FIGURES}/${word}/${name}.svg`, altText: figure.altText, caption });
  }
  return drawn;
}

/**
 * Writes index.html, and under figures/ each picture with its rows. Where no Chrome starts, the page says
 * so in the place of the pictures.
 *
 * @param options `figures`: whether there shall be any.
 * @returns The page's path.
 * @throws Error naming a file that cannot be written.
 */
export async function writeEvaluationPage(
  folder: string,
  content: Omit<EvaluationContent, "sections"> & {
    readonly sections: readonly Omit<PageSection, "pictures">[];
  },
  { figures }: { figures: boolean },
): Promise<string> {
  let exporter: Exporter | undefined, why = "No figures were asked for.";
  try {
    if (figures) exporter = await openExporter();
  } catch (error) {
    why = `There are no pictures: ${(error as Error).message}`;
  }
  const sections: PageSection[] = [];
  try {
    for (const section of content.sections) {
      const whole = { ...section, pictures: why };
      const drawn = exporter && await pictures(whole, { folder, exporter });
      sections.push({ ...whole, ...drawn ? { pictures: drawn } : {} });
    }
  } finally {
    await exporter?.[Symbol.asyncDispose]();
  }
  const path = join(folder, "index.html");
  await writeWhole(path, new TextEncoder().encode(evaluationPage({ ...content, sections })));
  return path;
}
