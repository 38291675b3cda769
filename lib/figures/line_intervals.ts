/**
 * A number over another, with an interval at each point: AUC over the number of blocks (the paper's
 * Fig. 5), over the strength of a corruption, over a weight.
 */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { axis, baseLayout, type LookOptions } from "./chart_style.ts";
import {
  type Reference,
  referenceLabels,
  referenceLines,
  referenceWords,
} from "./reference_lines.ts";
import { seriesLine, seriesMarker } from "./series_style.ts";

/** One point. */
export interface LineRow {
  /** Which line; the legend names it. */
  readonly series: string;
  /** Position on the horizontal axis. */
  readonly x: number;
  /** The number; `null` leaves a gap. */
  readonly value: number | null;
  /** Lower end of the interval; `null` or left out for none. */
  readonly low?: number | null;
  /** Upper end of the interval; `null` or left out for none. */
  readonly high?: number | null;
}

/** How the lines are drawn. */
export interface LineIntervalsOptions extends LookOptions {
  /** Title of the horizontal axis, with the unit. */
  readonly xTitle: string;
  /** Title of the vertical axis, with the unit and what the intervals are. */
  readonly valueTitle: string;
  /** Ends of the vertical axis. Default: what is needed. */
  readonly range?: readonly [number, number];
  /** Levels to compare with, drawn across, such as 0.5 for chance. Default: none. */
  readonly references?: readonly Reference[];
}

/**
 * A line for each series, with a marker and a whisker from `low` to `high` at each point. Series with whiskers
 * are drawn a little to the left or right of their x, so that whiskers do not hide one another.
 *
 * @example
 * ```ts
 * import { lineIntervals } from "lib/figures/line_intervals.ts";
 *
 * const rows = [2, 3, 4].map((x) => ({ series: "ours", x, value: 0.9, low: 0.88, high: 0.92 }));
 * lineIntervals(rows, { xTitle: "number of blocks", valueTitle: "AUC (95 % interval)" });
 * ```
 */
export const lineIntervals: Chart<LineRow, LineIntervalsOptions> = defineChart(
  "lineIntervals",
  (rows: readonly LineRow[], options: LineIntervalsOptions) => {
    const { xTitle, valueTitle, range, references = [] } = options;
    const series = [...new Set(rows.map((row) => row.series))];
    const layout = baseLayout(options, { legend: series.length > 1 ? series : [] });
    const places = [...new Set(rows.map((row) => row.x))];
    const whiskered = rows.some(({ low = null, high = null }) => low !== null || high !== null);
    const apart = whiskered ? (Math.max(...places) - Math.min(...places)) * 0.012 : 0;
    const data = series.map((name, i): Data => {
      const own = rows.filter((row) => row.series === name).sort((a, b) => a.x - b.x);
      const reach = (end: "low" | "high") =>
        own.map((row) => {
          const at = row[end] ?? null;
          return row.value === null || at === null ? NaN : Math.abs(at - row.value);
        });
      return {
        type: "scatter",
        mode: "lines+markers",
        name,
        x: own.map((row) => row.x + (i - (series.length - 1) / 2) * apart),
        y: own.map((row) => row.value),
        line: seriesLine(i),
        marker: seriesMarker(i),
        // Without an interval Plotly would still draw the ends of one.
        ...(whiskered
          ? {
            error_y: {
              type: "data",
              symmetric: false,
              array: reach("high"),
              arrayminus: reach("low"),
              thickness: 1,
              width: 3,
            },
          }
          : {}),
      };
    });
    return {
      data,
      layout: {
        ...layout,
        xaxis: axis(xTitle, places.length <= 10 ? { tickvals: places } : {}),
        yaxis: axis(valueTitle, range ? { range: [...range] } : {}),
        shapes: referenceLines(references, 1),
        annotations: referenceLabels(references, { axisNumber: 1, where: "inside" }),
      },
      altText: `Lines of ${valueTitle} over ${xTitle}: ${series.join(", ")}.` +
        referenceWords(references),
    };
  },
);
