/**
 * Information diagrams in the manner of the paper's Figs. 3 and 6, to scale: the areas of the circles
 * are entropies, those of their overlaps in pairs mutual informations. One diagram is drawn in
 * venn_diagram.ts; the numbers come from a joint (lib/information/venn_regions.ts).
 */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { baseLayout, FONT_SIZES, type LookOptions, WIDTHS, wrapText } from "./chart_style.ts";
import { decimals, drawDiagram, LINE, lowered, type VennRow } from "./venn_diagram.ts";

/** How the diagrams are laid out. The height follows from the width. */
export type VennOptions = Omit<LookOptions, "height">;

const LARGEST = 176; // pixels of a diagram's side
const LIST_LINES = 9;

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
    const { size = "page" } = options, fontSize = FONT_SIZES[size];
    const margin = { ...baseLayout(options).margin, l: 10, r: 10, b: 8 }; // no axes need room
    const width = WIDTHS[size] - margin.l - margin.r, panel = width / Math.max(1, names.length);
    const headings = names.map((name) => wrapText(lowered(name), { width: panel - 14, fontSize }));
    const headingLines = Math.max(1, ...headings.map((text) => text.split("<br>").length));
    const side = Math.min(panel - 10, LARGEST), bottom = LIST_LINES * LINE;
    const plotHeight = bottom + side + 10 + headingLines * LINE;
    const height = plotHeight + (margin.t ?? 0) + margin.b; // one unit is one pixel both ways

    const diagrams = names.map((name, p) => {
      const place = { left: p * panel, width: panel, bottom, side, fontSize };
      return drawDiagram(rows.filter((row) => row.diagram === name), place);
    });
    const titles = headings.map((text, p) => ({
      x: Math.round(p * panel),
      y: plotHeight,
      text: `<b>${text}</b>`,
      showarrow: false,
      xanchor: "left" as const,
      yanchor: "top" as const,
      align: "left" as const,
    }));
    const words = names.map((name, p) =>
      diagrams[p].impossible
        ? `${name}: no Venn diagram can be drawn, as the triple overlap is negative`
        : name
    );
    const numbers = rows.map((row) => `${row.symbol} = ${decimals(row.value)}`).join(", ");
    const axis = { type: "linear", autorange: false, visible: false, fixedrange: true } as const;
    return {
      data: [{ type: "scatter", x: [], y: [] }] as Data[], // Plotly draws shapes on axes that have a trace
      layout: {
        ...baseLayout({ ...options, height }),
        margin,
        xaxis: { ...axis, range: [0, width] as [number, number] },
        yaxis: { ...axis, range: [0, plotHeight] as [number, number] },
        annotations: [...titles, ...diagrams.flatMap((d) => d.annotations)],
        shapes: diagrams.flatMap((d) => d.shapes),
      },
      altText: `Information diagrams in bits. ${words.join("; ")}. ${numbers}.`,
    };
  },
);
