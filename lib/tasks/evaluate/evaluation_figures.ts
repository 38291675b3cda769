/** The figures of an evaluation's page: ROC curves, how scores lie, and AUC by method. */
import type { FrameColumns } from "lib/evaluation/frame_columns.ts";
import type { MetricRow } from "lib/evaluation/metric_table.ts";
import { probability } from "lib/evaluation/probability.ts";
import { rocCurve } from "lib/evaluation/roc.ts";
import { reliability } from "lib/evaluation/calibration/reliability.ts";
import { bars } from "lib/figures/bars.ts";
import { curves } from "lib/figures/curves.ts";
import type { Figure } from "lib/figures/figure.ts";
import { forest } from "lib/figures/forest.ts";
import { rocCurves, type RocRow } from "lib/figures/roc_curves.ts";

/** Curves that one figure holds legibly; of more methods only all together are drawn. */
const MOST_CURVES = 6;

/** Points that a curve is drawn with at most: more are finer than a pixel. */
const MOST_POINTS = 1500;

/** Bins of the scores' distribution. */
const BINS = 10;

/** A figure with what it shows, for the page. */
export interface NamedFigure {
  /** The file's name, without its ending. */
  readonly name: string;
  /** A sentence under it. */
  readonly caption: string;
  /** The figure. */
  readonly figure: Figure;
}

/** Points spread over a curve, with both of its ends. */
function thinned<T>(points: readonly T[]): readonly T[] {
  if (points.length <= MOST_POINTS) return points;
  const step = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round(i * step)]);
}

function rocRows(frames: FrameColumns, methods: readonly string[]): RocRow[] {
  const shown = methods.length > 1 && methods.length < MOST_CURVES ? methods : [];
  return ["all", ...shown].flatMap((method) => {
    const isIn = frames.methods.map((own) => method === "all" || [method, "real"].includes(own));
    const isOwn = (_: number, row: number) => isIn[frames.madeBy[row]];
    const curve = rocCurve(frames.logOdds.filter(isOwn), frames.labels.filter(isOwn));
    return thinned(curve).map(({ falsePositiveRate, truePositiveRate }) => ({
      series: method,
      falsePositiveRate,
      truePositiveRate,
    }));
  });
}

/** Shares of reals and of fakes by tenths of the score. */
function binRows({ logOdds, labels }: FrameColumns) {
  return (["real", "fake"] as const).flatMap((series, label) => {
    const own = logOdds.filter((_, row) => labels[row] === label), counts = new Uint32Array(BINS);
    for (const score of own) counts[Math.min(BINS - 1, Math.floor(BINS * probability(score)))]++;
    return Array.from(counts, (count, i) => ({
      group: `${(i / BINS).toFixed(1)}–${((i + 1) / BINS).toFixed(1)}`,
      series,
      value: own.length === 0 ? null : count / own.length,
    }));
  });
}

/** The reliability diagram: the share of fakes over the score, and where it would be if scores were right. */
function calibrationFigure({ logOdds, labels }: FrameColumns): Figure {
  const panel = "share that is fake";
  const own = reliability(logOdds, labels, { bins: BINS });
  return curves([
    ...[0, 1].map((x) => ({ panel, series: "calibrated", x, value: x })),
    ...own.map(({ said, share }) => ({ panel, series: "these scores", x: said, value: share })),
  ], { xTitle: "mean score of the bin", range: [0, 1] });
}

/**
 * The figures of one data set; one that needs both classes is left out where there is only one.
 *
 * @param frames The scores.
 * @param table Its metrics.
 */
export function evaluationFigures(
  frames: FrameColumns,
  table: readonly MetricRow[],
): NamedFigure[] {
  const methods = frames.methods.filter((name) => name !== "real");
  const isMeasured = methods.length > 0 && frames.labels.includes(0);
  const figures: NamedFigure[] = [{
    name: "scores",
    caption:
      "Share of reals, and of fakes, by their score. What both have in one bin nothing tells apart.",
    figure: bars(binRows(frames), { valueTitle: "share of its class" }),
  }];
  if (!isMeasured) return figures;
  figures.push({
    name: "calibration",
    caption:
      "Whether scores are probabilities, by frame: of those near 0.8, are eight in ten fake? On the " +
      "straight line they are. It moves with the share of fakes in the data.",
    figure: calibrationFigure(frames),
  });
  figures.unshift({
    name: "roc",
    caption:
      "Receiver operating characteristic, by frame: fakes called fake over reals called fake, at " +
      "every threshold.",
    figure: rocCurves(rocRows(frames, methods), {}),
  });
  const lines = table.filter(({ metric, value }) => metric === "AUC" && value !== null)
    .map(({ method, level, value, low, high }) => ({
      label: method,
      series: `by ${level}`,
      value: value!,
      low,
      high,
    }));
  const isEach = frames.names.length === frames.labels.length; // a frame is a video
  const seen = isEach ? lines.filter(({ series }) => series === "by video") : lines;
  const drawn = methods.length > 40 ? seen.filter(({ label }) => label === "all") : seen;
  figures.push({
    name: "auc",
    caption:
      "AUC of each method's fakes against all reals. Intervals say what other videos of the same " +
      "kind would change, not another data set.",
    figure: forest(drawn, { valueTitle: "AUC (95 % interval over videos)", level: 0.5 }),
  });
  return figures;
}
