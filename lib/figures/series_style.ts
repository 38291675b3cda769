/**
 * How the series of a figure are told apart: by colour and, for those who do not see it, by dash and
 * marker. A chart numbers its series in order of first appearance over all panels, so that within a
 * figure a name always looks the same.
 */

/**
 * Colours of series, in order: those of Okabe and Ito (2008), told apart with every common form of
 * colour blindness; their yellow is left out, as it is too light for a line on white paper.
 */
export const COLORS: readonly string[] = Object.freeze([
  "#0072B2", // blue
  "#D55E00", // vermilion
  "#009E73", // bluish green
  "#CC79A7", // reddish purple
  "#E69F00", // orange
  "#56B4E9", // sky blue
  "#000000", // black
]);

/** How a line is broken, in Plotly's words. */
export type Dash = "solid" | "dash" | "dot" | "dashdot" | "longdashdot" | "longdash";

const DASHES: readonly Dash[] = ["solid", "dash", "dot", "dashdot", "longdashdot", "longdash"];

const SYMBOLS = [
  ...(["circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down"] as const),
];

/**
 * Colour, dash and width of the line of the series with this index, from 0. Seven colours and six
 * dashes repeat together only after 42 series.
 */
export function seriesLine(index: number): { color: string; dash: Dash; width: number } {
  return {
    color: COLORS[index % COLORS.length]!,
    dash: DASHES[index % DASHES.length]!,
    width: 1.5,
  };
}

/** Colour, shape and size of the markers of the series with this index, from 0. */
export function seriesMarker(
  index: number,
): { color: string; symbol: typeof SYMBOLS[number]; size: number } {
  const symbol = SYMBOLS[index % SYMBOLS.length]!;
  return { color: COLORS[index % COLORS.length]!, symbol, size: 5 };
}
