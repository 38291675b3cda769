/**
 * Heat maps over photographs in a grid, in the manner of the paper's Figs. 4 and 7: a line for each
 * kind of forgery, a column for each block or detector. Computing the maps is left to lib/explain.
 */
import type { Annotation, Data, LayoutImage } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { baseLayout, FONT_SIZES, INK, type LookOptions, WIDTHS, wrapText } from "./look.ts";

/** One cell of the grid. */
export interface HeatMapRow {
  /** Heading of the cell's line, such as `"DF"`. Lines stand in the order in which they first appear. */
  readonly row: string;
  /** Heading of the cell's column, such as `"block 1"`. */
  readonly column: string;
  /** Heading over neighbouring columns, such as `"with local information loss"`; `null` for none. */
  readonly group?: string | null;
  /**
   * The picture as a data URI (`data:image/jpeg;base64,…`), square; `null` for that of the first
   * cell of the line. 96 pixels a side suffice for eleven columns, and keep a notebook small.
   */
  readonly image: string | null;
  /**
   * The map on its own grid, `[height][width]`, top line first; positive where there is evidence.
   * `null` shows the picture alone.
   */
  readonly map: readonly (readonly number[])[] | null;
  /** A few characters in the cell's lower corner, such as a score; `null` for none. */
  readonly note?: string | null;
}

/** How the grid is laid out. */
export interface HeatMapGridOptions extends LookOptions {
  /** Title of the colour bar, with the unit. Default: `"positive evidence (logits per cell)"`. */
  readonly valueTitle?: string;
  /** Value at the strong end of the one scale that all maps share. Default: the largest in the rows. */
  readonly maximum?: number;
}

/** Plasma (van der Walt and Smith, 2015), fading in, so that the photograph is seen where there is nothing. */
const COLOR_SCALE: [number, string][] = [
  [0, "rgba(13,8,135,0)"],
  [0.15, "rgba(84,2,163,0.35)"],
  [0.4, "rgba(185,50,137,0.6)"],
  [0.7, "rgba(244,136,73,0.72)"],
  [1, "rgba(240,249,33,0.82)"],
];
const GAP = 3;
const GROUP_GAP = 12;
const SMALLEST_CELL = 46;
const BAR_HEIGHT = 46;

function checkMap(map: readonly (readonly number[])[], where: string): void {
  const width = map[0]?.length ?? 0;
  if (width === 0 || map.some((line) => line.length !== width)) {
    throw new TypeError(`The map of ${where} is empty or its lines differ in length.`);
  }
  const bad = map.flat().find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`The map of ${where} holds ${bad}.`);
}

/**
 * A grid of photographs and heat maps. All maps share one colour scale from 0 to the largest value,
 * so cells can be compared; where a map has no positive value the cell says so.
 *
 * @throws TypeError for a map that is empty or ragged, and RangeError for one with NaN or infinity,
 * naming the cell; RangeError when the cells would be too small for their text.
 *
 * @example
 * ```ts
 * import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = heatMapGrid([
 *   { row: "DF", column: "photograph", image: "data:image/png;base64,", map: null },
 *   { row: "DF", column: "block 1", image: null, map: [[0, 0.2], [-0.1, 0.9]] },
 * ], { size: "column" });
 * assert.equal(figure.layout.coloraxis?.cmax, 0.9);
 * ```
 */
