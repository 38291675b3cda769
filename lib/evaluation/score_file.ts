/**
 * Files of anyone's scores, row by row: a CSV, as it is or packed by gzip, with a path or id and a score.
 * What is expected and how rows are joined to it is left to `joined_scores.ts`.
 */
import { refuseOtherSeparator } from "lib/io/csv_heading.ts";
import { csvBlocks } from "lib/io/csv_rows.ts";
import { csvError, type CsvRecord } from "lib/io/csv_records.ts";
import { logOddsOf } from "./probability.ts";
import {
  columnsIn,
  type FoundColumns,
  type ScoreField,
  type ScoreFormat,
} from "./score_columns.ts";

/** One row of a file of scores. */
export interface ScoreRow {
  /** Line of the file on which it begins, from 1 (the heading). */
  readonly line: number;
  /** The sample's path or id, as the file has it. */
  readonly path: string;
  /** Log-odds of fake, in nats; undefined for a row without a score. */
  readonly logOdds: number | undefined;
  /** Whether the score is a probability so near 0 or 1 that its log-odds keep its order alone, not its size. */
  readonly clipped: boolean;
  /** 0 real, 1 fake; undefined where the file has no such column. */
  readonly label: 0 | 1 | undefined;
  /** The video; undefined where the file does not say. */
  readonly video: string | undefined;
  /** "real", or what made the fake; undefined where the file does not say. */
  readonly method: string | undefined;
  /** The split; undefined where the file does not say. */
  readonly split: string | undefined;
}

/** What stands where a detector gave no score, beside nothing at all. */
const NO_SCORE = /^(nan|none|null|n\/?a|-)?$/i;

/** The words for labels that need no `realLabel`. */
const LABELS: Readonly<Record<string, 0 | 1>> = {
  "0": 0,
  "real": 0,
  "1": 1,
  "fake": 1,
  "0.0": 0,
  "1.0": 1,
};

/** What is wrong with a cell, and what to do. */
class CellFault extends RangeError {
  constructor(readonly field: ScoreField, message: string) {
    super(message);
  }
}

/**
 * The label that a cell says: 0 and real, 1 and fake in any letters, or by the word that means real.
 *
 * @throws RangeError for anything else.
 */
function labelOf(cell: string, realLabel: string | undefined): 0 | 1 {
  if (realLabel !== undefined && cell !== "") return cell === realLabel ? 0 : 1;
  const label = LABELS[cell.toLowerCase()];
  if (label !== undefined) return label;
  throw new CellFault(
    "label",
    `${
      JSON.stringify(cell)
    } is no label: 0 or real, 1 or fake. Where another word means real, say ` +
      "--real-label WORD.",
  );
}

/** Where log-odds of probabilities end (`logOddsOf`), and how far beyond it others keep their order. */
const EDGE = -logOddsOf(0), BEYOND = 1;

/** Least and largest logarithm of a probability below the edge that is not 0. */
const [LEAST, LARGEST] = [Math.log(Number.MIN_VALUE), Math.log(Number.EPSILON)];

/**
 * Log-odds of a probability that is nearer to 0 than `logOddsOf` tells apart: the order of such scores is
 * kept, as AUC rests on it, within a nat below the edge, where log loss counts them as others count them.
 */
const belowEdge = (p: number) =>
  -EDGE - (p === 0 ? 2 * BEYOND : BEYOND * (LARGEST - Math.log(p)) / (LARGEST - LEAST));

/** Log-odds of a probability, 0 to 1, in the order of all probabilities. */
function orderedLogOdds(p: number): number {
  if (p < Number.EPSILON) return belowEdge(p);
  return p > 1 - Number.EPSILON ? -belowEdge(1 - p) : logOddsOf(p);
}

