/**
 * What all metrics have in common: scores with labels, checked once, and a way to put a metric that
 * may be undefined into a table. The metrics themselves each have a file of their own.
 */

/** How many there are of each class. */
export interface ClassCounts {
  /** Samples with label 0. */
  readonly real: number;
  /** Samples with label 1. */
  readonly fake: number;
}

/**
 * Checks what every metric is given.
 *
 * @param scores One number a sample, larger for fake.
 * @param labels 0 real, 1 fake, in the same order.
 * @returns How many samples each class has.
 * @throws TypeError when the lengths differ or a label is neither 0 nor 1: a mistake of the caller.
 * @throws RangeError when there is no sample, or a score is NaN or infinite: no metric is defined.
 */
export function checkScored(scores: ArrayLike<number>, labels: ArrayLike<number>): ClassCounts {
  if (scores.length !== labels.length) {
    throw new TypeError(`There are ${scores.length} scores but ${labels.length} labels.`);
  }
  if (scores.length === 0) throw new RangeError("There are no samples.");
  let fake = 0;
  for (let i = 0; i < scores.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) {
      throw new TypeError(`Label ${i} is ${labels[i]}; labels are 0 (real) or 1 (fake).`);
    }
    if (!Number.isFinite(scores[i])) throw new RangeError(`Score ${i} is ${scores[i]}.`);
    fake += labels[i];
  }
  return { real: scores.length - fake, fake };
}

/** As `checkScored`, for metrics that compare the classes: both must be there. */
export function checkBothClasses(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): ClassCounts {
  const counts = checkScored(scores, labels);
  if (counts.real === 0) throw new RangeError("There is no real sample, only fakes.");
  if (counts.fake === 0) throw new RangeError("There is no fake sample, only reals.");
  return counts;
}

/** Scores from which on they are sorted by their digits, which takes the same time for each of them. */
const MANY = 4096;

/**
 * Positions of the scores, from the highest score to the lowest; ties in the order they came.
 *
 * @param scores Numbers without NaN.
 */
export function byFallingScore(scores: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(scores.length);
  let sorted = true; // a bootstrap asks a thousand times, with scores in order
  for (let i = 0; i < order.length; i++) {
    order[i] = i;
    if (i > 0 && scores[i] > scores[i - 1]) sorted = false;
  }
  if (sorted) return order;
  if (order.length >= MANY) return byFallingDigits(scores, order);
  return order.sort((a, b) => scores[b] - scores[a] || a - b);
}

/** The same by the 16-bit digits of the numbers' bits, the last first; each pass keeps the order of equals. */
function byFallingDigits(scores: ArrayLike<number>, order: Uint32Array): Uint32Array {
  const { length } = order;
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = 0 - scores[i]; // rising then; and 0 for −0
  const words = new Uint16Array(values.buffer), last = LITTLE_ENDIAN ? 3 : 0;
  for (let i = 0; i < length; i++) {
    // Bits rise with the number once the sign is turned, and of numbers below 0 all others too.
    const isNegative = words[4 * i + last] >= 0x8000;
    if (isNegative) { for (let w = 0; w < 4; w++) words[4 * i + w] ^= 0xffff; }
    else words[4 * i + last] ^= 0x8000;
  }
  let from = order, to: Uint32Array = new Uint32Array(length);
  for (let digit = 0; digit < 4; digit++) {
    const word = LITTLE_ENDIAN ? digit : 3 - digit, counts = new Uint32Array(0x10001);
    for (let i = 0; i < length; i++) counts[words[4 * i + word] + 1]++;
    if (counts.some((count) => count === length)) continue; // one digit for all, as in float32's last
    for (let value = 0; value < 0x10000; value++) counts[value + 1] += counts[value];
    for (let i = 0; i < length; i++) to[counts[words[4 * from[i] + word]]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A metric in a table: its value, or why it has none. */
export interface Measured<Value> {
  /** The metric; `null` where it is undefined. */
  readonly value: Value | null;
  /** Why it is undefined; `null` where it is defined. */
  readonly reason: string | null;
}

/**
 * A metric for a table. The metrics throw a `RangeError` where they are undefined; this turns it into
 * the reason, in the place of a number. Mistakes of the caller (a `TypeError`) still throw.
 *
 * @example
 * ```ts
 * import { rocAuc } from "lib/evaluation/roc.ts";
 * import { measure } from "lib/evaluation/scored.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(measure(() => rocAuc([0.2, 0.9], [0, 1])), { value: 1, reason: null });
 * assert.deepEqual(measure(() => rocAuc([0.2, 0.9], [1, 1])), {
 *   value: null,
 *   reason: "There is no real sample, only fakes.",
 * });
 * ```
 */
export function measure<Value>(metric: () => Value): Measured<Value> {
  try {
    return { value: metric(), reason: null };
  } catch (error) {
    if (error instanceof RangeError) return { value: null, reason: error.message };
    throw error;
  }
}