export const heatMapGrid: Chart<HeatMapRow, HeatMapGridOptions> = defineChart(
  "heatMapGrid",
  (rows: readonly HeatMapRow[], options: HeatMapGridOptions) => {
    const { size = "page", valueTitle = "positive evidence (logits per cell)" } = options;
    const fontSize = FONT_SIZES[size];
    const small = FONT_SIZES.small;
    const lines = [...new Set(rows.map((row) => row.row))];
    const keyOf = (row: HeatMapRow) => JSON.stringify([row.group ?? null, row.column]);
    const columns = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
    const positives = rows.flatMap(({ map, row, column }) => {
      if (map) checkMap(map, `${row}, ${column}`);
      return map ? [Math.max(0, ...map.flat())] : [];
    });
    const maximum = options.maximum ?? Math.max(0, ...positives);

    // One axis whose unit is a pixel, over the whole figure: each thing is placed where it shall be.
    const left = 14 + Math.max(0, ...lines.map((line) => line.length)) * fontSize * 0.62;
    const gaps: number[] = columns.map((column, c) =>
      c === 0 ? 0 : (column.group ?? null) === (columns[c - 1].group ?? null) ? GAP : GROUP_GAP
    );
    const room = WIDTHS[size] - left - 10 - gaps.reduce((sum, gap) => sum + gap, 0);
    const cell = Math.min(room / Math.max(1, columns.length), 150);
    if (columns.length > 0 && cell < SMALLEST_CELL) {
      throw new RangeError(
        `${columns.length} columns at ${size} width make cells of ${
          Math.floor(cell)
        } pixels, too ` +
          `small for text (${SMALLEST_CELL}). Use the page's width, or fewer columns.`,
      );
    }
    const x = gaps.map((_, c) =>
      left + c * cell + gaps.slice(0, c + 1).reduce((sum, gap) => sum + gap, 0)
    );
    const headings = columns.map(({ column }) =>
      wrapText(column, { width: cell, fontSize: small })
    );
    const groups = columns.flatMap(({ group }, c) => {
      if (!group || (c > 0 && columns[c - 1].group === group)) return [];
      const end = columns.findIndex((other, o) => o > c && other.group !== group);
      const right = x[end < 0 ? columns.length - 1 : end - 1] + cell;
      return [{ group: wrapText(group, { width: right - x[c], fontSize }), from: x[c], to: right }];
    });
    const countLines = (texts: readonly string[]) =>
      Math.max(0, ...texts.map((text) => text.split("<br>").length));
    const titled = baseLayout(options);
    const groupTop = titled.margin?.t ?? 0;
    const headingTop = groupTop + countLines(groups.map(({ group }) => group)) * fontSize * 1.3 + 4;
    const top = headingTop + countLines(headings) * small * 1.3 + 4;
    const bottom = top + lines.length * (cell + GAP);
    const height = options.height ?? Math.ceil(bottom + BAR_HEIGHT);
    const up = (down: number) => height - down;

    const data: Data[] = [];
    const images: Partial<LayoutImage>[] = [];
    const annotations: Partial<Annotation>[] = [];
    const write = (text: string, at: Partial<Annotation>) =>
      annotations.push({ text, showarrow: false, xref: "x", yref: "y", borderpad: 0, ...at });
    lines.forEach((line, l) => {
      write(line, { x: left - 6, xanchor: "right", y: up(top + l * (cell + GAP) + cell / 2) });
    });
    headings.forEach((heading, c) => {
      write(heading, {
        x: x[c] + cell / 2,
        y: up(top - 2),
        yanchor: "bottom",
        font: { size: small },
      });
    });
    for (const { group, from, to } of groups) {
      write(`<b>${group}</b>`, { x: (from + to) / 2, y: up(headingTop), yanchor: "bottom" });
    }
    if (maximum > 0) {
      const over = { x: left, xanchor: "left", y: 32, yanchor: "bottom", font: { size: small } };
      write(valueTitle, over as Partial<Annotation>);
    }
    for (const row of rows) {
      const cellLeft = x[columns.findIndex((column) => keyOf(column) === keyOf(row))];
      const cellTop = top + lines.indexOf(row.row) * (cell + GAP);
      const source = row.image ?? rows.find((other) => other.row === row.row && other.image)?.image;
      if (source) {
        images.push({
          source,
          xref: "x",
          yref: "y",
          x: cellLeft,
          y: up(cellTop),
          sizex: cell,
          sizey: cell,
          sizing: "stretch",
          layer: "below",
        });
      }
      if (row.map && Math.max(...row.map.flat()) > 0) {
        const [high, wide] = [row.map.length, row.map[0].length];
        data.push({
          type: "heatmap",
          z: row.map.map((values) => values.map((value) => Number(value.toPrecision(4)))),
          x0: cellLeft + cell / wide / 2,
          dx: cell / wide,
          y0: up(cellTop + cell / high / 2),
          dy: -cell / high,
          zsmooth: "best",
          coloraxis: "coloraxis",
          name: [row.row, row.group, row.column].filter(Boolean).join(", "),
          hovertemplate: "%{z}",
        });
      } else if (row.map) {
        write("no positive<br>evidence", {
          x: cellLeft + cell / 2,
          y: up(cellTop + cell / 2),
          font: { size: small - 1 },
          bgcolor: "rgba(255,255,255,0.8)",
        });
      }
      if (row.note) {
        write(row.note, {
          x: cellLeft + 1,
          xanchor: "left",
          y: up(cellTop + cell - 1),
          yanchor: "bottom",
          font: { size: small - 1 },
          bgcolor: "rgba(255,255,255,0.8)",
        });
      }
    }
    const blank = { visible: false, fixedrange: true, showgrid: false, zeroline: false } as const;
    return {
      data,
      layout: {
        ...titled,
        height,
        margin: { l: 0, r: 0, t: 0, b: 0 },
        xaxis: { ...blank, range: [0, WIDTHS[size]] },
        yaxis: { ...blank, range: [0, height] },
        images,
        annotations,
        coloraxis: {
          cmin: 0,
          cmax: maximum,
          colorscale: COLOR_SCALE,
          showscale: maximum > 0,
          colorbar: {
            orientation: "h",
            x: left / WIDTHS[size],
            xanchor: "left",
            y: 4 / height,
            yanchor: "bottom",
            lenmode: "pixels",
            len: Math.min(260, WIDTHS[size] - left - 10),
            thickness: 8,
            xpad: 0,
            ypad: 0,
            nticks: 5,
            outlinecolor: INK,
            outlinewidth: 0.5,
            tickfont: { size: small },
          },
        },
      },
      altText: `Grid of heat maps over photographs: lines ${lines.join(", ")}; columns ` +
        `${
          columns.map(({ group, column }) => [group, column].filter(Boolean).join(" ")).join(", ")
        }. ` +
        `One colour scale, 0 to ${Number(maximum.toPrecision(3))}.`,
    };
  },
);
