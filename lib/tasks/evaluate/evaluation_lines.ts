/** An evaluation in lines for people: metrics, decisions, coverage, and what is suspicious. */
import { confusionMatrix } from "lib/evaluation/accuracy.ts";
import type { CoverageRow } from "lib/evaluation/coverage.ts";
import { type EqualScores, suspiciousScores } from "lib/evaluation/equal_scores.ts";
import type { FrameColumns } from "lib/evaluation/frame_columns.ts";
import type { MetricRow } from "lib/evaluation/metric_table.ts";
import { probability } from "lib/evaluation/probability.ts";
import { measure } from "lib/evaluation/scored.ts";

/** A metric's value with its interval, or why there is none. */
export function metricLine({ method, level, metric, value, low, high, reason }: MetricRow): string {
  const what = `${method.padEnd(12)} ${level.padEnd(6)} ${metric.padEnd(9)}`;
  if (value === null) return `${what} –  ${reason}`;
  const interval = low === null || high === null ? "" : `  [${low.toFixed(4)}, ${high.toFixed(4)}]`;
  return `${what} ${value.toFixed(4)}${interval}`;
}

/** The four counts of decisions in a sentence, or why there are none. */
export function decisionsLine({ logOdds, labels }: FrameColumns): string {
  const { value, reason } = measure(() => confusionMatrix(logOdds, labels));
  if (!value) return `No decisions: ${reason}`;
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = value;
  return `At the threshold 0.5, of ${trueNegatives + falsePositives} reals ${falsePositives} are ` +
    `called fake, of ${truePositives + falseNegatives} fakes ${falseNegatives} are called real.`;
}

/** The coverage as a table, a line a row. */
export function coverageLines(rows: readonly CoverageRow[]): string[] {
  const columns = ["expected", "scored", "missing", "failed"] as const;
  const line = (method: string, level: string, cells: readonly (string | number)[]) =>
    `${method.padEnd(12)} ${level.padEnd(6)} ` +
    cells.map((cell, i) => String(cell).padStart(columns[i].length + 2)).join("");
  return [
    line("coverage", "", columns),
    ...rows.map((row) => line(row.method, row.level, columns.map((column) => row[column]))),
  ];
}

/**
 * A warning where one exact score is too frequent, by label, as that decides what it does; else nothing.
 *
 * @param equal Of `equalScores`.
 * @param samples How many samples there are.
 */
export function equalLines(equal: readonly EqualScores[], samples: number): string[] {
  const [most] = suspiciousScores(equal, samples);
  if (!most) return [];
  const { logOdds, real, fake, reals, fakes } = most,
    share = (a: number, of: number) =>
      of === 0 ? "no" : `${a} of ${of} (${(100 * a / of).toFixed(1)} %)`;
  return [
    `Warning: log-odds of exactly ${logOdds} (score ${
      probability(logOdds).toPrecision(4)
    }) are those of ` +
    `${share(real, reals)} reals and ${
      share(fake, fakes)
    } fakes. More than 1 % with one value are not ` +
    "chance: look for a value that stands for no answer, such as where no face was found; for one " +
    "picture under many names, for black crops, and for a detector that says the same of everything.",
  ];
}
