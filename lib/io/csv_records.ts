/**
 * The records of a CSV file with the places where they begin, so that one can be read again alone (RFC 4180).
 * Headings and columns are left to `csv_rows.ts`. It takes about a microsecond a record, which general
 * parsers do not: lists here have millions.
 */
import { openBytes } from "./file_bytes.ts";
import { whyUnreadable } from "./file_fault.ts";

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  /** Its first byte's place in the file, from 0; in what is unpacked, where gzip packed the file. */
  readonly offset: number;
  /** Its cells; of a blank line one empty cell. */
  readonly cells: readonly string[];
}

/** Records of a file that follow one another. */
export interface CsvPart {
  /** All that are whole. */
  readonly records: readonly CsvRecord[];
  /** What is wrong with the record behind them, if anything is; then they are the last. */
  readonly fault?: RangeError;
}

/** Bytes that are read at a time; a longer record makes it more. */
const BLOCK = 1 << 16;

const QUOTE = 0x22, NEWLINE = 0x0a, RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Only the file's first character is a byte order mark; elsewhere it is text. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The error for a CSV file, which says where and why. */
export function csvError(
  path: string,
  { line, message, cause }: { line: number; message: string; cause?: unknown },
): RangeError {
  return new RangeError(`${JSON.stringify(path)}, line ${line}: ${message}`, { cause });
}

/** The cell in quotes that begins here, and where it ends. */
function quotedCell(text: string, start: number): { cell: string; end: number } {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) throw new RangeError("a quote is opened here and never closed.");
  return { cell: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}

const STRAY_QUOTE = "a cell with quotes stands in quotes itself, and each quote in it is doubled.";

/** The cells of a record that has quotes in it. */
function quotedCells(text: string): string[] {
  const cells: string[] = [];
  for (let at = 0;; at++) { // passes the comma
    if (text[at] === '"') {
      const { cell, end } = quotedCell(text, at);
      if (end < text.length && text[end] !== ",") throw new RangeError(STRAY_QUOTE);
      cells.push(cell);
      at = end;
    } else {
      const comma = text.indexOf(",", at), end = comma < 0 ? text.length : comma;
      const cell = text.slice(at, end);
      if (cell.includes('"')) throw new RangeError(STRAY_QUOTE);
      cells.push(cell);
      at = end;
    }
    if (at === text.length) return cells;
  }
}

/**
 * The cells of the record that these bytes hold: all of it, with its line's end or without, and with
 * blank lines behind it or without.
 *
 * @throws RangeError saying what is wrong with the text, but not where.
 */
export function cellsOf(bytes: Uint8Array): string[] {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === NEWLINE) end -= bytes[end - 2] === RETURN ? 2 : 1;
  let text: string;
  try {
    text = decoder.decode(bytes.subarray(0, end));
  } catch (cause) {
    throw new RangeError("the text is not UTF-8. Save the file as CSV in UTF-8.", { cause });
  }
  return text.includes('"') ? quotedCells(text) : text.split(",");
}

/** Records that were cut from a file's bytes. */
interface Cut extends CsvPart {
  /** How many bytes they take. */
  readonly used: number;
  /** The line that follows them. */
  readonly line: number;
}

/**
 * The records that are whole.
 *
 * @param bytes Of the file, from a record's start.
 * @param at `line` and `offset` of the first byte; `last`: whether the file ends with these bytes.
 */
function cutRecords(
  bytes: Uint8Array,
  at: { path: string; line: number; offset: number; last: boolean },
): Cut {
  const records: CsvRecord[] = [];
  let { line } = at, start = 0, quote = bytes.indexOf(QUOTE);
  while (start < bytes.length) {
    let end = start, lines = 0, open = false;
    do { // a line's end within quotes is text
      const newline = bytes.indexOf(NEWLINE, end);
      if (newline < 0 && !at.last) return { records, used: start, line };
      end = newline < 0 ? bytes.length : newline + 1;
      for (; quote >= 0 && quote < end; quote = bytes.indexOf(QUOTE, quote + 1)) open = !open;
      lines++;
    } while (open && end < bytes.length);
    if (open && !at.last) break;
    try {
      records.push({ line, offset: at.offset + start, cells: cellsOf(bytes.subarray(start, end)) });
    } catch (cause) {
      const fault = csvError(at.path, { line, message: (cause as Error).message, cause });
      return { records, used: start, line, fault };
    }
    line += lines;
    start = end;
  }
  return { records, used: start, line };
}

/** The error for a CSV file that cannot be opened. */
export function unreadableCsv(path: string, cause: unknown): RangeError {
  return new RangeError(`Cannot read ${JSON.stringify(path)}: ${whyUnreadable(cause)}`, { cause });
}

/**
 * The records of a file in order, many at a time; memory does not grow with the file.
 *
 * @param path A UTF-8 file, with or without a byte order mark, as it is or packed by gzip.
 * @returns With the last of them what is wrong with the record behind: a quote that is not closed or stands
 * in a cell without quotes, text that is not UTF-8.
 * @throws RangeError naming a file that cannot be read.
 */
export async function* csvRecords(path: string): AsyncGenerator<CsvPart> {
  using file = await openBytes(path).catch((cause) => {
    throw unreadableCsv(path, cause);
  });
  let buffer = new Uint8Array(BLOCK), held = 0, offset = 0, line = 1;
  for (let last = false; !last;) {
    if (held === buffer.length) {
      const longer = new Uint8Array(2 * held);
      longer.set(buffer);
      buffer = longer;
    }
    const read = await file.read(buffer.subarray(held));
    held += read ?? 0;
    last = read === null;
    const mark = offset === 0 && BYTE_ORDER_MARK.every((byte, i) => buffer[i] === byte) ? 3 : 0;
    const bytes = buffer.subarray(mark, held);
    const cut = cutRecords(bytes, { path, line, offset: offset + mark, last });
    yield cut;
    if (cut.fault) return;
    const used = mark + cut.used;
    buffer.copyWithin(0, used, held);
    held -= used;
    offset += used;
    line = cut.line;
  }
}
