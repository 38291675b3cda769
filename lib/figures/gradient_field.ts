/** A function of two numbers as a picture: its value as colour, where descent goes as arrows. */
import type { Annotation, Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  axis,
  baseLayout,
  FONT_SIZES,
  INK,
  type LookOptions,
  panelDomains,
  panelHeading,
  WIDTHS,
  wrapText,
} from "./chart_style.ts";

/** One place of the field. The places of a panel form a grid. */
export interface GradientRow {
  /** Heading of the panel, such as `"paper"`. */
  readonly panel: string;
  /** Position across. */
  readonly x: number;
  /** Position up. */
  readonly y: number;
  /** The function's value. */
  readonly value: number;
  /** Its derivative by x. */
  readonly dx: number;
  /** Its derivative by y. */
  readonly dy: number;
}

/** How a field is drawn. */
export interface GradientFieldOptions extends LookOptions {
  /** Title of the horizontal axes, with the unit. */
  readonly xTitle: string;
  /** Title of the vertical axis, with the unit. */
  readonly yTitle: string;
  /** Title of the colour bar, with the unit. */
  readonly valueTitle: string;
  /** An arrow at one place in so many, in both directions, 1 or more. Default 2. */
  readonly every?: number;
  /** Ends of the colour scale. Default: smallest and largest value of all panels. */
  readonly range?: readonly [number, number];
}

const ROOM_AT_RIGHT = 62; // for the colour bar
const SHORTEST_ARROW = 4; // pixels; shorter ones would be all head

/** From dark to light, so that arrows of ink are seen on most of it. */
const COLOR_SCALE: [number, string][] = [[0, "#2f6da8"], [0.5, "#a9cbe6"], [1, "#fdf6e3"]];

/**
 * Panels side by side, on one colour scale. An arrow points along minus the gradient, the way that
 * descent goes; its length is the gradient's, as a share of the largest of all panels, and where it would
 * be under four pixels long there is a dot.
 *
 * @throws RangeError when `every` is not a whole number from 1.
 *
 * @example
 * ```ts
 * import { gradientField } from "lib/figures/gradient_field.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [-1, 0, 1].flatMap((x) =>
 *   [-1, 0, 1].map((y) => ({ panel: "bowl", x, y, value: x * x + y * y, dx: 2 * x, dy: 2 * y }))
 * );
 * const figure = gradientField(rows, { xTitle: "x", yTitle: "y", valueTitle: "height", every: 1 });
 * assert.equal(figure.layout.annotations?.filter((a) => a.showarrow).length, 8); // none in the middle
 * ```
 */
export const gradientField: Chart<GradientRow, GradientFieldOptions> = defineChart(
  "gradientField",
  (rows: readonly GradientRow[], options: GradientFieldOptions) => {
    const { size = "page", xTitle, yTitle, valueTitle, every = 2 } = options;
    if (!Number.isInteger(every) || every < 1) {
      throw new RangeError(`Arrows stand at every whole number of places from 1, not ${every}.`);
    }
    const panels = [...new Set(rows.map((row) => row.panel))];
    const { t = 0, b = 0, l = 0 } = baseLayout(options, { headings: true }).margin ?? {};
    const fontSize = FONT_SIZES[size], gap = fontSize * 2.6;
    const room = WIDTHS[size] - l - ROOM_AT_RIGHT;
    const side = (room - gap * (panels.length - 1)) / Math.max(1, panels.length);
    const headings = panels.map((panel) => wrapText(panel, { width: side, fontSize }));
    const lines = Math.max(1, ...headings.map((heading) => heading.split("<br>").length));
    const top = t + (lines - 1) * fontSize * 1.3;
    const height = options.height ?? Math.round(top + side + b);
    const base = baseLayout({ ...options, height }, { headings: true });
    const domains = panelDomains(Math.max(1, panels.length), { room, gap });
    const layout: Record<string, unknown> = {
      ...base,
      margin: { ...base.margin, t: top, r: ROOM_AT_RIGHT },
    };
    const values = rows.map((row) => row.value);
    const [low, high] = options.range ?? [Math.min(...values), Math.max(...values)];
    const steepest = Math.max(...rows.map(({ dx, dy }) => Math.hypot(dx, dy)));
    const data: Data[] = [];
    const annotations: Partial<Annotation>[] = [];
    panels.forEach((panel, p) => {
      const suffix = p === 0 ? "" : String(p + 1);
      const own = rows.filter((row) => row.panel === panel);
      const [xs, ys] = [own.map((row) => row.x), own.map((row) => row.y)]
        .map((places) => [...new Set(places)].sort((a, b) => a - b));
      const at = (x: number, y: number) => own.find((row) => row.x === x && row.y === y);
      data.push({
        type: "heatmap",
        x: xs,
        y: ys,
        z: ys.map((y) => xs.map((x) => at(x, y)?.value ?? null)) as number[][],
        coloraxis: "coloraxis",
        zsmooth: "best",
        hovertemplate: "%{x}, %{y}: %{z}<extra></extra>",
        xaxis: `x${suffix}`,
        yaxis: `y${suffix}`,
      });
      const length = 0.9 * every * side / Math.max(xs.length, ys.length); // of the longest arrow
      const inGrid = (row: GradientRow) =>
        xs.indexOf(row.x) % every === 0 && ys.indexOf(row.y) % every === 0;
      for (const { x, y, dx, dy } of own.filter(inGrid)) {
        const share = steepest === 0 ? 0 : length / steepest;
        const place = { x, y, xref: `x${suffix}`, yref: `y${suffix}` } as Partial<Annotation>;
        annotations.push(
          Math.hypot(dx, dy) * share < SHORTEST_ARROW
            ? { ...place, text: "·", showarrow: false, font: { color: INK } }
            : {
              ...place,
              // An arrow's head is at its place and its tail so many pixels off, y downwards.
              ax: dx * share,
              ay: -dy * share,
              text: "",
              showarrow: true,
              arrowhead: 2,
              arrowsize: 0.7,
              arrowwidth: 1,
              arrowcolor: INK,
              standoff: 0,
            },
        );
      }
      const fixed = { showgrid: false, nticks: 5, constrain: "domain" } as const;
      layout[`xaxis${suffix}`] = axis(xTitle, {
        ...fixed,
        domain: domains[p],
        anchor: `y${suffix}` as "y",
      });
      layout[`yaxis${suffix}`] = axis(p === 0 ? yTitle : "", {
        ...fixed,
        anchor: `x${suffix}` as "x",
        ...(p > 0 ? { showticklabels: false } : {}),
      });
    });
    layout.coloraxis = {
      cmin: low,
      cmax: high,
      colorscale: COLOR_SCALE,
      colorbar: {
        title: { text: valueTitle, side: "right" },
        thickness: 8,
        x: 1.02,
        xpad: 0,
        outlinecolor: INK,
        outlinewidth: 0.5,
        nticks: 6,
      },
    };
    annotations.push(
      ...headings.map((heading, p) => ({
        ...panelHeading(`<b>${heading}</b>`, p + 1),
        align: "left" as const,
      })),
    );
    return {
      data,
      layout: { ...layout, annotations } as typeof base,
      altText: `${valueTitle} over ${xTitle} and ${yTitle} with arrows along descent: ` +
        `${panels.join(", ")}.`,
    };
  },
);
