/**
 * CSV files row by row, whatever their size, and back again. Cells may hold commas, quotes and newlines
 * (RFC 4180). What the columns mean is left to the callers.
 */
import { stringify } from "csv-stringify/sync";
import { checkHeading, refuseOtherSeparator } from "./csv_heading.ts";
import { csvError, type CsvRecord, csvRecords } from "./csv_records.ts";
import { WholeFile } from "./write_whole.ts";

/** One row of a CSV file. */
export interface CsvRow {
  /** Line of the file on which the row begins, from 1 (the heading). */
  readonly line: number;
  /** The cell of each column; all text. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Rows that are put into text at a time: enough for speed, little for memory. */
const ROWS_AT_ONCE = 1000;

/** Records of a file below its heading, many at a time. */
export interface CsvBlock {
  /** The columns' names. */
  readonly heading: readonly string[];
  /** As many cells in each as there are columns; no blank lines among them. */
  readonly records: readonly CsvRecord[];
}

/**
 * A CSV file with a heading line, many records at a time and with their places in the file: for lists of
 * millions, or records that are read again alone (`rowOf` with `cellsOf`).
 *
 * @throws RangeError as `csvRows` does.
 */
export async function* csvBlocks(
  path: string,
  required: readonly string[],
): AsyncGenerator<CsvBlock> {
  let heading: readonly string[] | undefined;
  const isBlank = ({ cells }: CsvRecord) => cells.length === 1 && cells[0] === "";
  for await (const block of csvRecords(path)) {
    let { records } = block;
    if (heading === undefined) {
      if (records.length === 0 && !block.fault) continue;
      heading = records.length === 0 || isBlank(records[0]) ? [] : records[0].cells;
      if (!required.every((column) => heading!.includes(column))) {
        await refuseOtherSeparator(path, required);
        if (records.length === 0) throw block.fault;
      }
      checkHeading(path, heading, required);
      records = records.slice(1);
    }
    const { length } = heading;
    const odd = records.findIndex((record) => record.cells.length !== length && !isBlank(record));
    const sound = odd < 0 ? records : records.slice(0, odd);
    yield { heading, records: sound.filter((record) => !isBlank(record)) };
    if (odd < 0 && !block.fault) continue;
    if (odd < 0) throw block.fault;
    const { line, cells } = records[odd];
    const message = `this row has ${cells.length} cells, the heading ${length}. ` +
      "A cell with a comma stands in quotes.";
    throw csvError(path, { line, message });
  }
  if (heading === undefined) checkHeading(path, [], required);
}

/** A record as a row: its cells by column. */
export function rowOf(
  heading: readonly string[],
  { line, cells }: Pick<CsvRecord, "line" | "cells">,
): CsvRow {
  return { line, cells: Object.fromEntries(heading.map((column, i) => [column, cells[i]])) };
}

/**
 * Read a CSV file with a heading line, one row at a time; memory does not grow with the file.
 *
 * @param path A UTF-8 file, with or without a byte order mark.
 * @param required Columns that must be in the heading, in any order; others may be there too.
 * @throws RangeError naming the file when it is not there, is a folder or may not be read; naming file and
 * line: a column that is missing or there twice, cells that are separated by something else than commas, a
 * row with too few or too many cells, a quote that is not closed, text that is not UTF-8.
 *
 * @example
 * ```ts
 * import { csvRows } from "lib/io/csv_rows.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, 'filename,label\n"a, b.mp4",1\n');
 * const rows = await Array.fromAsync(csvRows(path, ["filename", "label"]));
 * assert.deepEqual(rows, [{ line: 2, cells: { filename: "a, b.mp4", label: "1" } }]);
 * await Deno.remove(path);
 * ```
 */
export async function* csvRows(
  path: string,
  required: readonly string[],
): AsyncGenerator<CsvRow> {
  for await (const { heading, records } of csvBlocks(path, required)) {
    for (const record of records) yield rowOf(heading, record);
  }
}

/** What stands in quotes: a lone carriage return inside a cell too, as some readers end a line there. */
const QUOTED = /[",\r\n]/;

/** Records as text; of those without anything to quote, as most are, it takes a tenth of the time. */
function textOf(records: (string | number)[][]): string {
  const isPlain = records.every((cells) =>
    cells.every((cell) => typeof cell === "number" || !QUOTED.test(cell))
  );
  return isPlain
    ? records.map((cells) => `${cells.join(",")}\n`).join("")
    : stringify(records, { quoted_match: /\r/ });
}

/**
 * Write a CSV file with a heading line, whole or not at all, one row at a time.
 *
 * @param path Where the file shall be; it is replaced in one step when all rows are there.
 * @param rows Cells by column; a column that a row lacks is an empty cell.
 * @throws Error naming the path and the remedy when it cannot be written; what was there stays.
 */
export async function writeCsv<Column extends string>(
  path: string,
  rows:
    | Iterable<Partial<Record<Column, string | number>>>
    | AsyncIterable<
      Partial<Record<Column, string | number>>
    >,
  columns: readonly Column[],
): Promise<void> {
  await using file = await WholeFile.open(path);
  const encoder = new TextEncoder();
  const write = (records: (string | number)[][]) => file.write(encoder.encode(textOf(records)));
  let waiting: (string | number)[][] = [[...columns]];
  for await (const row of rows) {
    waiting.push(columns.map((column) => row[column] ?? ""));
    if (waiting.length < ROWS_AT_ONCE) continue;
    await write(waiting);
    waiting = [];
  }
  await write(waiting);
  await file.commit();
}
