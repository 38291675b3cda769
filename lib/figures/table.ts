/** Tables that set our values beside the paper's, each marked as what it is. */
import { type Chart, defineChart } from "./figure.ts";
import { baseLayout, FONT_SIZES, INK, type LookOptions, WIDTHS, wrapText } from "./chart_style.ts";
import { type TableCell, tableCells, type TableRow } from "./table_cells.ts";

/** How the table is set. The height follows from the lines. */
export interface TableOptions extends Omit<LookOptions, "height"> {
  /** Digits behind the point. Default: 3. */
  readonly decimals?: number;
}

const MARKS = { best: ["<b>", "</b>"], second: ["<u>", "</u>"] } as const;

/** A cell in Plotly's words: the paper's values in italics. */
function markup(cell: TableCell | undefined): string {
  if (!cell) return "";
  const { text, note, mark, source } = cell;
  const marked = mark ? MARKS[mark].join(text) : text;
  return (source === "paper" ? `<i>${marked}</i>` : marked) + (note ? `<sup>${note}</sup>` : "");
}

/**
 * A table with a line for each `row` and, under each `column`, what the paper reports and what was
 * measured here. Numbers of the paper are in italics, under "paper". An empty cell of ours is a dash
 * with a footnote that says why. Lines of a `group` stand under its heading.
 *
 * @example
 * ```ts
 * import { table } from "lib/figures/table.ts";
 *
 * table([
 *   { row: "ResNet-34, n = 4", column: "AUC on Celeb-DF v2", source: "paper", value: 0.864 },
 *   { row: "ResNet-34, n = 4", column: "AUC on Celeb-DF v2", source: "ours", value: null, reason: "needs Celeb-DF v2" },
 * ], { size: "column" });
 * ```
 */
export const table: Chart<TableRow, TableOptions> = defineChart(
  "table",
  (rows: readonly TableRow[], options: TableOptions) => {
    const { size = "page", decimals = 3 } = options;
    const width = WIDTHS[size];
    const fontSize = size === "column" ? FONT_SIZES.small : FONT_SIZES[size];
    const { columns, lines, notes } = tableCells(rows, decimals);

    // One axis whose unit is a pixel, over the whole figure; `y` runs down from the title.
    const longest = Math.max(0, ...lines.map(({ row }) => row.length));
    const first = Math.min(0.34 * width, 24 + longest * 0.55 * fontSize);
    const each = (width - 16 - first) / Math.max(1, columns.length);
    const fit = (text: string) => wrapText(text, { width: each - 8, fontSize });
    const titled = baseLayout({ ...options, height: 1 });
    const texts: {
      text: string;
      x: number;
      y: number;
      xanchor: "left" | "center";
      size: number;
    }[] = [];
    const rules: number[] = [];
    let y = titled.margin?.t ?? 0;
    const setLine = (name: string, cells: readonly string[]) => {
      const all = [wrapText(name, { width: first - 16, fontSize }), ...cells];
      all.forEach((text, c) => {
        const x = c === 0 ? 8 : 8 + first + (c - 0.5) * each;
        texts.push({ text, x, y, xanchor: c === 0 ? "left" : "center", size: fontSize });
      });
      y += Math.max(...all.map((text) => text.split("<br>").length)) * fontSize * 1.3 + 7;
    };
    rules.push(y);
    y += 4;
    setLine("", columns.map(({ column, source }) => `<b>${fit(column)}</b><br>${source}`));
    rules.push(y);
    y += 4;
    let above = "";
    for (const line of lines) {
      const { group } = line;
      if (group !== above) {
        if (above !== "") rules.push(y);
        y += 4;
        texts.push({ text: `<b>${group}</b>`, x: 8, y, xanchor: "left", size: fontSize });
        y += fontSize * 1.3 + 7;
        above = group;
      }
      setLine(
        line.row,
        line.cells.map((cell) => fit(markup(cell))),
      );
    }
    rules.push(y);
    y += 6;
    const small = FONT_SIZES.small;
    notes.forEach((note, n) => {
      const text = wrapText(`<sup>${n + 1}</sup> ${note}`, { width: width - 24, fontSize: small });
      texts.push({ text, x: 8, y, xanchor: "left", size: small });
      y += text.split("<br>").length * small * 1.3 + 4;
    });

    const height = Math.ceil(y + 4);
    const blank = { visible: false, fixedrange: true } as const;
    return {
      data: [],
      layout: {
        ...titled,
        height,
        margin: { l: 0, r: 0, t: 0, b: 0 },
        xaxis: { ...blank, range: [0, width] },
        yaxis: { ...blank, range: [height, 0] },
        annotations: texts.map(({ size, ...place }) => ({
          ...place,
          yanchor: "top",
          align: place.xanchor,
          font: { size },
          showarrow: false,
          xref: "x",
          yref: "y",
          borderpad: 0,
        })),
        shapes: rules.map((at) => ({
          type: "line",
          x0: 8,
          x1: width - 8,
          y0: at,
          y1: at,
          line: { color: INK, width: 0.75 },
        })),
      },
      altText:
        `Table of ${columns.map(({ column, source }) => `${column} (${source})`).join(", ")} ` +
        `for ${
          lines.map(({ group, row }) => group === "" ? row : `${row} (${group})`).join(", ")
        }.`,
    };
  },
);
