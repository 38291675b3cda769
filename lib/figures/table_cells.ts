/**
 * What a table of the paper's values and ours says, line by line, before it is set as a figure (table.ts) or below
 * a notebook's cell (show_table.ts).
 */

/** One value of the table. */
export interface TableRow {
  /** Lines of one group stand together under its heading; left out for a table without groups. */
  readonly group?: string | null;
  /** Heading of the line, such as a method. Lines stand in the order in which they first appear. */
  readonly row: string;
  /** Heading of the column, such as `"AUC"`. Order as for lines. */
  readonly column: string;
  /** Whose value it is: columns of both stand side by side. */
  readonly source: "paper" | "ours";
  /** The value; `null` where there is none. */
  readonly value: number | null;
  /** How the value is set where `decimals` is not enough: `"0.750*"`. Default: the value and its interval. */
  readonly text?: string | null;
  /** The best value is set bold, the second underlined. Default: neither. */
  readonly mark?: "best" | "second" | null;
  /** Lower end of the interval; `null` or left out for none. */
  readonly low?: number | null;
  /** Upper end of the interval; `null` or left out for none. */
  readonly high?: number | null;
  /** Why there is no value, such as what is needed to fill the cell; a footnote says it. */
  readonly reason?: string | null;
}

/** A column. */
export interface TableColumn {
  /** Its heading. */
  readonly column: string;
  /** Whose values it has. */
  readonly source: TableRow["source"];
}

/** What stands in a cell. */
export interface TableCell {
  /** The value as it is set; a dash for none. */
  readonly text: string;
  /** Number of its footnote, from 1; undefined for none. */
  readonly note: number | undefined;
  /** Its mark; undefined for none. */
  readonly mark: "best" | "second" | undefined;
  /** Whose value it is. */
  readonly source: TableRow["source"];
}

/** A line. */
export interface TableLine {
  /** The group it belongs to; empty for none. */
  readonly group: string;
  /** Its heading. */
  readonly row: string;
  /** A cell for each column; undefined where no value is given at all. */
  readonly cells: readonly (TableCell | undefined)[];
}

/** A table before it is set. */
export interface TableCells {
  /** From left to right, without that of the lines' headings. */
  readonly columns: readonly TableColumn[];
  /** From top to bottom. */
  readonly lines: readonly TableLine[];
  /** The footnotes; the first has number 1. */
  readonly notes: readonly string[];
}

const keyOf = ({ group, row, column, source }: Omit<TableRow, "value">) =>
  JSON.stringify([group ?? "", row, column, source]);

function textOf({ text, value, low, high }: TableRow, decimals: number): string {
  const show = (number: number) => number.toFixed(decimals);
  if (typeof text === "string") return text;
  if (value === null) return "–";
  const hasInterval = typeof low === "number" && typeof high === "number";
  return show(value) + (hasInterval ? ` [${show(low)}, ${show(high)}]` : "");
}

/**
 * Lines, columns and footnotes of rows; equal reasons share a footnote.
 *
 * @param decimals Digits behind the point of values that have no text.
 *
 * @example
 * ```ts
 * import { tableCells } from "lib/figures/table_cells.ts";
 * import assert from "node:assert/strict";
 *
 * const { lines, notes } = tableCells([
 *   { row: "Xception", column: "AUC", source: "paper", value: 0.75, text: "0.750*" },
 *   { row: "Xception", column: "AUC", source: "ours", value: null, reason: "needs data" },
 * ], 3);
 * assert.deepEqual(lines[0].cells.map((cell) => [cell?.text, cell?.note]), [["0.750*", undefined], ["–", 1]]);
 * assert.deepEqual(notes, ["needs data"]);
 * ```
 */
export function tableCells(rows: readonly TableRow[], decimals: number): TableCells {
  const notes: string[] = [], cells = new Map<string, TableCell>();
  for (const row of rows) {
    const { value, reason, mark, source } = row, hasNote = value === null && Boolean(reason);
    if (hasNote && !notes.includes(reason!)) notes.push(reason!);
    cells.set(keyOf(row), {
      text: textOf(row, decimals),
      note: hasNote ? notes.indexOf(reason!) + 1 : undefined,
      mark: mark ?? undefined,
      source,
    });
  }
  const columns = [...new Set(rows.map(({ column }) => column))].flatMap((column) =>
    (["paper", "ours"] as const)
      .filter((source) => rows.some((row) => row.column === column && row.source === source))
      .map((source) => ({ column, source }))
  );
  const headings = new Map(
    rows.map(({ group, row }) => [JSON.stringify([group ?? "", row]), { group: group ?? "", row }]),
  );
  const lines = [...headings.values()].map((heading) => ({
    ...heading,
    cells: columns.map((column) => cells.get(keyOf({ ...heading, ...column }))),
  }));
  return { columns, lines, notes };
}
