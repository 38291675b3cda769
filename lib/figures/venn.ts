/**
 * Information diagrams in the manner of the paper's Figs. 3 and 6, to scale: the areas of the circles
 * are entropies, those of their overlaps in pairs mutual informations. The geometry is in
 * venn_layout.ts; the numbers come from a joint (lib/information/venn_regions.ts).
 */
import type { Annotation, Data, Shape } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  baseLayout,
  COLORS,
  FAINT,
  FONT_SIZES,
  INK,
  type LookOptions,
  WIDTHS,
  wrapText,
} from "./look.ts";
import { type Circle, drawnRegions, placeCircles } from "./venn_layout.ts";

/** One region of one diagram; a diagram has seven. */
export interface VennRow {
  /** The diagram's heading; diagrams stand side by side in the order in which they first appear. */
  readonly diagram: string;
  /** Labels of the circles that the region lies inside: one, two or three of three. */
  readonly inside: readonly string[];
  /** The quantity in symbols, such as `"I(y; z1 | z2)"`. */
  readonly symbol: string;
  /** Its value in bits. Only the triple overlap's may be negative. */
  readonly value: number;
}

/** How the diagrams are laid out. The height follows from the width. */
export type VennOptions = Omit<LookOptions, "height">;

const ROUNDING = 1e-9;
const LINE = 12; // pixels from one line of small text to the next
const ROOM = 9; // pixels that a number needs around its middle

/** `z1` with its number lowered. */
const lowered = (text: string) => text.replace(/([A-Za-z])(\d+)/g, "$1<sub>$2</sub>");