/** Log-odds of what a cell says. @throws RangeError for what is no number, or out of the scale's range. */
function scoreOf(
  cell: string,
  scale: FoundColumns["scale"],
): Pick<ScoreRow, "logOdds" | "clipped"> {
  const text = cell.trim();
  if (NO_SCORE.test(text)) return { logOdds: undefined, clipped: false };
  const value = Number(text);
  if (scale === "log-odds") {
    if (Number.isFinite(value)) return { logOdds: value, clipped: false };
    throw new CellFault("score", `${JSON.stringify(cell)} is no finite number, as log-odds are.`);
  }
  if (value >= 0 && value <= 1) {
    const logOdds = orderedLogOdds(value);
    const clipped = value < Number.EPSILON || value > 1 - Number.EPSILON;
    return { logOdds: scale === "real" ? 0 - logOdds : logOdds, clipped };
  }
  throw new CellFault(
    "score",
    `${
      JSON.stringify(cell)
    } is no probability from 0 to 1. Say --scale log-odds where scores are ` +
      "log-odds or logits of fake; leave the cell empty where there is no score.",
  );
}

/** The folder that a path lies in; of a path without one the path itself. */
function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end <= 0 ? path : path.slice(0, end);
}

/** A cell as a row says it: nothing where there is no such column, or nothing in it. */
const cellIn = (cells: readonly string[], place: number) =>
  place < 0 || cells[place] === "" ? undefined : cells[place];

function readRow(
  { line, cells }: CsvRecord,
  { format, found: { places, scale } }: { format: ScoreFormat; found: FoundColumns },
): ScoreRow {
  const path = cells[places.path], split = cellIn(cells, places.split);
  if (path === "") {
    throw new CellFault("path", "is empty. Every row needs the path or id of its sample.");
  }
  const label = places.label < 0
    ? undefined
    : labelOf(cells[places.label].trim(), format.realLabel);
  const video = format.framesInFolders ? folderOf(path) : cellIn(cells, places.video);
  const said = cellIn(cells, places.method);
  if (label === 1 && said === "real") {
    throw new CellFault(
      "method",
      `"real" does not go with the label of a fake. Correct one of them.`,
    );
  }
  const method = label === 0 ? "real" : said ?? (label === 1 ? "fake" : undefined);
  return {
    line,
    path,
    ...scoreOf(cells[places.score], scale),
    label,
    video,
    method,
    split,
  };
}

/**
 * The rows of a file of scores, one by one; memory does not grow with the file.
 *
 * A cell of the score that is empty, or says nan, none, null or NA, is a row without a score. A real row's
 * method is "real", whatever its cell says: some files name the source of real media there.
 *
 * @param path A CSV file in UTF-8, as it is or packed by gzip.
 * @throws RangeError naming the file, the line, the column and the remedy: a column that is not there, a
 * row without a path, a label that is none, a score out of its scale's range.
 *
 * @example
 * ```ts
 * import { scoreRows } from "lib/evaluation/score_file.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "file,p_real,label\na.mp4,0.5,real\nb.mp4,,fake\n");
 * const format = { columns: { path: "file", score: "p_real" }, scale: "real" } as const;
 * const rows = await Array.fromAsync(scoreRows(path, format));
 * assert.deepEqual(rows.map((row) => [row.path, row.label, row.logOdds]), [
 *   ["a.mp4", 0, 0],
 *   ["b.mp4", 1, undefined],
 * ]);
 * await Deno.remove(path);
 * ```
 */
export async function* scoreRows(
  path: string,
  format: ScoreFormat = {},
): AsyncGenerator<ScoreRow, void, void> {
  let found: FoundColumns | undefined;
  const only = Object.entries(format.only ?? {});
  for await (const { heading, records } of csvBlocks(path, [])) {
    try {
      found ??= columnsIn(heading, format);
    } catch (cause) {
      if (heading.length === 1) await refuseOtherSeparator(path, heading[0].split(/[;\t|]/));
      throw csvError(path, { line: 1, message: (cause as Error).message, cause });
    }
    const chosen = only.map(([column, text]) => [heading.indexOf(column), text] as const);
    for (const record of records) {
      if (!chosen.every(([place, text]) => record.cells[place] === text)) continue;
      try {
        yield readRow(record, { format, found });
      } catch (cause) {
        if (!(cause instanceof CellFault)) throw cause;
        const column = heading[found.places[cause.field]];
        const message = `column "${column}": ${cause.message}`;
        throw csvError(path, { line: record.line, message, cause });
      }
    }
  }
}
