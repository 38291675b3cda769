/** Bars with intervals: one number for each of some things, by series. */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  axis,
  baseLayout,
  FONT_SIZES,
  INK,
  type LookOptions,
  WIDTHS,
  wrapText,
} from "./chart_style.ts";
import {
  type Reference,
  referenceLabels,
  referenceLines,
  referenceMargin,
  referenceWords,
} from "./reference_lines.ts";
import { COLORS } from "./series_style.ts";

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
  /** Levels to compare with, drawn across, such as 0.5 for chance. Default: none. */
  readonly references?: readonly Reference[];
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
    const { size = "page", valueTitle, range, references = [] } = options;
    const groups = [...new Set(rows.map((row) => row.group))];
    const series = [...new Set(rows.map((row) => row.series))];
    const above = { legend: series.length > 1 ? series : [] };
    const { t = 0, l = 0, r = 0 } = baseLayout(options, above).margin ?? {};
    const beside = Math.max(r, referenceMargin(references));
    const width = 0.9 * (WIDTHS[size] - l - beside) / Math.max(1, groups.length);
    const fits = (fontSize: number) =>
      groups.every((group) =>
        group.split(" ").every((word) => word.length * 0.56 * fontSize <= width)
      );
    const fontSize = fits(FONT_SIZES[size]) ? FONT_SIZES[size] : FONT_SIZES.small;
    const names = new Map(groups.map((group) => [group, wrapText(group, { width, fontSize })]));
    const lines = Math.max(1, ...[...names.values()].map((name) => name.split("<br>").length));
    // The names alone stand below: there is no title of that axis to keep room for.
    const bottom = Math.ceil(lines * fontSize * 1.3) + 10;
    const height = options.height ?? Math.round(t + WIDTHS[size] * 0.46 + bottom);
    const layout = baseLayout({ ...options, height }, above);
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
        x: own.map((row) => names.get(row.group)!),
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
        margin: { ...layout.margin, r: beside, b: bottom },
        barmode: "group",
        bargap: 0.3,
        xaxis: axis("", {
          type: "category",
          tickfont: { size: fontSize },
          ticks: "",
          showgrid: false,
          tickangle: 0,
        }),
        yaxis: axis(valueTitle, range ? { range: [...range] } : { rangemode: "tozero" }),
        shapes: referenceLines(references, 1),
        annotations: referenceLabels(references, { axisNumber: 1, where: "beside" }),
      },
      altText: `Bars of ${valueTitle} for ${groups.join(", ")}; series ${series.join(", ")}.` +
        referenceWords(references),
    };
  },
);
