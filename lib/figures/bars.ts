/** Bars with intervals: one number for each of some things, by series. */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  axis,
  baseLayout,
  COLORS,
  FAINT,
  FONT_SIZES,
  INK,
  type LookOptions,
  WIDTHS,
  wrapText,
} from "./chart_style.ts";

/** One bar. */
export interface BarRow {
  /** What the bar stands over, such as a method. Order of first appearance. */
  readonly group: string;
  /** Which of the bars over a group, such as a detector; the legend names it. Order as for groups. */
  readonly series: string;
  /** Length of the bar; `null` where it is undefined: the figure says so. */
  readonly value: number | null;
  /** Lower end of the interval; `null` or left out for none. */
  readonly low?: number | null;
  /** Upper end of the interval; `null` or left out for none. */
  readonly high?: number | null;
}

/** How bars are drawn. */
export interface BarsOptions extends LookOptions {
  /** Title of the vertical axis, with the unit and what the intervals are. */
  readonly valueTitle: string;
  /** Ends of the vertical axis. Default: from 0 to what is needed. */
  readonly range?: readonly [number, number];
  /** A level to compare with, drawn across, such as 0.5 for chance. Default: none. */
  readonly level?: number;
}

/**
 * Bars side by side over each group, with a whisker from `low` to `high`.
 *
 * @example
 * ```ts
 * import { bars } from "lib/figures/bars.ts";
 *
 * const rows = [{ group: "DF", series: "ours", value: 0.9, low: 0.85, high: 0.93 }];
 * bars(rows, { valueTitle: "AUC (95 % interval)", range: [0.5, 1] });
 * ```
 */
export const bars: Chart<BarRow, BarsOptions> = defineChart(
  "bars",
  (rows: readonly BarRow[], options: BarsOptions) => {
    const { size = "page", valueTitle, range, level } = options;
    const groups = [...new Set(rows.map((row) => row.group))];
    const series = [...new Set(rows.map((row) => row.series))];
    const layout = baseLayout(options, { legend: series.length > 1 ? series : [] });
    const width = (WIDTHS[size] - 70) / Math.max(1, groups.length);
    const room = { width, fontSize: FONT_SIZES.small };
    const data = series.map((name, i): Data => {
      const own = rows.filter((row) => row.series === name);
      const ends = own.map(({ value, low = null, high = null }) =>
        value === null || low === null || high === null
          ? null
          : { up: high - value, down: value - low }
      );
      return {
        type: "bar",
        name,
        x: own.map((row) => wrapText(row.group, room)),
        // Where there is no value, a bar without length carries the word.
        y: own.map((row) => row.value ?? range?.[0] ?? 0),
        text: own.map((row) => row.value === null ? "undefined" : ""),
        textangle: -90,
        textposition: "outside",
        textfont: { size: FONT_SIZES.small },
        constraintext: "none",
        cliponaxis: false,
        marker: { color: COLORS[i % COLORS.length] },
        // Without an interval Plotly would still draw the ends of one, on top of the bar.
        ...(ends.every((end) => end === null) ? {} : {
          error_y: {
            type: "data",
            symmetric: false,
            array: ends.map((end) => end?.up ?? NaN),
            arrayminus: ends.map((end) => end?.down ?? NaN),
            color: INK,
            thickness: 1,
            width: 3,
          },
        }),
      };
    });
    return {
      data,
      layout: {
        ...layout,
        barmode: "group",
        bargap: 0.3,
        xaxis: axis("", {
          type: "category",
          tickfont: { size: FONT_SIZES.small },
          ticks: "",
          showgrid: false,
          tickangle: 0,
        }),
        yaxis: axis(valueTitle, range ? { range: [...range] } : { rangemode: "tozero" }),
        ...(level === undefined ? {} : {
          shapes: [{
            type: "line",
            xref: "paper",
            x0: 0,
            x1: 1,
            y0: level,
            y1: level,
            line: { color: FAINT, width: 1, dash: "dot" },
          }],
        }),
      },
      altText: `Bars of ${valueTitle} for ${groups.join(", ")}; series ${series.join(", ")}.`,
    };
  },
);
