/**
 * What goes where: boxes in columns, and arrows between them, such as a network's framework. Which boxes a
 * method has is left to whoever knows it.
 */
import type { Annotation, Shape } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { baseLayout, FONT_SIZES, INK, type LookOptions, WIDTHS } from "./chart_style.ts";
import { COLORS } from "./series_style.ts";

/** A box, or an arrow between two of them. */
export interface FlowRow {
  /** A box's name, unlike any other's; of an arrow the name of the box where it begins. */
  readonly from: string;
  /** Of an arrow the name of the box where it ends; `null` of a box. */
  readonly to: string | null;
  /** What stands in the box, or beside the arrow; `<br>`, `<b>`, `<sub>` and `<sup>` are understood. */
  readonly label: string;
  /** What kind of thing a box is, such as `"loss"`: kinds have a colour and a line in the legend; "" is grey. */
  readonly kind: string;
  /** Of a box its left and right edge as shares of the width, 0 to 1. */
  readonly left: number | null;
  /** See `left`. */
  readonly right: number | null;
  /** Of a box its upper and lower edge in lanes from the top; whole numbers are lanes' edges. */
  readonly top: number | null;
  /** See `top`. */
  readonly bottom: number | null;
}

/** How the diagram is drawn. */
export interface FlowOptions extends LookOptions {
  /** Height of a lane in CSS pixels. Default 44. */
  readonly lane?: number;
}

