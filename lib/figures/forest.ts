/** A forest plot: one number with its interval a line, for many things one under the other. */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { axis, baseLayout, FONT_SIZES, type LookOptions, WIDTHS, wrapText } from "./chart_style.ts";
import { REFERENCE_GREY } from "./reference_lines.ts";
import { COLORS } from "./series_style.ts";

/** One line. */
export interface ForestRow {
  /** Heading above the lines of a kind, which stand together; left out or `null` for a plot without. */
  readonly group?: string | null;
  /** What stands at the left; lines stand in the order in which they first appear, from the top. */
  readonly label: string;
  /** Whose number it is, such as "this study"; the legend names it. */
  readonly series: string;
  /** The number. */
  readonly value: number;
  /** Lower end of the interval; `null` or left out for none. */
  readonly low?: number | null;
  /** Upper end of the interval; `null` or left out for none. */
  readonly high?: number | null;
}

/** How the lines are drawn. */
export interface ForestOptions extends Omit<LookOptions, "height"> {
  /** Title of the horizontal axis, with the unit and what the intervals are. */
  readonly valueTitle: string;
  /** A value to compare with, drawn from top to bottom, such as 0 for no effect. Default: none. */
  readonly level?: number;
  /**
   * Names of series in the order of their colours and marks, those without a row here too: charts that are
   * given the same list show a series alike. Default, and for names that it lacks: as they first appear.
   */
  readonly series?: readonly string[];
}

/** Marks, told apart without their colours: as many as there are colours. */
const SYMBOLS = [
  ...(["circle", "diamond-open", "square-open", "triangle-up", "cross", "x", "star-open"] as const),
];

/** Height of a line for one series, in CSS pixels. */
const LINE = 15;

/** A line of the plot: a heading, or that of some rows. */
interface Line {
  readonly group: string | null;
  /** `undefined` for the heading of the group. */
  readonly label: string | undefined;
}

/** The lines from the top: those of a group below its heading, groups as they first appear. */
function linesOf(rows: readonly ForestRow[]): Line[] {
  const groups = Map.groupBy(rows, ({ group = null }) => group);
  return [...groups].flatMap(([group, own]): Line[] => [
    ...group === null ? [] : [{ group, label: undefined }],
    ...[...new Set(own.map(({ label }) => label))].map((label) => ({ group, label })),
  ]);
}

/**
 * Points with whiskers from `low` to `high`, labels at the left, under headings where rows have a group; series
 * of one label lie close together.
 *
 * @example
 * ```ts
 * import { forest } from "lib/figures/forest.ts";
 *
 * const rows = [{ label: "heads", series: "ours", value: 0.02, low: 0.01, high: 0.03 }];
 * forest(rows, { valueTitle: "difference of AUC (95 % interval)", level: 0 });
 * ```
 */
export const forest: Chart<ForestRow, ForestOptions> = defineChart(
  "forest",
  (rows: readonly ForestRow[], options: ForestOptions) => {
    const { size = "page", valueTitle, level } = options;
    const lines = linesOf(rows);
    const lineOf = ({ group = null, label }: ForestRow) =>
      lines.findIndex((line) => line.group === group && line.label === label);
    const looks = [...new Set([...options.series ?? [], ...rows.map((row) => row.series)])];
    const series = looks.filter((name) => rows.some((row) => row.series === name));
    const room = { width: 0.4 * WIDTHS[size], fontSize: FONT_SIZES.small };
    const texts = lines.map(({ group, label }) => wrapText(label ?? group!, room));
    const broken = Math.max(...texts.map((text) => text.split("<br>").length));
    const each = Math.max(LINE * (0.4 + 0.6 * series.length), 12 * broken + 3);
    const longest = Math.max(...texts.flatMap((text) => text.split("<br>")).map((l) => l.length));
    const left = Math.ceil(longest * 0.54 * FONT_SIZES.small) + 16;
    const title = wrapText(valueTitle, {
      width: WIDTHS[size] - left - 14,
      fontSize: 1.2 * FONT_SIZES[size],
    });
    const above = { legend: series.length > 1 ? series : [] };
    const { t = 0, b = 0 } = baseLayout(options, above).margin ?? {};
    const bottom = b + (title.split("<br>").length - 1) * 1.6 * FONT_SIZES[size];
    // The legend's place depends on the height, so the layout is made for the height there will be.
    const height = Math.round(t + bottom + each * lines.length + 8);
    const layout = baseLayout({ ...options, height }, above);
    const apart = 0.6 / Math.max(2, series.length);
    const data = series.map((name, i): Data => {
      const own = rows.filter((row) => row.series === name);
      const reach = (end: "low" | "high") =>
        own.map((row) => Math.abs((row[end] ?? NaN) - row.value)); // no end: NaN, and no whisker
      const look = looks.indexOf(name), color = COLORS[look % COLORS.length];
      return {
        type: "scatter",
        mode: "markers",
        name,
        x: own.map((row) => row.value),
        y: own.map((row) => lineOf(row) + (i - (series.length - 1) / 2) * apart),
        marker: { size: 6, symbol: SYMBOLS[look % SYMBOLS.length], color },
        error_x: {
          type: "data",
          symmetric: false,
          array: reach("high"),
          arrayminus: reach("low"),
          thickness: 1,
          width: 2,
          color,
        },
      };
    });
    return {
      data,
      layout: {
        ...layout,
        margin: { ...layout.margin, l: left, b: bottom },
        xaxis: axis(title),
        yaxis: axis("", {
          range: [lines.length - 0.5, -0.5],
          tickvals: lines.map((_, i) => i),
          ticktext: texts.map((text, i) => lines[i].label === undefined ? `<b>${text}</b>` : text),
          tickfont: { size: FONT_SIZES.small },
          ticks: "",
        }),
        ...(level === undefined ? {} : {
          shapes: [{
            type: "line",
            layer: "between", // below the marks, and above the grid, which has a line at the same place
            yref: "paper",
            y0: 0,
            y1: 1,
            x0: level,
            x1: level,
            line: { color: REFERENCE_GREY, width: 1, dash: "dot" },
          }],
        }),
      },
      altText: `${valueTitle}, a line each for ${
        lines.map(({ group, label }) => label ?? `(${group})`).join(", ")
      }; ${series.join(", ")}.`,
    };
  },
);
