/**
 * Rows of a figure as CSV that any dataframe reads, and back again exactly. Which files belong to a
 * figure is left to save_figure.ts.
 */
import { from, fromCSV } from "arquero";
import { isDeepStrictEqual } from "node:util";

/** How the cells of a column are written: as they are, as numbers, or as JSON. */
export type ColumnType = "text" | "number" | "json";

/** Rows as text, with what is needed to read them back. */
export interface RowsFile {
  /** CSV with a heading line; lists and mixed columns hold JSON in their cells. */
  readonly csv: string;
  /** Type of each column, in the order of the file. */
  readonly columns: Readonly<Record<string, ColumnType>>;
}

function columnType(values: readonly unknown[]): ColumnType {
  if (values.every((value) => typeof value === "string")) return "text";
  if (values.every((value) => typeof value === "number")) return "number";
  return "json";
}

/** A missing value as `null`, and −0 as 0: text does not tell them apart. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "number" ? value + 0 : value ?? null;
}

/**
 * Writes rows as CSV. A missing value and `null` are the same: an empty cell, or `null` where the
 * column's other cells are JSON.
 *
 * @param rows Plain records of text, finite numbers, booleans, `null` and lists of these.
 * @throws TypeError when a value would not come back as it was (NaN, a date, a tensor, …), naming
 * row and column.
 *
 * @example
 * ```ts
 * import { readRows, writeRows } from "lib/figures/rows_file.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [{ method: "DF", auc: 0.5, map: [[0, 1]] }];
 * const file = writeRows(rows);
 * assert.equal(file.csv, 'method,auc,map\nDF,0.5,"[[0,1]]"\n');
 * assert.deepEqual(readRows(file), rows);
 * ```
 */
export function writeRows(rows: readonly object[]): RowsFile {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const records = rows as readonly Record<string, unknown>[];
  const complete = records.map((row) =>
    Object.fromEntries(names.map((name) => [name, plain(row[name])]))
  );
  const columns = Object.fromEntries(
    names.map((name) => [name, columnType(complete.map((row) => row[name]))]),
  );
  const cells = complete.map((row) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        columns[name] === "json" ? JSON.stringify(row[name]) : String(row[name]),
      ]),
    )
  );
  const csv = rows.length === 0 ? "" : from(cells).toCSV();
  const back = readRows({ csv, columns }) as Record<string, unknown>[];
  complete.forEach((row, r) => {
    const bad = names.find((name) => !isDeepStrictEqual(row[name], back[r]?.[name]));
    if (bad !== undefined) {
      throw new TypeError(
        `Row ${r}, column ${bad}, holds ${
          String(row[bad])
        }, which a CSV file cannot keep. Rows of ` +
          "a figure are made of text, finite numbers, true, false, null and lists of these.",
      );
    }
  });
  return { csv, columns };
}

/** Reads rows that `writeRows` wrote. */
export function readRows({ csv, columns }: RowsFile): object[] {
  if (csv === "") return [];
  return fromCSV(csv, { autoType: false }).objects().map((cells) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, type]) => {
        const cell = (cells as Record<string, string | null>)[name] ?? "";
        if (type === "text") return [name, cell];
        return [name, type === "number" ? Number(cell) : JSON.parse(cell)];
      }),
    )
  );
}