/** A box with its place in pixels; y grows downwards. */
interface PlacedBox {
  readonly row: FlowRow;
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

const SIDE = 10; // pixels left and right of the diagram
const GAP = 5; // pixels between a box and the edges of its lanes

/** The boxes by name. */
function placed(rows: readonly FlowRow[], { width, lane }: { width: number; lane: number }) {
  const boxes = new Map<string, PlacedBox>();
  for (const row of rows.filter(({ to }) => to === null)) {
    const { from, left, right, top, bottom } = row;
    if (left === null || right === null || top === null || bottom === null) {
      throw new TypeError(
        `The box "${from}" has no place: left, right, top and bottom are wanted.`,
      );
    }
    if (boxes.has(from)) throw new RangeError(`Two boxes are called "${from}".`);
    if (!(left < right && top < bottom && left >= 0 && right <= 1 && top >= 0)) {
      throw new RangeError(`The box "${from}" has edges that are the wrong way round or outside.`);
    }
    const x = (share: number) => SIDE + share * (width - 2 * SIDE);
    boxes.set(from, {
      row,
      x0: x(left),
      x1: x(right),
      y0: top * lane + GAP,
      y1: bottom * lane - GAP,
    });
  }
  return boxes;
}

/** Where an arrow between two boxes begins and ends: across where they share a height, else down or up. */
function ends(a: PlacedBox, b: PlacedBox): { x: [number, number]; y: [number, number] } {
  const low = Math.max(a.y0, b.y0), high = Math.min(a.y1, b.y1);
  const middle = (box: PlacedBox) => (box.y0 + box.y1) / 2;
  const across: [number, number] = a.x1 <= b.x0 ? [a.x1, b.x0] : [a.x0, b.x1];
  if (low < high) { // level, at the height of the smaller box
    const y = (a.y1 - a.y0 < b.y1 - b.y0) ? middle(a) : middle(b);
    return { x: across, y: [y, y] };
  }
  const from = Math.max(a.x0, b.x0), until = Math.min(a.x1, b.x1);
  const down: [number, number] = a.y1 <= b.y0 ? [a.y1, b.y0] : [a.y0, b.y1];
  if (from < until) return { x: [(from + until) / 2, (from + until) / 2], y: down };
  // At the near corner of the other box, out of the way of level arrows into it.
  const inset = Math.min(8, (b.y1 - b.y0) / 4);
  return { x: across, y: [middle(a), b.y0 > a.y1 ? b.y0 + inset : b.y1 - inset] };
}

/**
 * Boxes and arrows, in the places that the rows say.
 *
 * @throws RangeError for two boxes of one name, edges outside, and an arrow from or to no box; TypeError for
 * a box without a place.
 *
 * @example
 * ```ts
 * import { flowDiagram, type FlowRow } from "lib/figures/flow_diagram.ts";
 * import assert from "node:assert/strict";
 *
 * const box = (from: string, left: number): FlowRow =>
 *   ({ from, to: null, label: from, kind: "", left, right: left + 0.2, top: 0, bottom: 1 });
 * const nowhere = { label: "", kind: "", left: null, right: null, top: null, bottom: null };
 * const figure = flowDiagram([box("face", 0), box("block", 0.5), { from: "face", to: "block", ...nowhere }], {});
 * assert.match(figure.altText, /face to block/);
 * ```
 */
export const flowDiagram: Chart<FlowRow, FlowOptions> = defineChart(
  "flowDiagram",
  (rows: readonly FlowRow[], options: FlowOptions) => {
    const { size = "page", lane = 44 } = options, width = WIDTHS[size];
    const boxes = placed(rows, { width, lane });
    const kinds = [...new Set([...boxes.values()].map(({ row }) => row.kind))].filter((k) =>
      k !== ""
    );
    const tall = Math.max(...[...boxes.values()].map(({ y1 }) => y1)) + GAP;
    const base = baseLayout({ ...options, height: options.height ?? 100 }, { legend: kinds });
    const top = base.margin?.t ?? 0, height = options.height ?? Math.round(top + tall + 8);
    const layout = baseLayout({ ...options, height }, { legend: kinds });
    const colour = (kind: string) =>
      kind === "" ? "#777777" : COLORS[kinds.indexOf(kind) % COLORS.length];
    const up = (y: number) => Math.round(10 * (tall - y)) / 10; // Plotly's y grows upwards
    const fonts = { size: FONT_SIZES[size] };
    const shapes = [...boxes.values()].map(({ row, x0, x1, y0, y1 }): Partial<Shape> => ({
      type: "rect",
      ...{ x0, x1, y0: up(y1), y1: up(y0) },
      line: { color: colour(row.kind), width: 1.3 },
      fillcolor: `${colour(row.kind)}1f`,
    }));
    const texts = [...boxes.values()].map(({ row, x0, x1, y0, y1 }): Partial<Annotation> => ({
      ...{ x: (x0 + x1) / 2, y: up((y0 + y1) / 2), text: row.label, showarrow: false, font: fonts },
    }));
    const arrows = rows.filter(({ to }) => to !== null).flatMap((row): Partial<Annotation>[] => {
      const [a, b] = [boxes.get(row.from), boxes.get(row.to!)];
      if (a === undefined || b === undefined) {
        throw new RangeError(
          `An arrow goes from "${row.from}" to "${row.to}": there is no such box.`,
        );
      }
      const { x, y } = ends(a, b),
        plain = { axref: "x", ayref: "y", xref: "x", yref: "y" } as const;
      const arrow = { ...plain, ax: x[0], ay: up(y[0]), x: x[1], y: up(y[1]), text: "" };
      return [
        {
          ...arrow,
          showarrow: true,
          arrowhead: 2,
          arrowsize: 0.9,
          arrowwidth: 1.1,
          arrowcolor: INK,
        },
        ...row.label === "" ? [] : [{
          ...{ x: (x[0] + x[1]) / 2, y: up((y[0] + y[1]) / 2), text: row.label, showarrow: false },
          ...{ yanchor: "bottom" as const, font: { size: FONT_SIZES.small } },
        }],
      ];
    });
    const hidden = { visible: false, fixedrange: true } as const;
    return {
      data: kinds.map((kind) => ({
        ...{ type: "scatter", mode: "markers", name: kind, x: [null], y: [null] },
        marker: { color: colour(kind), symbol: "square", size: 10 },
      })),
      layout: {
        ...layout,
        margin: { ...layout.margin, l: 0, r: 0, b: 0 },
        xaxis: { ...hidden, range: [0, width] },
        yaxis: { ...hidden, range: [up(tall + 8), up(0)] },
        shapes,
        annotations: [...arrows, ...texts],
      },
      altText: `Diagram of boxes ${[...boxes.keys()].join(", ")}. Arrows: ` +
        rows.filter(({ to }) => to !== null).map(({ from, to }) => `${from} to ${to}`).join(", ") +
        ".",
    };
  },
);
