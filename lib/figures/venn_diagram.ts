/**
 * One information diagram of three circles, checked and drawn in pixels. Several side by side are a
 * figure: venn.ts. Where circles lie is computed in venn_layout.ts.
 */
import type { Annotation, Shape } from "plotly.js-dist";
import { FAINT, FONT_SIZES, INK, wrapText } from "./chart_style.ts";
import { COLORS } from "./series_style.ts";
import { type Circle, drawnRegions, placeCircles } from "./venn_layout.ts";

/** One region of one diagram; a diagram has seven. */
export interface VennRow {
  /** The diagram's heading; diagrams stand side by side in the order in which they first appear. */
  readonly diagram: string;
  /** Labels of the circles that the region lies inside: one, two or three of three. */
  readonly inside: readonly string[];
  /** The quantity in symbols, such as `"I(y; z1 | z2)"`. */
  readonly symbol: string;
  /** Its value in bits. Only the triple overlap's may be negative. */
  readonly value: number;
}

/** The place of a diagram in its figure, in CSS pixels; y grows upwards from the figure's lower edge. */
export interface VennPlace {
  /** Left edge. */
  readonly left: number;
  /** Width. */
  readonly width: number;
  /** Lower edge of the square for the circles; the list of values stands below it. */
  readonly bottom: number;
  /** Side of that square. */
  readonly side: number;
  /** Size of the circles' labels and of what is said in their place. */
  readonly fontSize: number;
}

/** A diagram's share of the layout. */
export interface DrawnDiagram {
  /** Circles. */
  readonly shapes: Partial<Shape>[];
  /** Labels, numbers in the regions, and the list of values. */
  readonly annotations: Partial<Annotation>[];
  /** Whether the triple overlap is negative, so that no such diagram exists. */
  readonly impossible: boolean;
}

/** Pixels from one line of a diagram's list to the next. */
export const LINE = 12;

const ROUNDING = 1e-9;
const ROOM = 9; // pixels that a number needs around its middle
const RIM = 17; // pixels around the circles for their labels

/** Three equal circles, to stand for a diagram that cannot be drawn. */
const ANY_CIRCLES: readonly Circle[] = [[-0.5, 0.3], [0.5, 0.3], [0, -0.55]]
  .map(([x, y]) => ({ x, y, radius: 0.9 }));

/** `z1` with its number lowered. */
export function lowered(text: string): string {
  return text.replace(/([A-Za-z])(\d+)/g, "$1<sub>$2</sub>");
}