/** Two decimals, with a true minus sign, and no sign for what rounds to zero. */
const decimals = (value: number) =>
  (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");

/** A tenth of a pixel is fine enough, and short in the notebook's file. */
const tenth = (pixels: number) => Math.round(10 * pixels) / 10;

/** The seven regions by key (1, 2 and 4 for the circles), checked. */
function readDiagram(name: string, rows: readonly VennRow[]) {
  const circles = rows.filter((row) => row.inside.length === 1).map((row) => row.inside[0]);
  const regions = new Map(rows.map((row) => [
    row.inside.reduce((key, circle) => key + 2 ** circles.indexOf(circle), 0),
    row,
  ]));
  if (
    circles.length !== 3 || rows.length !== 7 || ![1, 2, 3, 4, 5, 6, 7].every((k) => regions.has(k))
  ) {
    throw new TypeError(`The diagram "${name}" needs the seven regions of three circles.`);
  }
  const bad = rows.find((row) =>
    !Number.isFinite(row.value) || (row.inside.length < 3 && row.value < -ROUNDING)
  );
  if (bad) {
    throw new RangeError(`In "${name}", ${bad.symbol} is ${bad.value}: it cannot be an area.`);
  }
  const total = (mask: number) =>
    [...regions].filter(([key]) => (key & mask) === mask).reduce((sum, [, r]) => sum + r.value, 0);
  return { circles, regions, total };
}

/** Three equal circles, for a diagram that cannot be drawn to scale. */
const ANY_CIRCLES: readonly Circle[] = [[-0.5, 0.3], [0.5, 0.3], [0, -0.55]]
  .map(([x, y]) => ({ x, y, radius: 0.9 }));

/**
 * Diagrams of three circles side by side, with the value of every region below each. Circles and
 * overlaps in pairs are to scale; where the middle's drawn area differs from its value, that is said.
 * Where the triple overlap is negative no such diagram exists: three dotted circles stand in its
 * place, and the words say so.
 *
 * @throws TypeError when a diagram has not exactly the seven regions of three circles; RangeError for
 * a negative region other than the triple overlap.
 *
 * @example
 * ```ts
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import { vennRegions } from "lib/information/venn_regions.ts";
 * import { venn } from "lib/figures/venn.ts";
 * import assert from "node:assert/strict";
 *
 * const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
 * const rows = vennRegions(xor, { y: "y", z1: "z1", z2: "z2" });
 * const figure = venn(rows.map((row) => ({ diagram: "y = z1 ⊕ z2", ...row })), {});
 * assert.match(figure.altText, /no Venn diagram can be drawn/);
 * ```
 */
export const venn: Chart<VennRow, VennOptions> = defineChart(
  "venn",
  (rows: readonly VennRow[], options: VennOptions) => {
    const names = [...new Set(rows.map((row) => row.diagram))];
    const { size = "page" } = options, width = WIDTHS[size] - 20;
    const fontSize = FONT_SIZES[size], small = FONT_SIZES.small;
    const panel = width / Math.max(1, names.length),
      headingLines = Math.max(
        1,
        ...names.map((name) =>
          wrapText(name, { width: panel - 14, fontSize }).split("<br>").length
        ),
      );
    const drawing = Math.min(panel - 10, 176), below = 9 * LINE;
    const plotHeight = headingLines * LINE + 10 + drawing + below;
    const margin = { ...baseLayout(options).margin, l: 10, r: 10, b: 8 }; // no axes need room
    const height = plotHeight + (margin.t ?? 0) + margin.b; // so that circles are round
    const base = { ...baseLayout({ ...options, height }), margin };
    const annotations: Partial<Annotation>[] = [],
      shapes: Partial<Shape>[] = [],
      words: string[] = [];
    const write = (at: { x: number; y: number }, text: string, more: Partial<Annotation> = {}) =>
      annotations.push({ x: tenth(at.x), y: tenth(at.y), text, showarrow: false, ...more });

    names.forEach((name, p) => {
      const left = p * panel,
        { circles, regions, total } = readDiagram(
          name,
          rows.filter((row) => row.diagram === name),
        );
      const middle = regions.get(7)!.value, impossible = middle < -ROUNDING;
      const placed = impossible
        ? ANY_CIRCLES
        : placeCircles([total(1), total(2), total(4)], [total(3), total(5), total(6)]);
      const drawn = drawnRegions(placed);

      // Pixels: the panel's drawing is a square below the heading; y grows upwards from the list.
      const low = (edge: (c: Circle) => number) => Math.min(...placed.map(edge));
      const high = (edge: (c: Circle) => number) => Math.max(...placed.map(edge));
      const box = {
        x: (low((c) => c.x - c.radius) + high((c) => c.x + c.radius)) / 2,
        y: (low((c) => c.y - c.radius) + high((c) => c.y + c.radius)) / 2,
        side: Math.max(
          high((c) => c.x + c.radius) - low((c) => c.x - c.radius),
          high((c) => c.y + c.radius) - low((c) => c.y - c.radius),
        ),
      };
      const scale = (drawing - 34) / box.side; // room for the circles' labels around
      const toX = (x: number) => left + panel / 2 + (x - box.x) * scale;
      const toY = (y: number) => below + drawing / 2 + (y - box.y) * scale;

      write(
        { x: left, y: plotHeight },
        `<b>${wrapText(lowered(name), { width: panel - 14, fontSize })}</b>`,
        {
          xanchor: "left",
          yanchor: "top",
          align: "left",
        },
      );
      const center = {
        x: placed.reduce((s, c) => s + c.x, 0) / 3,
        y: placed.reduce((s, c) => s + c.y, 0) / 3,
      };
      placed.forEach((circle, i) => {
        const color = impossible ? FAINT : COLORS[i], r = circle.radius;
        shapes.push({
          type: "circle",
          xref: "x",
          yref: "y",
          x0: toX(circle.x - r),
          x1: toX(circle.x + r),
          y0: toY(circle.y - r),
          y1: toY(circle.y + r),
          line: { color, width: 1.5, dash: impossible ? "dot" : "solid" },
          ...(impossible ? {} : { fillcolor: color + "2e" }),
        });
        const away = Math.hypot(circle.x - center.x, circle.y - center.y) || 1;
        const [ux, uy] = [(circle.x - center.x) / away, (circle.y - center.y) / away];
        write(
          { x: toX(circle.x + ux * r) + 10 * ux, y: toY(circle.y + uy * r) + 10 * uy },
          lowered(circles[i]),
          {
            font: { color: impossible ? INK : COLORS[i], size: fontSize + 2 },
          },
        );
      });

      const notes: string[] = [];
      if (impossible) {
        const said = "no Venn diagram can be drawn: an area cannot be negative";
        write({ x: toX(center.x), y: toY(center.y) }, wrapText(said, { width: 96, fontSize }), {
          bgcolor: "white",
        });
        words.push(
          `${name}: no Venn diagram can be drawn, as ${regions.get(7)!.symbol} is negative`,
        );
      } else {
        for (const [key, { label, room }] of drawn) {
          const { value } = regions.get(key)!;
          if (label && room * scale >= ROOM && value >= 0.005) {
            const font = { size: small };
            write({ x: toX(label[0]), y: toY(label[1]) }, decimals(value), { font });
          }
        }
        const area = drawn.get(7)!.area;
        if (Math.abs(area - middle) > 0.02 * total(1)) {
          notes.push(`middle: drawn area ${decimals(area)}, true ${decimals(middle)}`);
        }
        words.push(name);
      }
      const list = [...regions.values()].map(({ symbol, value }) => {
        const line = `${lowered(symbol)} = ${decimals(value)}`;
        return value < -ROUNDING ? `<b><span style="color:${COLORS[1]}">${line}</span></b>` : line;
      });
      [...list, ...notes].forEach((line, i) =>
        write({ x: left + panel / 2, y: below - 6 - i * LINE }, line, {
          yanchor: "top",
          font: { size: small },
        })
      );
    });

    const numbers = rows.map((row) => `${row.symbol} = ${decimals(row.value)}`).join(", ");
    const axis = { type: "linear", autorange: false, visible: false, fixedrange: true } as const;
    return {
      data: [{ type: "scatter", x: [], y: [] }] as Data[], // Plotly draws shapes on axes that have a trace
      layout: {
        ...base,
        xaxis: { ...axis, range: [0, width] as [number, number] },
        yaxis: { ...axis, range: [0, plotHeight] as [number, number] },
        annotations,
        shapes,
      },
      altText: `Information diagrams in bits. ${words.join("; ")}. ${numbers}.`,
    };
  },
);
