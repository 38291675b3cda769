/**
 * The metrics of a table on resamples, several at once in one pass: a sample counts as often as its video was
 * drawn, and nothing is copied or sorted anew. On samples that count once they are the metrics of
 * accuracy.ts, average_precision.ts, brier_score.ts, log_loss.ts, partial_auc.ts and roc.ts, where each is
 * defined; here is only their fast form.
 */
import { mcclish } from "./partial_auc.ts";
import type { ClassSums, SortedScores, Sums } from "./sorted_scores.ts";

/** The names that metrics have in tables. */
export type MetricName =
  | "AUC"
  | "accuracy"
  | "AP"
  | "EER"
  | "log loss"
  | "balanced accuracy"
  | "Brier score"
  | "partial AUC"
  | "TPR at FPR 0.1"
  | "TPR at FPR 0.01";

/** Resamples that are measured in one pass. */
export const LANES = 8;

/** The false-positive rate up to which the partial AUC goes. */
export const PARTIAL_RATE = 0.1;

/** A number of each resample of a pass. */
const lanes = () => new Float64Array(LANES);

/** Sums over a class's samples, by resample. */
function classTotals(
  { places, count, right, loss, square }: ClassSums,
  weights: Uint8Array,
): Sums {
  const totals = { count: lanes(), right: lanes(), loss: lanes(), square: lanes() };
  for (let i = 0; i < places.length; i++) {
    const at = places[i] * LANES, each = [count[i], right[i], loss[i], square[i]];
    for (let k = 0; k < LANES; k++) {
      const weight = weights[at + k];
      totals.count[k] += weight * each[0];
      totals.right[k] += weight * each[1];
      totals.loss[k] += weight * each[2];
      totals.square[k] += weight * each[3];
    }
  }
  return totals;
}

/** Down the thresholds: reals and fakes at or above each, and what AUC and AP sum over them. */
interface Descent {
  /** At each stop, by resample: reals and fakes above it, and pairs in the right order. */
  readonly above: Float64Array;
  readonly found: Float64Array;
  readonly pairs: Float64Array;
  /** At the end. */
  readonly allPairs: Float64Array;
  readonly precision: Float64Array;
}

function descend({ codes, ends, stops }: SortedScores, weights: Uint8Array): Descent {
  const above = lanes(), found = lanes(), pairs = lanes(), precision = lanes();
  const aboveBefore = lanes(), foundBefore = lanes();
  const kept = () => new Float64Array(stops.length * LANES);
  const at = { above: kept(), found: kept(), pairs: kept() };
  let stop = 0;
  for (let i = 0; i < codes.length;) {
    if (stop < stops.length && stops[stop] === i) {
      at.above.set(above, stop * LANES);
      at.found.set(found, stop * LANES);
      at.pairs.set(pairs, stop * LANES);
      stop++;
    }
    const code = codes[i], base = (code >>> 1) * LANES;
    if (ends[i] === 1) {
      if ((code & 1) === 1) {
        for (let k = 0; k < LANES; k++) {
          const weight = weights[base + k], fakes = found[k] + weight;
          found[k] = fakes;
          precision[k] += weight * fakes / (above[k] + fakes || 1);
        }
      } else {
        for (let k = 0; k < LANES; k++) {
          const weight = weights[base + k];
          pairs[k] += weight * found[k];
          above[k] += weight;
        }
      }
      i++;
      continue;
    }
    // Several samples of one score: they count together.
    aboveBefore.set(above);
    foundBefore.set(found);
    for (let last = false; !last; i++) {
      const side = (codes[i] & 1) === 1 ? found : above, from = (codes[i] >>> 1) * LANES;
      for (let k = 0; k < LANES; k++) side[k] += weights[from + k];
      last = ends[i] === 1;
    }
    for (let k = 0; k < LANES; k++) {
      pairs[k] += (above[k] - aboveBefore[k]) * (foundBefore[k] + found[k]) / 2;
      const more = found[k] - foundBefore[k];
      if (more > 0) precision[k] += more * found[k] / (above[k] + found[k]);
    }
  }
  return { ...at, allPairs: pairs, precision };
}

