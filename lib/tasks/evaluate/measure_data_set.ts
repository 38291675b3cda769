/**
 * One data set's predictions as results: metrics with intervals, coverage and equal scores, said and kept
 * as CSV and as JSON. For a detector's own predictions and for anyone's scores alike.
 */
import type { Sample } from "lib/data/samples.ts";
import {
  operatingMetrics,
  type OperatingMetricsOptions,
} from "lib/evaluation/calibration/operating_metrics.ts";
import { coverage, type CoverageRow, type Unscored } from "lib/evaluation/coverage.ts";
import { type EqualScores, equalScores } from "lib/evaluation/equal_scores.ts";
import { type FrameColumns, frameColumns, type Prediction } from "lib/evaluation/frame_columns.ts";
import { type MetricRow, metricTableInSteps } from "lib/evaluation/metric_table.ts";
import type { Random } from "lib/random.ts";
import type { Rows } from "lib/evaluation/scored_samples.ts";
import { videoRuleMetrics } from "lib/evaluation/view_metrics.ts";
import { type EvaluationRow, saveEvaluation } from "lib/training/evaluation_files.ts";
import { type EvaluationRecord, saveEvaluationRecord } from "lib/training/evaluation_record.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { watchSteps } from "../watch_steps.ts";
import { coverageLines, decisionsLine, equalLines, metricLine } from "./evaluation_lines.ts";

/** What is measured. */
export interface DataSetScores {
  /** The folder for the results. */
  readonly folder: string;
  /** What gave the scores. */
  readonly detector: EvaluationRecord["detector"];
  /** The protocol's hash. */
  readonly protocol: string;
  /** What was tested on. */
  readonly data: EvaluationRecord["data"];
  /** What differs from the paper's training; empty for nothing. */
  readonly differences: string;
  /** What is expected. */
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
  /** The scores. */
  readonly predictions: Rows<Prediction & { readonly path: string }>;
  /** Samples that were asked for and have none. */
  readonly unscored: Iterable<Unscored>;
  /** Draws the videos. */
  readonly random: Random;
  /** As many times. */
  readonly resamples: number;
  /** What validation says of the detector, and the rule of the threshold that counts. Default: nothing. */
  readonly operating?: Pick<OperatingMetricsOptions, "record" | "rule">;
}

/** What was found. */
export interface MeasuredDataSet {
  /** Metrics. */
  readonly table: readonly MetricRow[];
  /** Coverage. */
  readonly covered: readonly CoverageRow[];
  /** Equal scores, the most frequent first. */
  readonly equal: readonly EqualScores[];
  /** The scores. */
  readonly frames: FrameColumns;
  /** The files that it is kept in. */
  readonly files: readonly string[];
}

/** Equal scores that a record holds. */
const KEPT = 10;

/** Coverage as rows of an evaluation's file: a count a row. */
function coverageRows(rows: readonly CoverageRow[]): MetricRow[] {
  return rows.flatMap(({ method, level, expected, scored, missing, failed }) =>
    Object.entries({ expected, scored, missing, failed }).map(([metric, value]) => ({
      method,
      level,
      metric,
      value,
      low: null,
      high: null,
      reason: null,
      samples: expected,
    }))
  );
}

/**
 * Measures a data set, keeps the results, and says them.
 *
 * @throws Error naming a file that cannot be written; the signal's reason when it aborts.
 */
export async function measureDataSet(
  scores: DataSetScores,
  { signal, say }: TaskSurroundings,
): Promise<MeasuredDataSet> {
  const { folder, detector, protocol, data, differences, predictions, unscored } = scores;
  const { random, resamples, samples } = scores;
  const steps = metricTableInSteps(predictions, { random, resamples });
  const table = [
    ...await watchSteps(steps, { name: "intervals", total: resamples, signal }),
    ...videoRuleMetrics(predictions, { random, resamples }),
    ...operatingMetrics(predictions, { ...scores.operating, random, resamples }),
  ];
  const covered = await coverage(samples, { scored: predictions, unscored });
  const equal = equalScores(predictions), frames = frameColumns(predictions);
  const rows = [...table, ...coverageRows(covered)].map((row): EvaluationRow => ({
    run: detector.name,
    seed: detector.seed ?? 0,
    dataset: data.dataset,
    split: data.split,
    protocol,
    data: data.sha256,
    distortion: data.distortion,
    differences,
    ...row,
  }));
  const files = [
    await saveEvaluation(folder, rows),
    await saveEvaluationRecord(folder, {
      detector,
      protocol,
      data,
      differences,
      intervals: {
        level: 0.95,
        resamples,
        method:
          "percentiles of resamples of whole videos, drawn with replacement within each class",
      },
      coverage: covered.map(({ split: _, ...row }) => row),
      metrics: table,
      equalScores: equal.slice(0, KEPT),
    }),
  ];
  const expected = covered.find(({ method, level }) => method === "all" && level === "frame");
  say(
    `\n${data.dataset}, ${data.split}: ${predictions.length} of ${expected?.expected ?? 0} frames`,
  );
  const lines = [...table.map(metricLine), decisionsLine(frames), ...coverageLines(covered)];
  for (const line of [...lines, ...equalLines(equal, predictions.length)]) say(line);
  return { table, covered, equal, frames, files };
}