/** Two decimals, with a true minus sign, and no sign for what rounds to zero. */
export function decimals(value: number): string {
  return (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");
}

/** A tenth of a pixel is fine enough, and short in a notebook's file. */
const tenth = (pixels: number) => Math.round(10 * pixels) / 10;

/** The circles' labels and the seven regions by key (1, 2 and 4 for the circles), checked. */
function readDiagram(rows: readonly VennRow[]) {
  const name = rows[0].diagram;
  const circles = rows.filter((row) => row.inside.length === 1).map((row) => row.inside[0]);
  const keyOf = (row: VennRow) =>
    row.inside.reduce((key, circle) => key + 2 ** circles.indexOf(circle), 0);
  const regions = new Map(rows.map((row) => [keyOf(row), row]));
  const complete = [1, 2, 3, 4, 5, 6, 7].every((key) => regions.has(key));
  if (circles.length !== 3 || rows.length !== 7 || !complete) {
    throw new TypeError(`The diagram "${name}" needs the seven regions of three circles.`);
  }
  for (const { inside, symbol, value } of rows) {
    if (!Number.isFinite(value) || (inside.length < 3 && value < -ROUNDING)) {
      throw new RangeError(`In "${name}", ${symbol} is ${value}: it cannot be an area.`);
    }
  }
  return { circles, regions };
}

/** From the circles' units to pixels of the place. */
function fit(circles: readonly Circle[], { left, width, bottom, side }: VennPlace) {
  const span = (low: number[], high: number[]) => [Math.min(...low), Math.max(...high)];
  const [x0, x1] = span(circles.map((c) => c.x - c.radius), circles.map((c) => c.x + c.radius));
  const [y0, y1] = span(circles.map((c) => c.y - c.radius), circles.map((c) => c.y + c.radius));
  const scale = (side - 2 * RIM) / Math.max(x1 - x0, y1 - y0);
  return {
    scale,
    toX: (x: number) => tenth(left + width / 2 + (x - (x0 + x1) / 2) * scale),
    toY: (y: number) => tenth(bottom + side / 2 + (y - (y0 + y1) / 2) * scale),
  };
}

/**
 * Draws the seven rows of one diagram.
 *
 * @throws TypeError for other than the seven regions of three circles; RangeError for a negative
 * region other than the triple overlap.
 */
export function drawDiagram(rows: readonly VennRow[], place: VennPlace): DrawnDiagram {
  const { circles: labels, regions } = readDiagram(rows);
  const total = (mask: number) =>
    // of all regions inside the circles of the mask
    [...regions].reduce((sum, [key, { value }]) => (key & mask) === mask ? sum + value : sum, 0);
  const middle = regions.get(7)!.value, impossible = middle < -ROUNDING;
  const circles = impossible
    ? ANY_CIRCLES
    : placeCircles([total(1), total(2), total(4)], [total(3), total(5), total(6)]);
  const { scale, toX, toY } = fit(circles, place);
  const annotations: Partial<Annotation>[] = [];
  const write = (x: number, y: number, text: string, more: Partial<Annotation>) =>
    annotations.push({ x: tenth(x), y: tenth(y), text, showarrow: false, ...more });

  const shapes = circles.map(({ x, y, radius: r }, i): Partial<Shape> => ({
    type: "circle",
    x0: toX(x - r),
    x1: toX(x + r),
    y0: toY(y - r),
    y1: toY(y + r),
    line: impossible
      ? { color: FAINT, width: 1.5, dash: "dot" }
      : { color: COLORS[i], width: 1.5, dash: "solid" },
    ...(impossible ? {} : { fillcolor: COLORS[i] + "2e" }),
  }));
  const center = [
    circles.reduce((s, c) => s + c.x / 3, 0),
    circles.reduce((s, c) => s + c.y / 3, 0),
  ];
  circles.forEach(({ x, y, radius: r }, i) => { // labels outside, away from the centre
    const away = Math.hypot(x - center[0], y - center[1]) || 1;
    const [u, v] = [(x - center[0]) / away, (y - center[1]) / away];
    const font = { color: impossible ? INK : COLORS[i], size: place.fontSize + 2 };
    write(toX(x + u * r) + 10 * u, toY(y + v * r) + 10 * v, lowered(labels[i]), { font });
  });

  const font = { size: FONT_SIZES.small };
  const list = [...regions.values()].map(({ symbol, value }) => {
    const line = `${lowered(symbol)} = ${decimals(value)}`;
    return value < -ROUNDING ? `<b><span style="color:${COLORS[1]}">${line}</span></b>` : line;
  });
  if (impossible) {
    const said = "no Venn diagram can be drawn: an area cannot be negative";
    const text = wrapText(said, { width: 96, fontSize: place.fontSize });
    write(toX(center[0]), toY(center[1]), text, { bgcolor: "white" });
  } else {
    const drawn = drawnRegions(circles);
    for (const [key, { label, room }] of drawn) {
      const { value } = regions.get(key)!;
      if (!label || room * scale < ROOM || value < 0.005) continue;
      write(toX(label[0]), toY(label[1]), decimals(value), { font });
    }
    const { area } = drawn.get(7)!;
    if (Math.abs(area - middle) > 0.02 * total(1)) {
      list.push(`middle: drawn area ${decimals(area)}, true ${decimals(middle)}`);
    }
  }
  list.forEach((line, i) =>
    write(place.left + place.width / 2, place.bottom - 6 - i * LINE, line, { yanchor: "top", font })
  );
  return { shapes, annotations, impossible };
}
