/** Axes that keep their ends while a figure's content changes under them. */
import type { LayoutAxis } from "plotly.js-dist";
import type { Figure } from "./figure.ts";

/** Share of its length that an axis goes beyond what is drawn. */
const BEYOND = 0.05;

/** The ends of what a figure draws along an axis, reference lines included; nothing where that is no numbers. */
function endsAlong(
  { data, layout }: Figure,
  direction: "x" | "y",
  suffix: string,
): [number, number] | undefined {
  const id = direction + suffix;
  const values = [
    ...(data as unknown as Record<string, unknown>[]).flatMap((trace) => {
      const { [`${direction}axis`]: axis = direction, [direction]: at } = trace;
      const { array = [], arrayminus = [] } = (trace[`error_${direction}`] ?? {}) as {
        array?: number[];
        arrayminus?: number[];
      };
      if (axis !== id || !Array.isArray(at)) return [];
      return at.flatMap((value, i) =>
        typeof value === "number"
          ? [value + (array[i] ?? 0), value - (arrayminus[i] ?? 0)]
          : [value]
      );
    }),
    ...(layout.shapes ?? []).flatMap((shape) => {
      const from = shape as Record<string, unknown>;
      return from[`${direction}ref`] === id ? [from[`${direction}0`], from[`${direction}1`]] : [];
    }),
  ].filter((value) => value !== null);
  if (values.length === 0 || values.some((value) => typeof value !== "number")) return undefined;
  const numbers = values as number[];
  return [
    numbers.reduce((a, b) => Math.min(a, b)),
    numbers.reduce((a, b) => Math.max(a, b)),
  ];
}

/**
 * The figures with the same ends on each axis of numbers, wide enough for all of them. An axis along which
 * they draw equally far is left to Plotly; ends that a figure gives itself stay, and so do logarithmic axes
 * and those of names.
 *
 * @param figures Drawn by one chart, with the same axes.
 */
export function steadyAxes(figures: readonly Figure[]): Figure[] {
  const layout = figures[0]!.layout as unknown as Record<string, Partial<LayoutAxis>>;
  const ranges: Record<string, [number, number]> = {};
  for (const [key, axis] of Object.entries(layout)) {
    const [, direction, suffix] = /^([xy])axis(\d*)$/.exec(key) ?? [];
    if (!direction || axis.range || axis.type === "log" || axis.type === "category") continue;
    const ends = figures.map((figure) => endsAlong(figure, direction as "x" | "y", suffix!));
    const known = ends.filter((one) => one !== undefined);
    if (known.length === 0 || known.every((one) => String(one) === String(ends[0]))) continue;
    const low = Math.min(...known.map(([from]) => from)),
      high = Math.max(...known.map(([, to]) => to));
    const beyond = BEYOND * (high - low || 1), toZero = axis.rangemode === "tozero";
    ranges[key] = [
      toZero && low >= 0 ? 0 : low - beyond,
      toZero && high <= 0 ? 0 : high + beyond,
    ];
  }
  return figures.map((figure) => {
    const own = figure.layout as unknown as Record<string, object>;
    const steady = Object.entries(ranges).map(([key, range]) => [key, { ...own[key], range }]);
    return { ...figure, layout: { ...figure.layout, ...Object.fromEntries(steady) } };
  });
}
