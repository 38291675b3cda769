/**
 * Saving a figure with the rows it was drawn from, and drawing it again from those rows alone. Bytes
 * of pictures come from export_figure.ts, cells of tables from rows_file.ts.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "lib/io/write_whole.ts";
import type { Exporter } from "./export_figure.ts";
import type { Chart, Figure, Plot } from "./figure.ts";
import { readRows, type RowsFile, writeRows } from "./rows_file.ts";
import { withExporter } from "./shared_exporter.ts";

/**
 * Where figures go: the project's folder `results/`, wherever the working directory is. A trial run
 * (`deno task notebooks --check`, or the smoke profile) sets `FORGERY_CLUES_RESULTS` to another folder,
 * so that its figures never take the place of real ones.
 */
export const RESULTS: string = Deno.env.get("FORGERY_CLUES_RESULTS") ??
  fileURLToPath(new URL("../../results", import.meta.url));

/** Where and by what a figure is saved. */
export interface SaveOptions {
  /** Folder for the files. Default: `RESULTS`. */
  readonly folder?: string;
  /** Draws the pictures; pass one to save many figures with one Chrome. Default: as `withExporter`. */
  readonly exporter?: Exporter;
}

/** What stands in `<name>.json`: with the rows, all that drawing needs. */
interface Recipe {
  readonly chart: string;
  readonly options: object;
  readonly columns: RowsFile["columns"];
  readonly specification: string;
}

/**
 * SHA-256 of a plot's JSON, in hexadecimal. It stands in `<name>.json` as `specification`: where
 * `redraw` gives another, the chart's code has changed since the pictures were made.
 */
export async function specificationHash({ data, layout }: Plot): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify([data, layout]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", json)).toHex();
}

function pathOf(name: string, { folder = RESULTS }: SaveOptions) {
  if (!/^[\w-]+(\/[\w-]+)*$/.test(name)) {
    throw new RangeError(
      `${
        JSON.stringify(name)
      } cannot name a figure: use letters, digits, - and _, and / for folders.`,
    );
  }
  return (extension: string) => join(folder, `${name}.${extension}`);
}

/**
 * Writes `<name>.svg`, `<name>.png` (two pixels for each CSS pixel), `<name>.csv` (the rows) and
 * `<name>.json` (chart,
 * options and the specification's hash) to results/. Each file appears whole or not at all. The same
 * figure gives the same bytes again with the same Chrome, so that re-running shows no difference.
 *
 * @param name Such as `"00_training"`, or with a folder, `"01/venn"`.
 * @returns Paths of the four files.
 * @throws RangeError for an unfit name; TypeError for rows that CSV cannot keep; Error when no Chrome
 * starts: then rows and recipe are written all the same, and `redraw` can make the pictures later.
 *
 * @example
 * ```ts
 * import { trainingCurves } from "lib/figures/training_curves.ts";
 * import { redraw, saveFigure } from "lib/figures/save_figure.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [{ run: "seed 1", term: "cross-entropy", step: 0, value: 0.69 }];
 * const figure = trainingCurves(rows, {});
 * const folder = await Deno.makeTempDir();
 * await saveFigure("training", figure, { folder });
 * assert.deepEqual((await redraw("training", trainingCurves, { folder })).data, figure.data);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function saveFigure(
  name: string,
  figure: Figure,
  options: SaveOptions = {},
): Promise<string[]> {
  const path = pathOf(name, options);
  const { chart, rows, options: chartOptions } = figure.source;
  const { csv, columns } = writeRows(rows);
  const specification = await specificationHash(figure);
  const recipe: Recipe = { chart, options: chartOptions, columns, specification };
  const encoder = new TextEncoder();
  await writeWhole(path("csv"), encoder.encode(csv));
  await writeWhole(path("json"), encoder.encode(JSON.stringify(recipe, null, 2) + "\n"));
  const draw = async (exporter: Exporter) => {
    await writeWhole(path("svg"), await exporter.svg(figure));
    await writeWhole(path("png"), await exporter.png(figure));
  };
  await (options.exporter ? draw(options.exporter) : withExporter(draw));
  return ["svg", "png", "csv", "json"].map(path);
}

/**
 * Draws a saved figure again from its rows, without a model and without the run that made them. To
 * change how it looks, save what this returns under the same name.
 *
 * @param name As it was saved.
 * @param chart The chart that drew it, such as `trainingCurves`.
 * @throws TypeError when the figure was drawn by another chart, with that one's name; Deno's
 * `NotFound` when no such figure was saved.
 */
export async function redraw<Row extends object, Options extends object>(
  name: string,
  chart: Chart<Row, Options>,
  options: SaveOptions = {},
): Promise<Figure> {
  const path = pathOf(name, options);
  const recipe: Recipe = JSON.parse(await Deno.readTextFile(path("json")));
  if (recipe.chart !== chart.chart) {
    throw new TypeError(`The figure ${name} was drawn by ${recipe.chart}, not by ${chart.chart}.`);
  }
  const csv = await Deno.readTextFile(path("csv"));
  const rows = readRows({ csv, columns: recipe.columns });
  return chart(rows as Row[], recipe.options as Options);
}
