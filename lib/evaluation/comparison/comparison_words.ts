/** A comparison in plain words. */
import type { MetricName } from "../resampled_metrics.ts";
import type { ComparisonRow } from "./compare_methods.ts";

/** Metrics of which less is better. */
const LESS_IS_BETTER: readonly MetricName[] = ["EER", "log loss", "Brier score"];

/** A number with its sign and no zero before the point, as statistics are written: `−.003`. */
export function signed(value: number, digits = 3): string {
  const text = Math.abs(value).toFixed(digits).replace(/^0/, "");
  const isZero = !/[1-9]/.test(text);
  return `${isZero ? "" : value < 0 ? "−" : "+"}${text}`;
}

/** A p value: three digits, or that it is below .001. */
export function pWords(p: number): string {
  return p < 0.001 ? "p < .001" : `p = ${p.toFixed(3).replace(/^0/, "")}`;
}

/**
 * What came of a comparison. Methods are told apart where the interval leaves out 0 and p by Holm's method is at
 * most .05; which of the two it was that failed is said.
 *
 * @param row One comparison.
 * @param comparisons How many there are in all by this metric.
 *
 * @example
 * ```ts
 * import { comparisonSentence } from "lib/evaluation/comparison/comparison_words.ts";
 * import assert from "node:assert/strict";
 *
 * const row = {
 *   method: "all", level: "video", metric: "AUC", first: "SBI", second: "RECCE", firstValue: 0.656,
 *   secondValue: 0.659, difference: -0.003, low: -0.011, high: 0.005, p: 0.46, test: "DeLong by video",
 *   holm: 0.46, seeds: [1, 1], seedShare: 0, samples: 90, videos: 90,
 * } as const;
 * assert.equal(
 *   comparisonSentence(row, 1),
 *   "SBI and RECCE are not told apart by AUC: −.003, 95 % −.011 to +.005 (p = .460, DeLong by video).",
 * );
 * ```
 */
export function comparisonSentence(row: ComparisonRow, comparisons: number): string {
  const { first, second, metric, method, difference, low, high, p, holm, test } = row;
  const on = method === "all" ? "" : ` on ${method}`;
  const outside = low > 0 || high < 0,
    better = LESS_IS_BETTER.includes(metric) ? difference < 0 : difference > 0;
  const adjusted = comparisons > 1 ? `, ${pWords(holm)} among all ${comparisons}` : "";
  const number = `${signed(difference)}, 95 % ${signed(low)} to ${signed(high)} ` +
    `(${pWords(p)}, ${test}${adjusted})`;
  if (outside && holm <= 0.05) {
    const [one, other] = better ? [first, second] : [second, first];
    return `${one} is better than ${other} by ${metric}${on}: ${first} − ${second} is ${number}.`;
  }
  const alone = outside && p <= 0.05
    ? ` Alone it would be a difference; among ${comparisons} comparisons one like it is expected by chance.`
    : outside !== (p <= 0.05)
    ? " It is on the border: interval and test do not agree."
    : "";
  return `${first} and ${second} are not told apart by ${metric}${on}: ${number}.${alone}`;
}
