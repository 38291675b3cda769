/**
 * What a figure is: plain Plotly JSON that remembers the rows and options it was drawn from. How one
 * looks is left to chart_style.ts, what it shows to the file of each chart.
 */
import type { Data, Layout } from "plotly.js-dist";
import { figureWords } from "./figure_words.ts";

/** Plotly's two parts of a chart. */
export interface Plot {
  /** Plotly's traces. */
  readonly data: readonly Data[];
  /** Plotly's layout; `width` and `height` are in CSS pixels, 96 an inch. */
  readonly layout: Partial<Layout> & { readonly width: number; readonly height: number };
}

/** Where a figure came from: enough to draw it again. */
export interface Source {
  /** Name of the chart, as given to `defineChart`. */
  readonly chart: string;
  /** The rows that were drawn. */
  readonly rows: readonly object[];
  /** The chart's options, plain JSON. */
  readonly options: object;
}

/** A drawn chart. */
export interface Figure extends Plot {
  /** The rows and options it was drawn from. */
  readonly source: Source;
  /** The figure in words, for people who cannot see it: title, axes, series and ranges of its rows. */
  readonly altText: string;
}

/** A chart: a pure function of rows and options. */
export interface Chart<Row extends object, Options extends object> {
  /** Draws the rows. */
  (rows: readonly Row[], options: Options): Figure;
  /** The name under which `redraw` finds the chart. */
  readonly chart: string;
}

/**
 * Makes a chart of a function that draws. The same rows and options must give the same plot: `redraw`
 * relies on it.
 *
 * @param chart Name of the chart; it is written beside every figure saved.
 * @param draw From plain rows and plain options to Plotly's data and layout, and a sentence that names
 * axes and series; `figureWords` adds title and ranges to it.
 *
 * @example A chart of one's own
 * ```ts
 * import { defineChart } from "lib/figures/figure.ts";
 * import { axis, baseLayout, type LookOptions } from "lib/figures/chart_style.ts";
 * import assert from "node:assert/strict";
 *
 * const dots = defineChart(
 *   "dots",
 *   (rows: readonly { x: number; y: number }[], options: LookOptions) => ({
 *     data: [{ type: "scatter", mode: "markers", x: rows.map((r) => r.x), y: rows.map((r) => r.y) }],
 *     layout: { ...baseLayout(options), xaxis: axis("width (pixels)"), yaxis: axis("score") },
 *     altText: `${rows.length} dots.`,
 *   }),
 * );
 * const figure = dots([{ x: 1, y: 2 }], { title: "One dot", size: "column" });
 * assert.equal(figure.source.chart, "dots");
 * ```
 */
export function defineChart<Row extends object, Options extends object>(
  chart: string,
  draw: (rows: readonly Row[], options: Options) => Plot & { readonly altText: string },
): Chart<Row, Options> {
  const drawn = (rows: readonly Row[], options: Options): Figure => {
    const { data, layout, altText: shown } = draw(rows, options);
    const altText = figureWords({ title: layout.title?.text, shown, rows });
    return { data, layout, altText, source: { chart, rows, options } };
  };
  return Object.assign(drawn, { chart });
}
