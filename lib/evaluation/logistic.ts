/**
 * Logistic regression, fitted to its optimum: the best that a linear head could do with given
 * features. It measures information in features without trusting the heads that were trained with
 * them, and recalibrates a head's logits (Platt 1999) when the feature is the logit itself.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { sampleLoss } from "./log_loss.ts";

/** A fitted head: `bias + Σ weights · feature` is the log-odds of class 1. */
export interface LogisticHead {
  /** One a feature. */
  readonly weights: readonly number[];
  /** Log-odds where all features are 0. */
  readonly bias: number;
}

/** How a head is fitted. */
export interface LogisticOptions {
  /**
   * Weight of the penalty ½ · ridge · |w|² on the weights of standardised features, against the mean
   * loss in nats. Above 0, so that there is one optimum even for separable classes. Default 1e-3.
   */
  readonly ridge?: number;
}

/** Newton steps; the loss is convex and smooth, so a few suffice. */
const STEPS = 50;

/** Mean and spread of each feature; a spread of 0 is taken for 1. */
function scalesOf(features: readonly ArrayLike<number>[]): { mean: number[]; spread: number[] } {
  const count = features.length, width = features[0].length;
  const mean = new Array<number>(width).fill(0), spread = new Array<number>(width).fill(0);
  for (const row of features) for (let j = 0; j < width; j++) mean[j] += row[j] / count;
  for (const row of features) {
    for (let j = 0; j < width; j++) spread[j] += (row[j] - mean[j]) ** 2 / count;
  }
  return { mean, spread: spread.map((variance) => Math.sqrt(variance) || 1) };
}

/** What the Newton step works on: standardised rows, of which the last number is 1. */
interface Problem {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
  readonly classWeight: readonly number[];
  readonly ridge: number;
}

/** First and second derivatives of the penalised loss at w; the second ones row by row. */
function lossAround(w: Float64Array, { rows, labels, classWeight, ridge }: Problem) {
  const size = w.length;
  const gradient = w.map((value, j) => j < size - 1 ? ridge * value : 0);
  const curvature = new Float64Array(size * size);
  for (let j = 0; j < size - 1; j++) curvature[j * size + j] = ridge;
  rows.forEach((row, i) => {
    let odds = 0;
    for (let j = 0; j < size; j++) odds += row[j] * w[j];
    const p = 1 / (1 + Math.exp(-odds)), weight = classWeight[labels[i]];
    const slope = weight * (p - labels[i]), bend = weight * Math.max(1e-12, p * (1 - p));
    for (let j = 0; j < size; j++) {
      gradient[j] += slope * row[j];
      const scaled = bend * row[j];
      for (let k = 0; k <= j; k++) curvature[j * size + k] += scaled * row[k];
    }
  });
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < j; k++) curvature[k * size + j] = curvature[j * size + k];
  }
  return { gradient: Array.from(gradient), curvature: Array.from(curvature) };
}

/**
 * Fits a head by Newton's method. Both classes weigh the same, however many samples they have.
 *
 * @param features One row a sample, all of one length.
 * @param labels 0 or 1, one a sample.
 * @throws TypeError when there are no samples, or not one label a sample.
 * @throws RangeError when a class is missing or ridge is not above 0.
 *
 * @example A single feature that is larger in class 1
 * ```ts
 * import { fitLogistic } from "lib/evaluation/logistic.ts";
 * import assert from "node:assert/strict";
 *
 * const { weights, bias } = fitLogistic([[0], [1], [2], [3]], [0, 0, 1, 1]);
 * assert.ok(weights[0] > 0);
 * assert.ok(Math.abs(bias + 1.5 * weights[0]) < 1e-6); // undecided half way
 * ```
 */
export function fitLogistic(
  features: readonly ArrayLike<number>[],
  labels: readonly number[],
  { ridge = 1e-3 }: LogisticOptions = {},
): LogisticHead {
  const count = features.length;
  if (count === 0 || labels.length !== count) {
    throw new TypeError(
      `A head is fitted to one label a sample, not ${labels.length} to ${count}.`,
    );
  }
  if (!(ridge > 0)) throw new RangeError(`The ridge is a number above 0, not ${ridge}.`);
  const ones = labels.filter((label) => label === 1).length;
  if (ones === 0 || ones === count) {
    throw new RangeError(`A head needs samples of both classes, but all ${count} are of one.`);
  }
  const { mean, spread } = scalesOf(features), width = mean.length, size = width + 1;
  const rows = features.map((row) =>
    Float64Array.from({ length: size }, (_, j) => j < width ? (row[j] - mean[j]) / spread[j] : 1)
  ); // the last number is the bias's
  const classWeight = [0.5 / (count - ones), 0.5 / ones];
  const w = new Float64Array(size);
  for (let step = 0; step < STEPS; step++) {
    const { gradient, curvature } = lossAround(w, { rows, labels, classWeight, ridge });
    const move = new CholeskyDecomposition(Matrix.from1DArray(size, size, curvature))
      .solve(Matrix.columnVector(gradient)).to1DArray();
    // Far from the optimum a whole Newton step can overshoot: no weight moves by more than 2.
    const longest = Math.max(...move.map(Math.abs)), share = Math.min(1, 2 / longest);
    for (let j = 0; j < size; j++) w[j] -= share * move[j];
    if (longest < 1e-9) break;
  }
  const weights = spread.map((s, j) => w[j] / s);
  return { weights, bias: weights.reduce((sum, v, j) => sum - v * mean[j], w[width]) };
}

/** The log-odds of class 1 that a head gives to features. */
export function logOdds(
  { weights, bias }: LogisticHead,
  features: ArrayLike<number>,
): number {
  return weights.reduce((sum, w, j) => sum + w * features[j], bias);
}

/**
 * Mean cross-entropy of log-odds in nats, both classes weighing the same; log 2 for odds of 0.
 *
 * @throws RangeError when a class is missing.
 */
export function balancedLogLoss(odds: readonly number[], labels: readonly number[]): number {
  const sums = [0, 0], counts = [0, 0];
  odds.forEach((value, i) => {
    sums[labels[i]] += sampleLoss(value, labels[i]);
    counts[labels[i]]++;
  });
  if (counts.includes(0)) throw new RangeError("The loss needs samples of both classes.");
  return (sums[0] / counts[0] + sums[1] / counts[1]) / 2;
}
