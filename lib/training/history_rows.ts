/**
 * Reading of a run's history, row by row and whatever its length. Every row is checked: the columns are
 * those of the heading, and steps follow each other from 0. A torn last line, as a kill leaves it, does
 * not count.
 */
import { UnfitFile } from "lib/io/unfit_file.ts";
import { join } from "node:path";
import { BEGINNING, selected, type Selection } from "./selection.ts";
import type { StepRecord } from "./step_record.ts";

/** Name of the history in a run's folder. */
export const HISTORY_FILE = "metrics.csv";

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;

/** A chunk of a history. */
interface Rows {
  /** Names of the columns, `step` first. */
  readonly columns: readonly string[];
  /** Cells of each row. */
  readonly cells: readonly (readonly string[])[];
  /** Step of the first row. */
  readonly first: number;
  /** Bytes of each row, with its line break. */
  readonly bytes: readonly number[];
  /** Bytes of the heading. */
  readonly heading: number;
}

function refuse(path: string, line: number, why: string): never {
  throw new UnfitFile(
    `${path}, line ${line}: ${why}. It is no history of one run. Put back a whole copy, or move the ` +
      "run's folder away to begin it anew.",
  );
}

function headingOf(path: string, heading: string): string[] {
  const columns = heading.split(",");
  if (columns[0] !== "step") refuse(path, 1, 'the heading does not begin with "step"');
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) refuse(path, 1, `two columns are called "${twice}"`);
  return columns;
}

/** The rows of a file. A file that is empty, or has a torn heading, has none. */
async function* rowsIn(path: string): AsyncGenerator<Rows, void, void> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(CHUNK), decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "", columns: string[] | undefined, heading = 0, first = 0;
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    const lines = (rest + decoder.decode(buffer.subarray(0, read), { stream: true })).split("\n");
    rest = lines.pop()!;
    if (columns === undefined && lines.length > 0) {
      heading = new TextEncoder().encode(lines[0]).length + 1;
      columns = headingOf(path, lines.shift()!);
    }
    if (columns === undefined) continue;
    const cells = lines.map((line) => line.split(","));
    for (const [i, row] of cells.entries()) {
      const step = first + i;
      if (row.length !== columns.length) {
        refuse(path, step + 2, `it has ${row.length} cells, the heading ${columns.length}`);
      }
      if (row[0] !== String(step)) {
        refuse(path, step + 2, `step ${step} is due there, and it has ${JSON.stringify(row[0])}`);
      }
    }
    const bytes = lines.map((line) => line.length + 1); // numbers are ASCII
    yield { columns, cells, first, bytes, heading };
    first += cells.length;
  }
}

/** A number of a row, undefined where the cell is empty. */
function numberIn(cell: string, place: { path: string; step: number }): number | undefined {
  if (cell === "") return undefined;
  const value = Number(cell);
  if (!Number.isNaN(value) || cell === "NaN") return value;
  return refuse(place.path, place.step + 2, `${JSON.stringify(cell)} is no number`);
}

/**
 * The records of a run, step by step; memory does not grow with their number.
 *
 * @param folder The run's folder.
 * @throws TypeError when a row is not what it must be, naming file and line. Deno's NotFound when there is
 * no history.
 */
export async function* readHistory(folder: string): AsyncGenerator<StepRecord, void, void> {
  const path = join(folder, HISTORY_FILE);
  for await (const { columns, cells, first } of rowsIn(path)) {
    for (const [i, row] of cells.entries()) {
      const record: Record<string, number> = {};
      for (let c = 0; c < row.length; c++) {
        const value = numberIn(row[c], { path, step: first + i });
        if (value !== undefined) record[columns[c]] = value;
      }
      yield record as StepRecord;
    }
  }
}

/** What there is to know of a history without holding its records. */
export interface HistorySummary {
  /** Steps in it. */
  readonly steps: number;
  /** Best validation so far. */
  readonly selection: Selection;
  /** The last record; undefined before the first step. */
  readonly last: StepRecord | undefined;
  /** Names of the columns; undefined before the first step. */
  readonly columns: readonly string[] | undefined;
  /** Length of the file up to here. */
  readonly bytes: number;
}

const NOTHING: HistorySummary = {
  steps: 0,
  selection: BEGINNING,
  last: undefined,
  columns: undefined,
  bytes: 0,
};

/** What the file holds of the steps before `limit`. */
async function summaryOf(path: string, limit: number): Promise<HistorySummary> {
  let { steps, selection, columns, bytes } = NOTHING as {
    -readonly [K in keyof HistorySummary]: HistorySummary[K];
  };
  let last: StepRecord | undefined;
  for await (const rows of rowsIn(path)) {
    columns = rows.columns;
    if (rows.first === 0) bytes = rows.heading;
    const auc = columns.indexOf("validationAuc"),
      count = Math.min(rows.cells.length, limit - rows.first);
    for (let i = 0; i < count; i++) {
      bytes += rows.bytes[i];
      steps++;
      const validationAuc = numberIn(rows.cells[i][auc] ?? "", { path, step: steps - 1 });
      if (validationAuc !== undefined) {
        selection = selected(selection, { step: steps - 1, validationAuc });
      }
    }
    if (count > 0) {
      const cells = rows.cells[count - 1];
      last = Object.fromEntries(columns.flatMap((column, c) => {
        const value = numberIn(cells[c], { path, step: steps - 1 });
        return value === undefined ? [] : [[column, value]];
      })) as unknown as StepRecord;
    }
    if (steps === limit) break;
  }
  return steps === 0 ? NOTHING : { steps, selection, last, columns, bytes };
}

/**
 * The best validation, the number and the last of a run's steps, in one pass.
 *
 * @param folder The run's folder.
 * @throws TypeError as `readHistory`. Deno's NotFound when there is no history.
 */
export function summariseHistory(folder: string): Promise<HistorySummary> {
  return summaryOf(join(folder, HISTORY_FILE), Infinity);
}

/**
 * The same of the steps that a kept state has done.
 *
 * @param path The history's file; it may be missing before the first step.
 * @throws TypeError when there are fewer steps than that.
 */
export async function beforeStep(path: string, steps: number): Promise<HistorySummary> {
  if (steps === 0) return NOTHING;
  const summary = await summaryOf(path, steps).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return NOTHING;
    throw error;
  });
  if (summary.steps === steps) return summary;
  throw new UnfitFile(
    `${path} holds ${summary.steps} of the ${steps} steps that the run has done. Put back a whole ` +
      "copy, or move the run's folder away to begin it anew.",
  );
}
