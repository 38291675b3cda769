/** ROC curves of one detector or several. The points are computed in lib/evaluation/roc.ts. */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import { axis, baseLayout, FAINT, type LookOptions, WIDTHS } from "./chart_style.ts";
import { seriesLine } from "./series_style.ts";

/** A point of a curve; points of a curve come in the order of `rocCurve`, from (0, 0) to (1, 1). */
export interface RocRow {
  /** Name of the detector. */
  readonly series: string;
  /** Share of reals called fake, 0 to 1. */
  readonly falsePositiveRate: number;
  /** Share of fakes called fake, 0 to 1. */
  readonly truePositiveRate: number;
}

/** Area under straight lines between the points. */
function areaUnder(points: readonly RocRow[]): number {
  return points.slice(1).reduce((sum, point, i) => {
    const width = point.falsePositiveRate - points[i].falsePositiveRate;
    return sum + width * (point.truePositiveRate + points[i].truePositiveRate) / 2;
  }, 0);
}

/**
 * The curves in a square, with the area under each in the legend, and the diagonal of chance.
 *
 * @example
 * ```ts
 * import { rocCurve } from "lib/evaluation/roc.ts";
 * import { rocCurves } from "lib/figures/roc_curves.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = rocCurve([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1]).map((point) => ({ series: "ours", ...point }));
 * const names = rocCurves(rows, { size: "column" }).data.map((trace) => trace.name);
 * assert.deepEqual(names, ["chance", "ours (AUC 0.875)"]);
 * ```
 */
export const rocCurves: Chart<RocRow, LookOptions> = defineChart(
  "rocCurves",
  (rows: readonly RocRow[], options: LookOptions) => {
    const curves = [...Map.groupBy(rows, (row) => row.series)].map(([series, points]) => ({
      name: `${series} (AUC ${areaUnder(points).toFixed(3)})`,
      points,
    }));
    const above = { legend: curves.map(({ name }) => name) };
    const { t = 0, b = 0, l = 0, r = 0 } = baseLayout(options, above).margin ?? {};
    const room = WIDTHS[options.size ?? "page"] - l;
    const side = Math.min(room - r, 320);
    const base = baseLayout({ height: Math.round(side + t + b), ...options }, above);
    const layout = { ...base, margin: { ...base.margin, r: room - side } };
    const chance: Data = {
      type: "scatter",
      mode: "lines",
      name: "chance",
      showlegend: false,
      x: [0, 1],
      y: [0, 1],
      line: { color: FAINT, width: 1, dash: "dot" },
      hoverinfo: "skip",
    };
    const lines = curves.map(({ name, points }, i): Data => ({
      type: "scatter",
      mode: "lines",
      name,
      x: points.map((point) => point.falsePositiveRate),
      y: points.map((point) => point.truePositiveRate),
      line: seriesLine(i),
    }));
    const range: [number, number] = [-0.01, 1.01];
    const unit = { range, tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1] };
    return {
      data: [chance, ...lines],
      layout: {
        ...layout,
        xaxis: axis("false positive rate", { ...unit, constrain: "domain" }),
        yaxis: axis("true positive rate", { ...unit, scaleanchor: "x", constrain: "domain" }),
      },
      altText: `ROC curves: ${curves.map(({ name }) => name).join(", ")}.`,
    };
  },
);
