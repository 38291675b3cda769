/**
 * Functions as curves, in panels: a loss over a probability, a gradient over a logit. Measured points
 * with intervals are in line_intervals.ts and setting_sweep.ts, runs in training_curves.ts.
 */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  axis,
  baseLayout,
  FONT_SIZES,
  type LookOptions,
  panelDomains,
  panelHeading,
  WIDTHS,
  wrapText,
} from "./chart_style.ts";
import {
  type PanelReference,
  referenceLabels,
  referenceLines,
  referencesOf,
  referenceWords,
} from "./reference_lines.ts";
import { seriesLine } from "./series_style.ts";

/** One point of a curve. */
export interface CurveRow {
  /** Heading of the panel, with the unit of its values, such as `"L_LIL"`. */
  readonly panel: string;
  /** Which curve; the legend names it. */
  readonly series: string;
  /** Position on the horizontal axis. */
  readonly x: number;
  /** Value there; `null` leaves a gap. */
  readonly value: number | null;
}

/** How curves are laid out. */
export interface CurvesOptions extends LookOptions {
  /** Title of the horizontal axis of every panel, with the unit. */
  readonly xTitle: string;
  /** Ends of the vertical axis of every panel. Default: what each panel needs. */
  readonly range?: readonly [number, number];
  /** Levels to compare with, drawn across their panel, such as ln 2 for a cross-entropy. Default: none. */
  readonly references?: readonly PanelReference[];
}

/**
 * Smooth lines through the points of each series in order of x, panels side by side.
 *
 * @example
 * ```ts
 * import { curves } from "lib/figures/curves.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [0.1, 0.5, 0.9].map((x) => ({ panel: "−log q (nats)", series: "q", x, value: -Math.log(x) }));
 * assert.equal(curves(rows, { xTitle: "q" }).data.length, 1);
 * ```
 */
export const curves: Chart<CurveRow, CurvesOptions> = defineChart(
  "curves",
  (rows: readonly CurveRow[], options: CurvesOptions) => {
    const { size = "page", xTitle, range, references = [] } = options;
    const panels = [...new Set(rows.map((row) => row.panel))];
    const series = [...new Set(rows.map((row) => row.series))];
    const above = { legend: series.length > 1 ? series : [], headings: true };
    const { t = 0, b = 0, l = 0, r = 0 } = baseLayout(options, above).margin ?? {};
    const fontSize = FONT_SIZES[size], gap = fontSize * 4.2;
    const room = WIDTHS[size] - l - r;
    const width = (room - gap * (panels.length - 1)) / Math.max(1, panels.length);
    const headings = panels.map((panel) => wrapText(panel, { width, fontSize }));
    const lines = Math.max(1, ...headings.map((heading) => heading.split("<br>").length));
    const top = t + (lines - 1) * fontSize * 1.3;
    const height = options.height ?? Math.round(top + 190 + b);
    const base = baseLayout({ ...options, height }, above);
    const layout: Record<string, unknown> = { ...base, margin: { ...base.margin, t: top } };
    const domains = panelDomains(Math.max(1, panels.length), { room, gap });
    const data: Data[] = [];
    panels.forEach((panel, p) => {
      const suffix = p === 0 ? "" : String(p + 1);
      layout[`xaxis${suffix}`] = axis(xTitle, {
        domain: domains[p],
        anchor: `y${suffix}` as "y",
        nticks: 6,
      });
      layout[`yaxis${suffix}`] = axis("", {
        anchor: `x${suffix}` as "x",
        nticks: 6,
        ...(range ? { range: [...range] } : {}),
      });
      series.forEach((name, s) => {
        const own = rows.filter((row) => row.panel === panel && row.series === name)
          .sort((a, b) => a.x - b.x);
        if (own.length === 0) return;
        data.push({
          type: "scatter",
          mode: "lines",
          name,
          legendgroup: name,
          showlegend: series.length > 1 &&
            !data.some((trace) => (trace as { name?: string }).name === name),
          x: own.map((row) => row.x),
          y: own.map((row) => row.value),
          line: seriesLine(s),
          xaxis: `x${suffix}` as "x",
          yaxis: `y${suffix}` as "y",
        });
      });
    });
    const within = panels.map((panel) => referencesOf(references, { panel, panels }));
    const shapes = within.flatMap((of, p) => referenceLines(of, p + 1));
    const labels = within.flatMap((of, p) =>
      referenceLabels(of, { axisNumber: p + 1, where: "inside" })
    );
    const annotations = headings.map((heading, p) => ({
      ...panelHeading(`<b>${heading}</b>`, p + 1),
      align: "left" as const,
    }));
    return {
      data,
      layout: { ...layout, shapes, annotations: [...annotations, ...labels] } as typeof base,
      altText: `Curves of ${panels.join(", ")} over ${xTitle}, for ${series.join(", ")}.` +
        referenceWords(references),
    };
  },
);
