/**
 * Heat maps over photographs in a grid, in the manner of the paper's Figs. 4 and 7: a line for each
 * kind of forgery, a column for each block or detector. Places are computed in heat_map_layout.ts, maps in lib/explain.
 */
import type { Annotation, Data, LayoutImage } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { type GridLayout, type GridPlace, layOutGrid } from "./heat_map_layout.ts";
import { MAP_COLOURS } from "./map_colours.ts";
import { baseLayout, FONT_SIZES, INK, type LookOptions, WIDTHS } from "./chart_style.ts";

/**
 * One cell of the grid: `row` such as `"DF"`, `column` such as `"block 1"`, `group` such as `"with local
 * information loss"`. Lines and columns stand in the order in which they first appear.
 */
export interface HeatMapRow extends GridPlace {
  /**
   * The picture as a data URI (`data:image/jpeg;base64,…`), square; `null` for that of the first
   * cell of the line. 96 pixels a side suffice for eleven columns, and keep a notebook small. Under a
   * map a grey picture reads best.
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
  /**
   * Value at the strong end of the one scale that all maps share. Default: the largest in the rows. Given, figures
   * of other rows have the same scale and a trace for each map, also for one without positive values: what a slider
   * needs to go from one to the next.
   */
  readonly maximum?: number;
}

const BAR_HEIGHT = 46;
const NOTE = { font: { size: FONT_SIZES.small - 1 }, bgcolor: "rgba(255,255,255,0.8)" };

/** What is said on an empty map, and in cells that are too small for it. */
const EMPTY = { text: "no positive<br>evidence", width: 46, short: "nothing<br>positive" };

function checkMap(map: readonly (readonly number[])[], where: string): void {
  const width = map[0]?.length ?? 0;
  if (width === 0 || map.some((line) => line.length !== width)) {
    throw new TypeError(`The map of ${where} is empty or its lines differ in length.`);
  }
  const bad = map.flat().find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`The map of ${where} holds ${bad}.`);
}

/** The colour bar below the grid, as wide as fits. */
function colorAxis(
  maximum: number,
  { left, width, height }: Record<"left" | "width" | "height", number>,
) {
  return {
    cmin: 0,
    cmax: maximum,
    colorscale: MAP_COLOURS,
    showscale: maximum > 0,
    colorbar: {
      orientation: "h",
      x: left / width,
      xanchor: "left",
      y: 4 / height,
      yanchor: "bottom",
      lenmode: "pixels",
      len: Math.min(260, width - left - 10),
      thickness: 8,
      xpad: 0,
      ypad: 0,
      nticks: 5,
      outlinecolor: INK,
      outlinewidth: 0.5,
      tickfont: { size: FONT_SIZES.small },
    },
  } as const;
}

/** Headings of lines, columns and groups; `up` turns pixels from the top into the figure's axis. */
function headings(grid: GridLayout, up: (down: number) => number): Partial<Annotation>[] {
  const small = { size: grid.headingSize };
  return [
    ...grid.lines.map((text): Partial<Annotation> => {
      const { y } = grid.cornerOf({ row: text, column: "" });
      return { text, x: grid.left - 6, xanchor: "right", y: up(y + grid.cell / 2) };
    }),
    ...grid.columns.map(({ text, from, to }): Partial<Annotation> => {
      const y = up(grid.headingsEnd - 2);
      return { text, x: (from + to) / 2, y, yanchor: "bottom", font: small };
    }),
    ...grid.groups.map(({ text, from, to }): Partial<Annotation> => {
      return {
        text: `<b>${text}</b>`,
        x: (from + to) / 2,
        y: up(grid.groupsEnd),
        yanchor: "bottom",
      };
    }),
  ];
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
    const peaks = rows.map(({ map, row, column }) => {
      if (map) checkMap(map, `${row}, ${column}`);
      return map ? Math.max(0, ...map.flat()) : 0;
    });
    const maximum = options.maximum ?? Math.max(0, ...peaks);
    const titled = baseLayout(options);
    const grid = layOutGrid(rows, { size, top: titled.margin?.t ?? 0 });
    const { cell, left } = grid;
    const [width, height] = [WIDTHS[size], options.height ?? Math.ceil(grid.bottom + BAR_HEIGHT)];
    const up = (down: number) => height - down;

    const data: Data[] = [];
    const images: Partial<LayoutImage>[] = [];
    const notes = headings(grid, up);
    if (maximum > 0) {
      const font = { size: FONT_SIZES.small };
      notes.push({ text: valueTitle, x: left, xanchor: "left", y: 32, yanchor: "bottom", font });
    }
    rows.forEach((row, r) => {
      const { x, y } = grid.cornerOf(row);
      const source = row.image ?? rows.find((other) => other.row === row.row && other.image)?.image;
      if (source) {
        const place = { x, y: up(y), xref: "x", yref: "y", sizex: cell, sizey: cell } as const;
        images.push({ source, ...place, sizing: "stretch", layer: "below" });
      }
      if (row.map && (peaks[r] > 0 || options.maximum !== undefined)) {
        const [high, wide] = [row.map.length, row.map[0].length];
        data.push({
          type: "heatmap",
          z: row.map.map((values) => values.map((value) => Number(value.toPrecision(4)))),
          x0: x + cell / wide / 2,
          dx: cell / wide,
          y0: up(y + cell / high / 2),
          dy: -cell / high,
          zsmooth: "best",
          coloraxis: "coloraxis",
          name: [row.row, row.group, row.column].filter(Boolean).join(", "),
          hovertemplate: "%{z}",
        });
      }
      if (row.map && peaks[r] === 0) {
        notes.push({
          text: cell < EMPTY.width ? EMPTY.short : EMPTY.text,
          x: x + cell / 2,
          y: up(y + cell * (row.note ? 0.4 : 0.5)),
          ...NOTE,
        });
      }
      if (row.note) {
        const corner = {
          x: x + 1,
          xanchor: "left",
          y: up(y + cell - 1),
          yanchor: "bottom",
        } as const;
        notes.push({ text: row.note, ...corner, ...NOTE });
      }
    });
    // One axis whose unit is a pixel, over the whole figure: each thing is placed where it shall be.
    const blank = { visible: false, fixedrange: true, showgrid: false, zeroline: false } as const;
    const columns = [
      ...new Set(rows.map((row) => [row.group, row.column].filter(Boolean).join(" "))),
    ];
    return {
      data,
      layout: {
        ...titled,
        height,
        margin: { l: 0, r: 0, t: 0, b: 0 },
        xaxis: { ...blank, range: [0, width] },
        yaxis: { ...blank, range: [0, height] },
        images,
        annotations: notes.map((note) => ({
          showarrow: false,
          xref: "x",
          yref: "y",
          borderpad: 0,
          ...note,
        })),
        coloraxis: colorAxis(maximum, { left, width, height }),
      },
      altText: `Grid of heat maps over photographs: lines ${grid.lines.join(", ")}; columns ` +
        `${columns.join(", ")}. One colour scale, 0 to ${Number(maximum.toPrecision(3))}.`,
    };
  },
);
