/**
 * The one look of every figure: sizes, font, paper, axes. White paper is set explicitly, so that
 * figures are legible in a dark JupyterLab too. Series are left to series_style.ts,
 * what is drawn to each chart.
 */
import type { Annotation, LayoutAxis } from "plotly.js-dist";
import type { Plot } from "./figure.ts";

/** Widths of figures in CSS pixels (96 an inch): a column of 85 mm, and a page of 175 mm. */
export const WIDTHS: Readonly<Record<Size, number>> = Object.freeze({ column: 321, page: 661 });

/** Width of a figure: of a column or of a page. */
export type Size = "column" | "page";

/** Font sizes in CSS pixels for each width: 7.5 and 8.25 points; `small` is 6.75 points in both. */
export const FONT_SIZES: Readonly<Record<Size | "small", number>> = Object.freeze({
  column: 10,
  page: 11,
  small: 9,
});

/** Typefaces in order of preference. The packaged Chrome brings the first. */
const FONT: string = "Open Sans, Arial, Helvetica, sans-serif";

/** Text, and the lines of axes. */
export const INK: string = "#222222";

/** Lines that stand back: grids, chance levels. */
export const FAINT: string = "#bdbdbd";

/**
 * Text broken at spaces so that its lines fit, and a word that is wider than a line at its hyphens. Widths
 * are estimated (letters are 0.52 em wide on average), as a figure is drawn without a browser.
 *
 * @param text Words; a `<br>` stays.
 * @param room Width to fit into, and font size, both in CSS pixels.
 */
export function wrapText(text: string, room: { width: number; fontSize: number }): string {
  const letters = Math.max(1, Math.floor(room.width / (0.52 * room.fontSize)));
  const fits = (line: string) => line.replace(/<[^>]*>/g, "").length <= letters;
  return text.split("<br>").map((line) => {
    const lines: string[] = [];
    for (const word of line.split(" ")) {
      const last = lines.at(-1), longer = `${last} ${word}`;
      if (last !== undefined && fits(longer)) lines[lines.length - 1] = longer;
      else lines.push(...fits(word) ? [word] : word.split(/(?<=-)(?=\p{L})/u));
    }
    return lines.join("<br>");
  }).join("<br>");
}

/** What every chart may be told about its outside. */
export interface LookOptions {
  /** Title above the figure; `<b>`, `<i>`, `<sub>`, `<sup>` and `<br>` are understood. Default: none. */
  readonly title?: string;
  /** Width of the figure. Default: `"page"`. */
  readonly size?: Size;
  /** Height in CSS pixels. Default: what the chart needs. */
  readonly height?: number;
}

/** What stands above the plot, for which room is kept. */
export interface Above {
  /** Names in the legend, in order. Default: no legend. */
  readonly legend?: readonly string[];
  /** Whether panels have a heading. Default: false. */
  readonly headings?: boolean;
}

/**
 * Layout that all charts share: size, font, paper; above the plot title, legend and headings, one
 * under the other; margins that `axis` fits into.
 */
export function baseLayout(options: LookOptions = {}, above: Above = {}): Plot["layout"] {
  const { title, size = "page" } = options;
  const fontSize = FONT_SIZES[size];
  const lineHeight = 1.3 * (fontSize + 1);
  const heading = title && wrapText(title, { width: WIDTHS[size] - 20, fontSize: fontSize + 1 });
  const titleLines = heading ? heading.split("<br>").length : 0;
  const titleBottom = 10 + (titleLines > 0 ? titleLines * lineHeight + 4 : 0);
  const [left, right, bottom] = [fontSize * 4.4, 14, fontSize * 3.8];
  const names = above.legend ?? [];
  // The room that Plotly gives an entry: that of the longest name, its line and a gap.
  const entry = Math.max(0, ...names.map((name) => name.length)) * 0.52 * fontSize + 44;
  const across = Math.max(1, Math.floor((WIDTHS[size] - left - right) / (entry + 8)));
  const legendHeight = Math.ceil(names.length / across) * (fontSize * 1.3 + 6);
  const top = Math.ceil(titleBottom + legendHeight + (above.headings ? fontSize * 1.3 + 4 : 0));
  const height = options.height ?? Math.round(top + bottom + WIDTHS[size] * 0.46);
  return {
    width: WIDTHS[size],
    height,
    autosize: false,
    font: { family: FONT, size: fontSize, color: INK },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    margin: { l: left, r: right, t: top, b: bottom },
    ...(heading
      ? {
        title: {
          text: heading,
          font: { size: fontSize + 1 },
          x: 0,
          xanchor: "left",
          y: 1,
          yanchor: "top",
          yref: "container",
          // Plotly sets the middle of several lines where the only line would be.
          pad: { l: 8, t: 8 + (titleLines - 1) * lineHeight / 2 },
        },
      }
      : {}),
    showlegend: names.length > 0,
    legend: {
      orientation: "h",
      bgcolor: "rgba(255,255,255,0)", // else it hides the highest tick's label
      x: 8 / WIDTHS[size],
      xref: "container",
      xanchor: "left",
      y: 1 - titleBottom / height,
      yref: "container",
      yanchor: "top",
      tracegroupgap: 0,
      entrywidth: entry - 40,
    },
    hoverlabel: { font: { family: FONT } },
  };
}

/** An axis with its title (say the unit in it), ticks outside and a faint grid; `more` adds or overrides. */
export function axis(title: string, more: Partial<LayoutAxis> = {}): Partial<LayoutAxis> {
  return {
    title: { text: title, standoff: 6 },
    automargin: "width",
    showline: true,
    linecolor: INK,
    ticks: "outside",
    ticklen: 3,
    gridcolor: "#ececec",
    zeroline: false,
    ...more,
  };
}

/**
 * The shares, 0 to 1, that `count` panels get of `room` when `gap` lies between neighbours; both in
 * CSS pixels.
 */
export function panelDomains(
  count: number,
  { room, gap }: { room: number; gap: number },
): [number, number][] {
  const width = (room - gap * (count - 1)) / count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * (width + gap);
    return [from / room, Math.min(1, (from + width) / room)];
  });
}

/** A panel's heading, above its plot; `axisNumber` counts from 1. */
export function panelHeading(
  text: string,
  axisNumber: number,
): Partial<Annotation> {
  const suffix = axisNumber === 1 ? "" : String(axisNumber);
  return {
    text,
    showarrow: false,
    xref: `x${suffix} domain`,
    yref: `y${suffix} domain`,
    x: 0,
    xanchor: "left",
    y: 1,
    yanchor: "bottom",
  } as Partial<Annotation>;
}
