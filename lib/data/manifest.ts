/**
 * The manifest: the list of a data set's pictures as a CSV file, read and written row by row. How
 * samples are made out of a data set is left to readers/ and prepare.
 */
import { type CsvRow, csvRows, writeCsv } from "lib/io/csv_rows.ts";
import type { Sample, Split } from "./samples.ts";

/** The columns that a manifest must have, in the order in which they are written. */
export const MANIFEST_COLUMNS = [
  "path",
  "label",
  "dataset",
  "method",
  "video",
  "split",
  "frame",
  "identities",
  "mask",
] as const;

/** Columns that a manifest may do without. */
const OPTIONAL = ["source", "content", "cut", "landmarks"] as const;

/** All columns that are written. */
const WRITTEN = [...MANIFEST_COLUMNS, ...OPTIONAL];

/** What the numbers mean; printed wherever labels are counted. */
export const LABEL_LEGEND = "label 0 = real, 1 = fake; score = probability of fake";

const SPLITS: readonly string[] = ["train", "validation", "test"] satisfies Split[];

/** Between two identities; it is not found in any benchmark's ids. */
const BETWEEN = "+";

type Column = typeof MANIFEST_COLUMNS[number];

/**
 * The sample of one row. `manifestRows` is the usual way; this one is for lists that lack columns and
 * fill them in first.
 *
 * @param manifest The file, for messages.
 * @throws RangeError as `manifestRows` does.
 */
export function sampleOf(manifest: string, { line, cells }: CsvRow): Sample {
  const cell = (column: Column) => cells[column]!;
  const refuse = (column: Column, remedy: string): never => {
    const where = `${JSON.stringify(manifest)}, line ${line}, column "${column}"`;
    throw new RangeError(`${where}: ${JSON.stringify(cell(column))} ${remedy}`);
  };
  for (const column of ["path", "dataset", "method", "video"] as const) {
    if (cell(column) === "") refuse(column, "is empty. Every row needs it.");
  }
  if (!/^[01]$/.test(cell("label"))) {
    refuse("label", "is no label. It is 0 (real) or 1 (fake); which method stands in its column.");
  }
  const label = cell("label") === "0" ? 0 : 1;
  if ((label === 0) !== (cell("method") === "real")) {
    refuse("method", `does not go with label ${label}: "real" has label 0, every method label 1.`);
  }
  if (!SPLITS.includes(cell("split"))) refuse("split", "is no split: train, validation or test.");
  const frame = Number(cell("frame"));
  if (!/^\d+$/.test(cell("frame")) || !Number.isSafeInteger(frame)) {
    refuse("frame", "is no frame's index: a whole number from 0.");
  }
  const identities = cell("identities") === "" ? [] : cell("identities").split(BETWEEN);
  if (identities.includes("")) {
    refuse("identities", `has an empty identity. They are joined by one "${BETWEEN}".`);
  }
  return {
    path: cell("path"),
    label,
    dataset: cell("dataset"),
    method: cell("method"),
    video: cell("video"),
    split: cell("split") as Split,
    frame,
    identities,
    ...(cell("mask") === "" ? {} : { mask: cell("mask") }),
    ...(cells.source ? { source: cells.source } : {}),
    ...(cells.content ? { content: cells.content } : {}),
    ...(cells.cut ? { cut: cells.cut } : {}),
    ...(cells.landmarks ? { landmarks: cells.landmarks } : {}),
  };
}

/**
 * The samples of a manifest one by one; memory does not grow with the file.
 *
 * @param path A CSV file in UTF-8 with the columns `MANIFEST_COLUMNS` in any order, and of
 * `source`, `content`, `cut` and `landmarks` those that there are; further columns are passed over. Its
 * `path`, `mask`, `source` and `landmarks` cells are relative to the manifest's folder, or absolute.
 * @throws RangeError naming file, line and column: a missing column, an empty path, a label that is
 * not 0 or 1, a label that contradicts the method, an unknown split, a frame that is no index.
 */
export async function* manifestRows(path: string): AsyncGenerator<Sample> {
  for await (const row of csvRows(path, MANIFEST_COLUMNS)) yield sampleOf(path, row);
}

/**
 * All samples of a manifest, for data sets that fit into memory.
 *
 * @throws RangeError as `manifestRows` does.
 *
 * @example
 * ```ts
 * import { readManifest, writeManifest } from "lib/data/manifest.ts";
 * import type { Sample } from "lib/data/samples.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const sample: Sample = {
 *   path: 'crops/a, "b".png', label: 1, dataset: "mine", method: "DF", video: "DF/000_003.mp4",
 *   split: "train", frame: 5, identities: ["000", "003"],
 * };
 * await writeManifest(path, [sample]);
 * assert.deepEqual(await readManifest(path), [sample]);
 * await Deno.remove(path);
 * ```
 */
export async function readManifest(path: string): Promise<Sample[]> {
  return await Array.fromAsync(manifestRows(path));
}

/**
 * Write a manifest, whole or not at all, one sample at a time.
 *
 * @throws RangeError when a sample would not be read back as it is, naming it and the column; what was
 * there stays.
 * @throws Error naming the path and the remedy when the file cannot be written.
 */
export async function writeManifest(
  path: string,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
): Promise<void> {
  await writeCsv(path, rowsOf(path, samples), WRITTEN);
}

async function* rowsOf(path: string, samples: Iterable<Sample> | AsyncIterable<Sample>) {
  let line = 1;
  for await (const sample of samples) {
    line++;
    const joining = sample.identities.find((identity) => identity.includes(BETWEEN));
    if (joining !== undefined) {
      throw new RangeError(
        `Identity ${JSON.stringify(joining)} of ${
          JSON.stringify(sample.path)
        } holds "${BETWEEN}", ` +
          "which joins identities in a manifest. Give it another name.",
      );
    }
    const cells = {
      ...sample,
      label: String(sample.label),
      frame: String(sample.frame),
      identities: sample.identities.join(BETWEEN),
      mask: sample.mask ?? "",
      ...Object.fromEntries(OPTIONAL.map((name) => [name, sample[name] ?? ""])),
    };
    sampleOf(path, { line, cells }); // what would be refused when read is not written
    yield cells;
  }
}
