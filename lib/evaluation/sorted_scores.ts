/**
 * Samples sorted once by their scores, with what metrics sum over each video, for as many resamples as there
 * shall be (`resampled_metrics.ts`).
 */
import { sampleLoss } from "./log_loss.ts";
import { probability } from "./probability.ts";
import { byFallingScore } from "./scored.ts";

/** Rows between two places where the counts so far are kept. */
const STRIDE = 1024;

/** What is summed over samples: themselves, those right at 0, log loss and squared error. */
export type Sums = Readonly<Record<"count" | "right" | "loss" | "square", Float64Array>>;

/** Sums over the samples of each video of a class. */
export interface ClassSums extends Sums {
  /** The videos' places in their list, rising. */
  readonly places: Uint32Array;
}

/** Samples in order of falling log-odds. */
export interface SortedScores {
  /** Log-odds of fake. */
  readonly logOdds: Float64Array;
  /** 0 real, 1 fake. */
  readonly labels: Uint8Array;
  /** Of each sample twice the place of its video in a list of videos, plus its label. */
  readonly codes: Uint32Array;
  /** 1 where the next sample has other log-odds, or there is none: thresholds lie there. */
  readonly ends: Uint8Array;
  /** Sums over the samples of each video, of reals and of fakes. */
  readonly classes: readonly ClassSums[];
  /** Places from which a search can begin, each the first of its log-odds. */
  readonly stops: Uint32Array;
}

/**
 * Sorts samples once, for as many resamples as there shall be.
 *
 * @param rows Of any list: `length` of them, each asked for by its place.
 * @param options `placeOf`: of a row's video in the list that the weights follow.
 */
export function sortScores(
  rows: { readonly logOdds: ArrayLike<number>; readonly labels: ArrayLike<number> },
  { placeOf }: { placeOf: (row: number) => number },
): SortedScores {
  const order = byFallingScore(rows.logOdds), { length } = order;
  const logOdds = new Float64Array(length), labels = new Uint8Array(length);
  const codes = new Uint32Array(length), ends = new Uint8Array(length);
  const stops: number[] = [];
  for (let i = 0; i < length; i++) {
    const row = order[i], value = rows.logOdds[row], label = rows.labels[row];
    const code = 2 * placeOf(row) + label;
    logOdds[i] = value;
    labels[i] = label;
    codes[i] = code;
    ends[i] = i + 1 < length && rows.logOdds[order[i + 1]] === value ? 0 : 1;
    if ((i === 0 || ends[i - 1] === 1) && i >= stops.length * STRIDE) stops.push(i);
  }
  const classes = [0, 1].map((label) => classSums({ logOdds, codes }, label));
  return { logOdds, labels, codes, ends, classes, stops: Uint32Array.from(stops) };
}

/** The sums of a class, of samples in their order. */
function classSums(
  { logOdds, codes }: Pick<SortedScores, "logOdds" | "codes">,
  label: number,
): ClassSums {
  const slots = new Uint32Array(codes.reduce((most, code) => Math.max(most, code >>> 1), 0) + 1);
  for (const code of codes) if ((code & 1) === label) slots[code >>> 1] = 1;
  const places = Uint32Array.from(slots.keys().filter((place) => slots[place] === 1));
  places.forEach((place, slot) => slots[place] = slot);
  const column = () => new Float64Array(places.length);
  const sums = { count: column(), right: column(), loss: column(), square: column() };
  for (let i = 0; i < codes.length; i++) {
    if ((codes[i] & 1) !== label) continue;
    const slot = slots[codes[i] >>> 1], value = logOdds[i];
    sums.count[slot]++;
    if ((value >= 0) === (label === 1)) sums.right[slot]++;
    sums.loss[slot] += sampleLoss(value, label);
    sums.square[slot] += (probability(value) - label) ** 2;
  }
  return { ...sums, places };
}
