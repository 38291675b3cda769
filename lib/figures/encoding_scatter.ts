/**
 * Encodings of one source by what they know, I(y; Z), and by what the paper's Eq. 6 gives them. The
 * encodings are measured in lib/information/exhaustive_encoders.ts.
 */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { axis, baseLayout, FAINT, FONT_SIZES, INK, type LookOptions } from "./chart_style.ts";
import { COLORS } from "./series_style.ts";

/** All encodings with the same two measures. */
export interface EncodingRow {
  /** I(y; Z) in bits. */
  readonly information: number;
  /** Σ I(zᵢ; y | Z∖zᵢ) in bits. */
  readonly objective: number;
  /** How many encodings share the two: the marker's size. */
  readonly count: number;
  /** A name to stand beside the marker, in another colour; `null` for none. */
  readonly mark: string | null;
}

/**
 * A marker for each pair of measures. Above the diagonal, Eq. 6 pays more than I(y; Z): synergy.
 *
 * @example
 * ```ts
 * import { encodingScatter } from "lib/figures/encoding_scatter.ts";
 * import assert from "node:assert/strict";
 *
 * const row = { information: 1, objective: 2, count: 1, mark: "shared secret" };
 * assert.match(encodingScatter([row], {}).altText, /shared secret/);
 * ```
 */
export const encodingScatter: Chart<EncodingRow, LookOptions> = defineChart(
  "encodingScatter",
  (rows: readonly EncodingRow[], options: LookOptions) => {
    const { size = "page" } = options, small = FONT_SIZES.small;
    const base = baseLayout({
      ...options,
      height: options.height ?? (size === "page" ? 300 : 240),
    });
    const most = Math.max(1e-9, ...rows.map((row) => row.information));
    const highest = Math.max(most, ...rows.map((row) => row.objective));
    const marked = rows.filter((row) => row.mark !== null);
    const dots = (
      drawn: readonly EncodingRow[],
      marker: { color: string; opacity: number; symbol: "circle" | "diamond" },
    ): Data => ({
      type: "scatter",
      mode: "markers",
      x: drawn.map((row) => row.information),
      y: drawn.map((row) => row.objective),
      hovertemplate: "I(y; Z) %{x:.2f}, Eq. 6 %{y:.2f}<extra></extra>",
      marker: {
        ...marker,
        line: { width: 0 },
        size: drawn.map((row) => Number((3 + 2 * Math.log10(row.count)).toFixed(1))),
      },
    });
    return {
      data: [
        {
          type: "scatter",
          mode: "lines",
          x: [0, most],
          y: [0, most],
          hoverinfo: "skip",
          line: { color: FAINT, width: 1, dash: "dash" },
        },
        dots(rows.filter((row) => row.mark === null), {
          color: COLORS[0],
          opacity: 0.45,
          symbol: "circle",
        }),
        dots(marked, { color: COLORS[1], opacity: 1, symbol: "diamond" }),
      ],
      layout: {
        ...base,
        xaxis: axis("I(y; Z) (bits)", { range: [-0.04 * most, 1.4 * most] }),
        yaxis: axis("Σ I(z<sub>i</sub>; y | Z∖z<sub>i</sub>) (bits)", {
          range: [-0.05 * highest, 1.08 * highest],
        }),
        annotations: [
          ...marked.map((row) => ({
            x: row.information,
            y: row.objective,
            text: row.mark ?? "",
            xanchor: "left" as const,
            xshift: 6,
            showarrow: false,
            font: { color: COLORS[1], size: FONT_SIZES[size] },
          })),
          {
            x: most,
            y: most,
            text: "equal",
            showarrow: false,
            xanchor: "left" as const,
            xshift: 6,
            font: { color: INK, size: small },
          },
        ],
      },
      altText: `${rows.reduce((sum, row) => sum + row.count, 0)} encodings by I(y; Z), up to ` +
        `${most.toFixed(2)} bits, and Eq. 6, up to ${highest.toFixed(2)} bits. ` +
        marked.map((row) =>
          `${row.mark}: ${row.information.toFixed(2)} and ${row.objective.toFixed(2)}.`
        ).join(" "),
    };
  },
);
