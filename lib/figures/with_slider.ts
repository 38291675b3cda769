/**
 * A slider under a chart: the reader moves from one set of rows to the next, in Plotly itself, without a
 * kernel. Where a figure is a picture only, it stands at its first stop or the one named.
 */
import type { Data, Layout } from "plotly.js-dist";
import { FONT_SIZES, INK } from "./chart_style.ts";
import type { Chart, Figure } from "./figure.ts";
import { steadyAxes } from "./steady_axes.ts";

/** What a row says beside what the chart needs. */
export interface StopRow {
  /** The stop of the slider at which the row is drawn, as its label: a setting's value. */
  readonly stop: string;
}

/** How a chart under a slider is told about it, beside its own options. */
export interface SliderOptions {
  /** What is set, such as `"temperature T"`. */
  readonly sliderTitle: string;
  /** The stop that is shown first. Default: that of the first row. */
  readonly start?: string;
}

/** Room that a slider takes below a chart, in CSS pixels. */
const ROOM = 64;

/** The leaves of a plain object by their paths in Plotly's words, `"marker.color"`; lists are leaves. */
function leaves(content: object, path = ""): [path: string, value: unknown][] {
  return Object.entries(content).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value, `${path}${key}.`)
      : [[path + key, value] as [string, unknown]]
  );
}

/** For each of the contents its values of those leaves that are not the same in all; `null` where it has none. */
function differences(contents: readonly object[]): Record<string, unknown>[] {
  const found = contents.map((content) => new Map(leaves(content)));
  const paths = new Set(found.flatMap((one) => [...one.keys()]));
  const differing = [...paths].filter((path) =>
    new Set(found.map((one) => JSON.stringify(one.get(path)))).size > 1
  );
  return found.map((one) =>
    Object.fromEntries(differing.map((path) => [path, one.get(path) ?? null]))
  );
}

/** What Plotly's `update` is given to go to each stop: changes of all traces, and of the layout. */
function updates(figures: readonly Figure[]): [Record<string, unknown>, Record<string, unknown>][] {
  const traces = figures[0]!.data.map((_, t) => differences(figures.map(({ data }) => data[t]!)));
  const layouts = differences(figures.map(({ layout }) => layout));
  return figures.map((_, stop) => {
    const paths = new Set(traces.flatMap((stops) => Object.keys(stops[stop]!)));
    const changes = [...paths].map((path) => [
      path,
      // A trace that is the same at all stops is given again what it has.
      traces.map((stops, t) =>
        stops[stop]![path] ?? new Map(leaves(figures[stop]!.data[t]!)).get(path) ?? null
      ),
    ]);
    return [Object.fromEntries(changes), layouts[stop]!];
  });
}

/** Plotly's slider below the plot, and the layout with room for it. */
function layoutWithSlider(
  { layout }: Figure,
  slider: { title: string; active: number; steps: object[] },
): Figure["layout"] {
  const { height, margin = {}, legend } = layout, { b = 0 } = margin;
  const size = Number(layout.font?.size ?? FONT_SIZES.page);
  // The legend's place is a share of the height, from the bottom.
  const y = 1 - (1 - Number(legend?.y ?? 1)) * height / (height + ROOM);
  const sliders = [{
    active: slider.active,
    steps: slider.steps,
    currentvalue: { prefix: `${slider.title}: `, font: { size, color: INK }, offset: 6 },
    font: { size: FONT_SIZES.small, color: INK },
    pad: { t: b - 4, b: 0, l: 0, r: 0 },
    x: 0,
    len: 1,
    y: 0,
    yanchor: "top",
    ticklen: 3,
    minorticklen: 2,
    transition: { duration: 0 },
  }];
  return {
    ...layout,
    height: height + ROOM,
    margin: { ...margin, b: b + ROOM },
    ...(legend ? { legend: { ...legend, y } } : {}),
    sliders: sliders as unknown as NonNullable<Layout["sliders"]>,
  };
}

/**
 * The chart with a slider: rows name a stop each, and those of one stop are drawn at a time. Axes keep
 * their ends from stop to stop, so that what is seen to grow does grow.
 *
 * The chart that this returns takes the rows and options of the first and those of the slider, and is
 * saved and drawn again like any.
 *
 * @throws TypeError from the chart, without rows, or when the rows of two stops give another number or
 * kind of traces, naming the stop; RangeError for a start that no row names.
 *
 * @example
 * ```ts
 * import { curves } from "lib/figures/curves.ts";
 * import { withSlider } from "lib/figures/with_slider.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [1, 2].flatMap((power) =>
 *   [0, 1, 2].map((x) => ({ stop: String(power), panel: "x^p", series: "x^p", x, value: x ** power }))
 * );
 * const figure = withSlider(curves)(rows, { xTitle: "x", sliderTitle: "p", start: "2" });
 * assert.deepEqual(figure.data.map((trace) => (trace as { y: number[] }).y), [[0, 1, 4]]);
 * assert.equal(figure.layout.sliders?.length, 1);
 * ```
 */
export function withSlider<Row extends object, Options extends object>(
  chart: Chart<Row, Options>,
): Chart<Row & StopRow, Options & SliderOptions> {
  const name = `${chart.chart} with a slider`;
  const drawn = (rows: readonly (Row & StopRow)[], options: Options & SliderOptions): Figure => {
    const stops = [...new Set(rows.map(({ stop }) => stop))];
    const { sliderTitle, start = stops[0] } = options;
    const active = stops.findIndex((stop) => stop === start);
    if (rows.length === 0) throw new TypeError(`A slider needs rows; there are none.`);
    if (active < 0) {
      throw new RangeError(
        `The slider starts at ${JSON.stringify(start)}. Its stops are ${stops.join(", ")}.`,
      );
    }
    const figures = stops.map((stop) => chart(rows.filter((row) => row.stop === stop), options));
    const kinds = figures.map(({ data }) => data.map(({ type, name }) => `${type} ${name}`).join());
    const other = kinds.findIndex((kind) => kind !== kinds[0]);
    if (other >= 0) {
      throw new TypeError(
        `At the stop ${stops[other]} there are other traces than at ${
          stops[0]
        }: give each stop a ` +
          "row for every panel and series, with the value null where there is none.",
      );
    }
    const steady = steadyAxes(figures);
    const steps = updates(steady).map((args, s) => ({ label: stops[s], method: "update", args }));
    const shown = steady[active]!;
    return {
      data: shown.data as Data[],
      layout: layoutWithSlider(shown, { title: sliderTitle, active, steps }),
      altText: `${shown.altText} A slider sets ${sliderTitle}: ${
        stops.join(", ")
      }; shown: ${start}.`,
      source: { chart: name, rows, options },
    };
  };
  return Object.assign(drawn, { chart: name });
}
