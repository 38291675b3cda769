/** Decisions at a threshold: accuracy, and the four counts behind it. */
import { checkBothClasses, checkScored } from "./scored.ts";

/** Where the line between real and fake is drawn. */
export interface ThresholdOptions {
  /** Scores of this or more are called fake. Default: 0, for log-odds; a probability's is 0.5. */
  readonly threshold?: number;
}

/** Samples by what they are and what they were called. Fake is "positive". */
export interface ConfusionMatrix {
  /** Fakes called fake. */
  readonly truePositives: number;
  /** Reals called fake. */
  readonly falsePositives: number;
  /** Reals called real. */
  readonly trueNegatives: number;
  /** Fakes called real. */
  readonly falseNegatives: number;
}

/**
 * Counts the decisions. A score equal to the threshold is called fake; the official code, which takes
 * the larger of two logits, calls a tie real.
 *
 * @param scores One finite number a sample, larger for fake: log-odds, unless a threshold is given.
 * @param labels 0 real, 1 fake.
 * @throws RangeError without samples, or with NaN or infinity among the scores.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "lib/evaluation/accuracy.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(confusionMatrix([-1.2, 0, -0.4], [0, 0, 1]), {
 *   truePositives: 0,
 *   falsePositives: 1,
 *   trueNegatives: 1,
 *   falseNegatives: 1,
 * });
 * ```
 */
export function confusionMatrix(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { threshold = 0 }: ThresholdOptions = {},
): ConfusionMatrix {
  const { real, fake } = checkScored(scores, labels);
  let [truePositives, falsePositives] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < threshold) continue;
    if (labels[i] === 1) truePositives++;
    else falsePositives++;
  }
  return {
    truePositives,
    falsePositives,
    trueNegatives: real - falsePositives,
    falseNegatives: fake - truePositives,
  };
}

/**
 * Share of samples called what they are, 0 to 1. With unequal classes, calling everything the larger
 * class already reaches its share: look at `confusionMatrix` too.
 *
 * @param scores One finite number a sample, larger for fake: log-odds, unless a threshold is given.
 * @param labels 0 real, 1 fake.
 * @throws RangeError, with the reason, where it is undefined: no samples, NaN.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 */
export function accuracy(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: ThresholdOptions = {},
): number {
  const { truePositives, trueNegatives } = confusionMatrix(scores, labels, options);
  return (truePositives + trueNegatives) / scores.length;
}

/**
 * Mean of the share of reals called real and the share of fakes called fake, 0 to 1; ½ is what calling
 * everything alike gets, whatever the classes' sizes.
 *
 * @param scores One finite number a sample, larger for fake: log-odds, unless a threshold is given.
 * @param labels 0 real, 1 fake.
 * @throws RangeError, with the reason, where it is undefined: no samples, one class, NaN.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { balancedAccuracy } from "lib/evaluation/accuracy.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(balancedAccuracy([-1, 1, 1, 1, 1], [0, 0, 1, 1, 1]), 0.75);
 * ```
 */
export function balancedAccuracy(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: ThresholdOptions = {},
): number {
  const { real, fake } = checkBothClasses(scores, labels);
  const { truePositives, trueNegatives } = confusionMatrix(scores, labels, options);
  return (truePositives / fake + trueNegatives / real) / 2;
}
