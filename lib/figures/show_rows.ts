/**
 * Rows as a table below a notebook's cell. Tables that set the paper's numbers beside ours, and that are
 * saved as figures, are in table.ts.
 */
import { htmlText } from "./html_text.ts";
import { sendOutput } from "./notebook_output.ts";

/** How rows are shown. */
export interface ShowRowsOptions {
  /** A line above the table that says what it is. Default: none. */
  readonly caption?: string;
  /** Which columns, in this order. Default: all, in the order in which they first appear. */
  readonly columns?: readonly string[];
  /** Digits behind the point of columns that are not whole numbers throughout, 0 to 100. Default: 3. */
  readonly digits?: number;
  /** Rows that are shown at most; of more the first ones, and how many there are. Default: 30. */
  readonly most?: number;
}

/** A table whose cells are text. */
interface TextTable {
  readonly heading: readonly string[];
  /** Whether a column holds numbers, which stand at its right. */
  readonly numeric: readonly boolean[];
  readonly lines: readonly (readonly string[])[];
  /** What stands below it: that rows are left out, or that there are none. */
  readonly note: string | undefined;
}

/** A number rounded to `digits`; one that would round to 0 but is none keeps its first two digits. */
function rounded(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value);
  const text = value.toFixed(digits);
  const kept = value !== 0 && Number(text) === 0 ? value.toExponential(1) : text;
  return kept.replace("-", "−");
}

function cellText(value: unknown, digits: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return rounded(value, digits);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function textTable(rows: readonly object[], options: ShowRowsOptions): TextTable {
  const { digits = 3, most = 30 } = options;
  const there = [...new Set(rows.flatMap(Object.keys))];
  const heading = options.columns ?? there;
  const unknown = heading.find((column) => rows.length > 0 && !there.includes(column));
  if (unknown !== undefined) {
    throw new RangeError(
      `No row has the column ${JSON.stringify(unknown)}. There are ${there.join(", ")}.`,
    );
  }
  if (!Number.isInteger(most) || most < 1) {
    throw new RangeError(`The rows shown at most are a whole number from 1, not ${most}.`);
  }
  if (!Number.isInteger(digits) || digits < 0 || digits > 100) {
    throw new RangeError(`The digits are a whole number from 0 to 100, not ${digits}.`);
  }
  const records = rows as readonly Record<string, unknown>[];
  const values = heading.map((column) => records.map((row) => row[column] ?? null));
  const columns = values.map((column) => {
    const known = column.filter((value) => value !== null);
    const whole = known.every((value) => !Number.isFinite(value) || Number.isInteger(value));
    return {
      numeric: known.length > 0 && known.every((value) => typeof value === "number"),
      cells: column.slice(0, most).map((value) => cellText(value, whole ? 0 : digits)),
    };
  });
  const shown = Math.min(most, rows.length);
  return {
    heading,
    numeric: columns.map(({ numeric }) => numeric),
    lines: Array.from({ length: shown }, (_, r) => columns.map(({ cells }) => cells[r]!)),
    ...{
      note: rows.length === 0
        ? "There are no rows."
        : shown < rows.length
        ? `The first ${shown} of ${rows.length} rows.`
        : undefined,
    },
  };
}

/** A caption is on one line above the left column: centred over a narrow table it would be broken into many. */
const CAPTION = 'style="text-align: left; white-space: nowrap"';

function html({ heading, numeric, lines, note }: TextTable, caption: string | undefined): string {
  const cell = (tag: "th" | "td", text: string, column: number) =>
    `<${tag} style="text-align: ${numeric[column] ? "right" : "left"}">${htmlText(text)}</${tag}>`;
  const line = (tag: "th" | "td", cells: readonly string[]) =>
    `<tr>${cells.map((text, column) => cell(tag, text, column)).join("")}</tr>`;
  return [
    '<table style="font-variant-numeric: tabular-nums">',
    ...(caption === undefined ? [] : [`<caption ${CAPTION}>${htmlText(caption)}</caption>`]),
    `<thead>${line("th", heading)}</thead>`,
    `<tbody>${lines.map((cells) => line("td", cells)).join("\n")}</tbody>`,
    "</table>",
    ...(note === undefined ? [] : [`<p>${htmlText(note)}</p>`]),
  ].join("\n");
}

function plain({ heading, numeric, lines, note }: TextTable, caption: string | undefined): string {
  const all = [heading, ...lines].map((cells) => cells.map((text) => text.replaceAll(/\s+/g, " ")));
  const widths = heading.map((_, c) => Math.max(...all.map((cells) => cells[c]!.length)));
  const set = (cells: readonly string[]) =>
    cells.map((text, c) => numeric[c] ? text.padStart(widths[c]!) : text.padEnd(widths[c]!))
      .join("  ").trimEnd();
  return [
    ...(caption === undefined ? [] : [caption, ""]),
    ...all.map(set),
    ...(note === undefined ? [] : [note]),
  ].join("\n");
}

/**
 * Shows rows below the cell as a table: columns of numbers stand at the right and are rounded alike,
 * what is missing is "–", anything but text and numbers is JSON. Beside the HTML goes the same table as
 * text in columns. Does nothing outside of Deno's Jupyter kernel.
 *
 * @param rows Plain records; they need not have the same fields.
 * @throws RangeError for a column that no row has, and for digits or rows out of range.
 *
 * @example
 * ```ts
 * import { showRows } from "lib/figures/show_rows.ts";
 *
 * const rows = [{ method: "DF", auc: 0.98765, videos: 140 }, { method: "NT", auc: null, videos: 0 }];
 * await showRows(rows, { caption: "AUC by method", columns: ["method", "auc"], digits: 2 });
 * ```
 */
export async function showRows(
  rows: readonly object[],
  options: ShowRowsOptions = {},
): Promise<void> {
  const table = textTable(rows, options), { caption } = options;
  await sendOutput({
    data: { "text/html": html(table, caption), "text/plain": plain(table, caption) },
  });
}
