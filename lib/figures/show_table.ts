/**
 * Tables that set our values beside the paper's, below a notebook's cell: the same rows as the chart `table` of
 * table.ts, which saves them as a figure, in a form whose text can be searched and copied.
 */
import { htmlText } from "./html_text.ts";
import { sendOutput } from "./notebook_output.ts";
import { type TableCell, type TableCells, tableCells, type TableRow } from "./table_cells.ts";
import type { TableOptions } from "./table.ts";

const LINE = "border-top: 1px solid";

/** An HTML element. */
const element = (tag: string, style: string, inside: string, span = 1) =>
  `<${tag}${span > 1 ? ` colspan="${span}"` : ""}${
    style ? ` style="${style}"` : ""
  }>${inside}</${tag}>`;

const MARKS = { best: "b", second: "u" } as const;

function cellHtml(cell: TableCell | undefined): string {
  if (!cell) return element("td", "", "");
  const { text, note, mark, source } = cell;
  const marked = mark ? element(MARKS[mark], "", htmlText(text)) : htmlText(text);
  const whose = source === "paper" ? element("i", "", marked) : marked;
  return element("td", "text-align: center", whose + (note ? element("sup", "", `${note}`) : ""));
}

/** Each column's heading once over its values of both, and below it whose they are. */
function headHtml({ columns }: TableCells): string {
  const names = [...Map.groupBy(columns, ({ column }) => column)];
  const above = names.map(([name, own]) =>
    element("th", "text-align: center", htmlText(name), own.length)
  );
  const whose = names.flatMap(([, own]) =>
    own.map(({ source }) => element("th", "text-align: center; font-weight: normal", source))
  );
  return [above, whose].map((cells) => element("tr", "", element("th", "", "") + cells.join("")))
    .join("\n");
}

function bodyHtml({ columns, lines }: TableCells): string {
  return lines.flatMap(({ group, row, cells }, i) => {
    const heading = element("th", "text-align: left; font-weight: normal", htmlText(row));
    const line = element("tr", "", heading + cells.map(cellHtml).join(""));
    if (group === "" || group === lines[i - 1]?.group) return [line];
    const above = element("th", `text-align: left; ${LINE}`, htmlText(group), columns.length + 1);
    return [element("tr", "", above), line];
  }).join("\n");
}

function html(table: TableCells, title: string | undefined): string {
  return [
    '<table style="font-variant-numeric: tabular-nums">',
    ...title === undefined
      ? []
      : [element("caption", "text-align: left; white-space: nowrap", htmlText(title))],
    element("thead", "", headHtml(table)),
    element("tbody", "", bodyHtml(table)),
    "</table>",
    ...table.notes.map((note, n) =>
      element("div", "font-size: smaller", element("sup", "", `${n + 1}`) + ` ${htmlText(note)}`)
    ),
  ].join("\n");
}

function plain({ columns, lines, notes }: TableCells, title: string | undefined): string {
  const texts = [
    ["", ...columns.map(({ column, source }) => `${column}, ${source}`)],
    ...lines.map(({ group, row, cells }) => [
      group === "" ? row : `${group}: ${row}`,
      ...cells.map((cell) => cell ? cell.text + (cell.note ? ` (${cell.note})` : "") : ""),
    ]),
  ];
  const widths = texts[0].map((_, c) => Math.max(...texts.map((line) => line[c].length)));
  return [
    ...title === undefined ? [] : [title, ""],
    ...texts.map((line) => line.map((text, c) => text.padEnd(widths[c])).join("  ").trimEnd()),
    ...notes.map((note, n) => `(${n + 1}) ${note}`),
  ].join("\n");
}

/**
 * Shows a table of the paper's values and ours below the cell: the paper's in italics, the best of a column bold,
 * the second underlined, footnotes below. Beside the HTML goes the same table as text. Does nothing outside of
 * Deno's Jupyter kernel.
 *
 * @param options The title and digits of the figure `table`; its size has no effect here.
 *
 * @example
 * ```ts
 * import { showTable } from "lib/figures/show_table.ts";
 *
 * await showTable([
 *   { row: "ICT", column: "AUC CD2", source: "paper", value: 0.857, mark: "second" },
 *   { row: "ICT", column: "AUC CD2", source: "ours", value: null, reason: "The kit has no such detector." },
 * ], { title: "Table 2" });
 * ```
 */
export async function showTable(
  rows: readonly TableRow[],
  { title, decimals = 3 }: Pick<TableOptions, "title" | "decimals"> = {},
): Promise<void> {
  const table = tableCells(rows, decimals);
  await sendOutput({
    data: { "text/html": html(table, title), "text/plain": plain(table, title) },
  });
}
