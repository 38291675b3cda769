/** A comparison in files: a row a comparison, one JSON of all of it, and a forest chart for each metric. */
import { join } from "node:path";
import type { ComparisonRow, Comparisons } from "lib/evaluation/comparison/compare_methods.ts";
import type { VideoRule } from "lib/evaluation/video_rules.ts";
import { openExporter } from "lib/figures/export_figure.ts";
import { forest } from "lib/figures/forest.ts";
import { saveFigure } from "lib/figures/save_figure.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { writeWhole } from "lib/io/write_whole.ts";

const COLUMNS = [
  "metric",
  "method",
  "level",
  "first",
  "second",
  "firstValue",
  "secondValue",
  "difference",
  "low",
  "high",
  "p",
  "test",
  "holm",
  "firstSeeds",
  "secondSeeds",
  "seedShare",
  "samples",
  "videos",
] as const;

/** What is written. */
export interface SavedComparison extends Comparisons {
  /** What was compared: names with their files. */
  readonly contenders: readonly { readonly name: string; readonly files: readonly string[] }[];
  /** How frames became a video. */
  readonly videoRule: VideoRule;
  /** Times that videos were drawn. */
  readonly resamples: number;
  /** Samples that not all have, by detector. */
  readonly notShared: readonly { readonly name: string; readonly samples: readonly string[] }[];
}

/** The forest chart of one metric. */
function forestOf(rows: readonly ComparisonRow[]) {
  const { metric, level } = rows[0];
  const lines = rows.map(({ method, first, second, difference, low, high }) => ({
    label: `${first} − ${second}`,
    series: method === "all" ? "all fakes" : method,
    value: difference,
    low,
    high,
  }));
  return forest(lines, {
    valueTitle: `difference of ${metric} of ${level}s (95 % interval by video)`,
    level: 0,
  });
}

/**
 * Writes the comparison.
 *
 * @param options `figures`: whether the charts are drawn.
 * @returns The files.
 * @throws Error naming a file that cannot be written.
 */
export async function saveComparison(
  folder: string,
  comparison: SavedComparison,
  { figures }: { figures: boolean },
): Promise<string[]> {
  const { rows, notShared } = comparison, path = (name: string) => join(folder, name);
  const cells = rows.map(({ seeds: [firstSeeds, secondSeeds], ...row }) => ({
    ...row,
    firstSeeds,
    secondSeeds,
  }));
  await writeCsv(path("comparison.csv"), cells, COLUMNS);
  const json = { format: "forgery-clues comparison", version: 1, level: 0.95, ...comparison };
  const text = new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
  await writeWhole(path("comparison.json"), text);
  const files = [path("comparison.csv"), path("comparison.json")];
  const strays = notShared.flatMap(({ name, samples }) =>
    samples.map((sample) => ({ name, sample }))
  );
  if (strays.length > 0) {
    await writeCsv(path("not_compared.csv"), strays, ["name", "sample"]);
    files.push(path("not_compared.csv"));
  }
  if (!figures) return files;
  await using exporter = await openExporter();
  for (const [metric, own] of Map.groupBy(rows, (row) => row.metric)) {
    const name = `comparison-${metric.replaceAll(/\W+/g, "-")}`;
    const [svg, png] = await saveFigure(name, forestOf(own), { folder, exporter });
    files.push(svg, png);
  }
  return files;
}