/** The counts at two neighbouring thresholds: before and after something has come to pass. */
interface Crossing {
  readonly before: { readonly above: number; readonly found: number; readonly pairs: number };
  readonly after: { readonly above: number; readonly found: number };
}

/** The first threshold of a resample at which the counts have come so far; the last if there is none. */
function cross(
  { codes, ends, stops }: SortedScores,
  { at, weights, lane, isThere }: {
    at: Descent;
    weights: Uint8Array;
    lane: number;
    isThere: (above: number, found: number) => boolean;
  },
): Crossing {
  let first = 0, beyond = stops.length; // of the stops before which it has not come to pass the last
  while (beyond - first > 1) {
    const middle = (first + beyond) >> 1, place = middle * LANES + lane;
    if (isThere(at.above[place], at.found[place])) beyond = middle;
    else first = middle;
  }
  const place = first * LANES + lane;
  let before = { above: at.above[place], found: at.found[place], pairs: at.pairs[place] };
  let { above, found } = before;
  for (let i = stops[first]; i < codes.length; i++) {
    const weight = weights[(codes[i] >>> 1) * LANES + lane];
    if ((codes[i] & 1) === 1) found += weight;
    else above += weight;
    if (ends[i] === 0) continue;
    if (isThere(above, found)) break;
    const pairs = before.pairs + (above - before.above) * (before.found + found) / 2;
    before = { above, found, pairs };
  }
  return { before, after: { above, found } };
}

/**
 * The metrics of samples that count `weights[LANES · video + k]` times, for each resample k of `LANES`.
 *
 * @param weights How often each video was drawn in each resample. Bytes are enough: of fewer than 256 videos
 * none is drawn more often, and of more none ever will be.
 * @returns A record a resample. NaN for what compares classes where one has no weight, and for all without
 * any.
 */
export function resampledMetrics(
  sorted: SortedScores,
  weights: Uint8Array,
): Record<MetricName, number>[] {
  const at = descend(sorted, weights);
  const totals = sorted.classes.map((of) => classTotals(of, weights));
  return Array.from({ length: LANES }, (_, lane) => {
    const [reals, fakes] = totals.map(({ count }) => count[lane]), all = reals + fakes;
    const [rightReals, rightFakes] = totals.map(({ right }) => right[lane]);
    const both = reals > 0 && fakes > 0;
    const sum = (of: keyof Sums) => totals[0][of][lane] + totals[1][of][lane];
    const upTo = (isThere: (above: number, found: number) => boolean) =>
      cross(sorted, { at, weights, lane, isThere });
    const truePositives = (rate: number) =>
      both ? upTo((above) => above / reals > rate).before.found / fakes : NaN;
    return {
      AUC: at.allPairs[lane] / (reals * fakes),
      accuracy: sum("right") / all,
      AP: both ? at.precision[lane] / fakes : NaN,
      EER: both ? errorRate(upTo((a, f) => a / reals + f / fakes - 1 >= 0), { reals, fakes }) : NaN,
      "log loss": sum("loss") / all,
      "balanced accuracy": both ? (rightReals / reals + rightFakes / fakes) / 2 : NaN,
      "Brier score": sum("square") / all,
      "partial AUC": both
        ? partOf(upTo((above) => above / reals > PARTIAL_RATE), { reals, fakes })
        : NaN,
      "TPR at FPR 0.1": truePositives(0.1),
      "TPR at FPR 0.01": truePositives(0.01),
    };
  });
}

/** Where the line between two thresholds has as many errors of one kind as of the other. */
function errorRate(
  { before, after }: Crossing,
  { reals, fakes }: { reals: number; fakes: number },
): number {
  const excess = (of: { above: number; found: number }) => of.above / reals + of.found / fakes - 1;
  const share = -excess(before) / (excess(after) - excess(before)), start = before.above / reals;
  return start + share * (after.above / reals - start);
}

/** The partial AUC whose end lies between two thresholds. */
function partOf(
  { before, after }: Crossing,
  { reals, fakes }: { reals: number; fakes: number },
): number {
  const x = before.above / reals, y = before.found / fakes;
  const rise = (after.found / fakes - y) / (after.above / reals - x);
  const width = PARTIAL_RATE - x;
  return mcclish(before.pairs / (reals * fakes) + width * (2 * y + rise * width) / 2, PARTIAL_RATE);
}
