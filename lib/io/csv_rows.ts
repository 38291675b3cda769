/**
 * CSV files row by row, whatever their size, and back again. Cells may hold commas, quotes and newlines
 * (RFC 4180). What the columns mean is left to the callers.
 */
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { whyUnreadable } from "./file_fault.ts";
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

function fail(path: string, line: number, message: string, cause?: unknown): never {
  throw new RangeError(`${JSON.stringify(path)}, line ${line}: ${message}`, { cause });
}

/** What other programs put between cells instead of commas. */
const OTHER_SEPARATORS = [[";", "semicolons"], ["\t", "tabs"], ["|", "bars"]] as const;

/**
 * Refuses a file whose heading is separated by something else than commas, with the remedy; anything else
 * that is wrong with it is told by whoever asks.
 */
async function refuseOtherSeparator(path: string, required: readonly string[]): Promise<void> {
  using file = await Deno.open(path);
  const start = new Uint8Array(1 << 12), length = await file.read(start) ?? 0;
  const [heading = ""] = new TextDecoder().decode(start.subarray(0, length)).split(/\r?\n/);
  for (const [mark, name] of OTHER_SEPARATORS) {
    const cells = heading.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    if (cells.length < 2 || !required.some((column) => cells.includes(column))) continue;
    fail(
      path,
      1,
      `its cells are separated by ${name}, and a CSV's are by commas. Save it with commas: in a table ` +
        'program as "CSV UTF-8 (comma delimited)", or with "," as the field separator.',
    );
  }
}

function checkHeading(path: string, heading: readonly string[], required: readonly string[]): void {
  const missing = required.filter((column) => !heading.includes(column));
  if (missing.length > 0) {
    fail(
      path,
      1,
      `the heading lacks ${missing.map((column) => `"${column}"`).join(", ")}. It has ` +
        `${heading.map((column) => `"${column}"`).join(", ") || "nothing"}; ` +
        `needed are ${required.join(",")}.`,
    );
  }
  const twice = heading.find((column, i) => heading.indexOf(column) !== i);
  if (twice !== undefined) fail(path, 1, `two columns are called "${twice}". Rename one.`);
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Rows of the file. `ends` is called with each row's last line as it is parsed, ahead of its turn. */
async function* parsedRows(path: string, ends: (line: number) => void): AsyncGenerator<Parsed> {
  const unreadable = (cause: unknown) =>
    new RangeError(`Cannot read ${JSON.stringify(path)}: ${whyUnreadable(cause)}`, { cause });
  const file = await Deno.open(path).catch((cause) => {
    throw unreadable(cause);
  });
  if ((await file.stat()).isDirectory) {
    file.close();
    throw unreadable(new Deno.errors.IsADirectory());
  }
  const text = file.readable.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
  const parser = parse({
    info: true,
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    on_record: (record: string[], { lines }: { lines: number }) => (ends(lines), record),
    relax_column_count: true, // counted in csvRows, which knows the line
  });
  const source = Readable.fromWeb(text as Parameters<typeof Readable.fromWeb>[0]);
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const parsed of source.pipe(parser)) yield parsed as Parsed;
  } finally {
    parser.destroy();
    source.destroy(); // closes the file too, also when the reader stops early
  }
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
  let heading: readonly string[] | undefined;
  let line = 1, parsedTo = 0;
  try {
    for await (const { record, info } of parsedRows(path, (end) => parsedTo = end)) {
      const blank = record.length === 1 && record[0] === "";
      if (heading === undefined) {
        heading = blank ? [] : record;
        if (!required.every((column) => record.includes(column))) {
          await refuseOtherSeparator(path, required);
        }
        checkHeading(path, heading, required);
      } else if (!blank) {
        if (record.length !== heading.length) {
          fail(
            path,
            line,
            `this row has ${record.length} cells, the heading ${heading.length}. ` +
              "A cell with a comma stands in quotes.",
          );
        }
        const cells = Object.fromEntries(heading.map((column, i) => [column, record[i]!]));
        yield { line, cells };
      }
      line = info.lines + 1;
    }
  } catch (error) {
    if (error instanceof Error && error.name === "TypeError") { // the decoder's
      fail(path, parsedTo + 1, "the text is not UTF-8. Save the file as CSV in UTF-8.", error);
    }
    if (error instanceof CsvError && heading === undefined) {
      await refuseOtherSeparator(path, required);
    }
    if (error instanceof CsvError) fail(path, parsedTo + 1, explain(error), error);
    throw error;
  }
  if (heading === undefined) checkHeading(path, [], required);
}

function explain({ code, message }: CsvError): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quote is opened here and never closed.";
  if (code === "INVALID_OPENING_QUOTE" || code === "CSV_INVALID_CLOSING_QUOTE") {
    return "a cell with quotes stands in quotes itself, and each quote in it is doubled.";
  }
  return message;
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
  const write = (cells: readonly (string | number)[][]) =>
    // A lone carriage return inside a cell is quoted too: some readers end a line there.
    file.write(encoder.encode(stringify(cells as (string | number)[][], { quoted_match: /\r/ })));
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
