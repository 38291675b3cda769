/** Whether scores are probabilities: of samples with a score near p, what share is fake. */
import { normalTail, tailBeginning } from "../comparison/tail_probabilities.ts";
import { probability } from "../probability.ts";
import { byFallingScore, checkScored } from "../scored.ts";

/** How samples are put into bins. */
export interface BinOptions {
  /** How many. Default: 15 (Guo et al. 2017). */
  readonly bins?: number;
  /**
   * `"width"`: bins of equal width from 0 to 1, a probability on a border in the upper one; `"mass"`: bins of
   * equally many samples, as nearly as can be, of which equal scores stay together. Default: `"width"`.
   */
  readonly equal?: "width" | "mass";
}

/** A bin that has samples: a row of the reliability diagram. */
export interface ReliabilityRow {
  /** The least probability of the bin; of equal mass, of its samples. */
  readonly from: number;
  /** The largest. */
  readonly to: number;
  /** Samples in it. */
  readonly samples: number;
  /** Fakes among them. */
  readonly fakes: number;
  /** Mean probability of fake that was said. */
  readonly said: number;
  /** Share that is fake. */
  readonly share: number;
  /** Lower end of the share's 95 % interval (Wilson 1927), as if samples were independent: give videos. */
  readonly low: number;
  /** Upper end of it. */
  readonly high: number;
}

/** Wilson's interval of a share, 0 to 1. */
export function wilsonInterval(
  { successes, trials, level = 0.95 }: { successes: number; trials: number; level?: number },
): { low: number; high: number } {
  const z = tailBeginning(normalTail, (1 - level) / 2), share = successes / trials;
  const centre = (share + z * z / (2 * trials)) / (1 + z * z / trials);
  const reach = z / (1 + z * z / trials) *
    Math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

/** The place where each bin begins in the order of rising score, and the number of samples at the end. */
function binStarts(
  p: (i: number) => number,
  { length, bins, equal }: { length: number } & Required<BinOptions>,
): number[] {
  const starts = [0];
  const binOf = (i: number) => Math.min(bins - 1, Math.floor(p(i) * bins));
  for (let i = 1; i < length; i++) {
    if (p(i) === p(i - 1)) continue;
    const isNext = equal === "width"
      ? binOf(i) !== binOf(i - 1)
      : Math.floor(i * bins / length) !== Math.floor(starts.at(-1)! * bins / length);
    if (isNext) starts.push(i);
  }
  return [...starts, length];
}

/**
 * The rows of a reliability diagram; bins without samples are left out.
 *
 * @param logOdds One finite number a sample, above 0 for fake.
 * @param labels 0 real, 1 fake. One class alone is allowed.
 * @throws RangeError and TypeError as all metrics; RangeError for bins that are no whole number from 1.
 *
 * @example
 * ```ts
 * import { logOddsOf } from "lib/evaluation/probability.ts";
 * import { reliability } from "lib/evaluation/calibration/reliability.ts";
 * import assert from "node:assert/strict";
 *
 * const logOdds = [0.2, 0.3, 0.9, 0.9].map(logOddsOf);
 * const rows = reliability(logOdds, [0, 1, 1, 1], { bins: 2 });
 * assert.deepEqual(rows.map(({ samples, share }) => [samples, share]), [[2, 0.5], [2, 1]]);
 * ```
 */
export function reliability(
  logOdds: ArrayLike<number>,
  labels: ArrayLike<number>,
  { bins = 15, equal = "width" }: BinOptions = {},
): ReliabilityRow[] {
  checkScored(logOdds, labels);
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`bins is ${bins}, not a whole number from 1.`);
  }
  const order = byFallingScore(logOdds).reverse(), { length } = order;
  const p = (i: number) => probability(logOdds[order[i]]);
  const starts = binStarts(p, { length, bins, equal });
  return starts.slice(0, -1).map((start, bin) => {
    const end = starts[bin + 1], samples = end - start;
    let said = 0, fakes = 0;
    for (let i = start; i < end; i++) {
      said += p(i) / samples;
      fakes += labels[order[i]];
    }
    const place = Math.min(bins - 1, Math.floor(p(start) * bins));
    const [from, to] = equal === "width"
      ? [place / bins, (place + 1) / bins]
      : [p(start), p(end - 1)];
    const interval = wilsonInterval({ successes: fakes, trials: samples });
    return { from, to, samples, fakes, said, share: fakes / samples, ...interval };
  });
}

/**
 * Expected calibration error: Σ over bins of their share of samples times |share of fakes − mean probability|,
 * 0 to 1 (Naeini et al. 2015). It grows with noise where bins have few samples; of 15 samples it says nothing.
 *
 * @param rows Of `reliability`, whose bins it follows.
 */
export function expectedCalibrationError(rows: readonly ReliabilityRow[]): number {
  const all = rows.reduce((sum, { samples }) => sum + samples, 0);
  return rows.reduce(
    (sum, { samples, share, said }) => sum + samples / all * Math.abs(share - said),
    0,
  );
}
