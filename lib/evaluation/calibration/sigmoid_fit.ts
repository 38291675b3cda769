/** Temperature and Platt scaling: recalibration by one number or two, fitted on validation samples. */
import { checkBothClasses } from "../scored.ts";

/** Log-odds become slope · log-odds + intercept. */
export interface Sigmoid {
  /** Above 1 makes scores surer, below 1 less sure. */
  readonly slope: number;
  /** Moves all towards fake; 0 for a temperature. */
  readonly intercept: number;
}

/** What a sigmoid is fitted to: log-odds, and for each the probability that it should have. */
interface Targets {
  readonly logOdds: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly hasIntercept: boolean;
}

/** −Σ t ln p + (1 − t) ln(1 − p), divided by the samples. */
function lossOf({ slope, intercept }: Sigmoid, { logOdds, targets }: Targets): number {
  let sum = 0;
  for (let i = 0; i < logOdds.length; i++) {
    const z = slope * logOdds[i] + intercept;
    sum += Math.max(z, 0) - z * targets[i] + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return sum / logOdds.length;
}

/** One Newton step's direction on the mean loss; a curvature of 0 stands still. */
function newtonMove({ slope, intercept }: Sigmoid, { logOdds, targets, hasIntercept }: Targets) {
  let gs = 0, gi = 0, ss = 0, si = 0, ii = 0;
  for (let i = 0; i < logOdds.length; i++) {
    const x = logOdds[i], p = 1 / (1 + Math.exp(-(slope * x + intercept)));
    const bend = p * (1 - p), off = p - targets[i];
    gs += off * x;
    gi += off;
    ss += bend * x * x;
    si += bend * x;
    ii += bend;
  }
  if (!hasIntercept) return { slope: ss > 0 ? -gs / ss : 0, intercept: 0 };
  const determinant = ss * ii - si * si;
  if (!(determinant > 1e-12 * ss * ii)) return { slope: 0, intercept: ii > 0 ? -gi / ii : 0 };
  return { slope: (si * gi - ii * gs) / determinant, intercept: (si * gs - ss * gi) / determinant };
}

/** Newton's method with steps halved until the loss falls; the loss is convex, so there is one optimum. */
function fit(problem: Targets): Sigmoid {
  const size = Math.sqrt(
    Array.from(problem.logOdds, (x) => x * x).reduce((a, b) => a + b, 0) /
      problem.logOdds.length,
  ) || 1;
  let at: Sigmoid = { slope: 1 / size, intercept: 0 }, loss = lossOf(at, problem);
  for (let step = 0; step < 100; step++) {
    const move = newtonMove(at, problem);
    let share = 1, next = at, nextLoss = Infinity;
    for (; share > 1e-10; share /= 2) {
      next = {
        slope: at.slope + share * move.slope,
        intercept: at.intercept + share * move.intercept,
      };
      nextLoss = lossOf(next, problem);
      if (nextLoss <= loss) break;
    }
    if (!(nextLoss <= loss)) break;
    const moved = Math.abs(next.slope - at.slope) * size + Math.abs(next.intercept - at.intercept);
    [at, loss] = [next, nextLoss];
    if (moved < 1e-12) break;
  }
  return at;
}

/**
 * The temperature T above 0 with the least log loss of log-odds / T (Guo et al. 2017).
 *
 * @param logOdds One finite number a validation sample.
 * @param labels 0 real, 1 fake.
 * @returns As a sigmoid: slope 1/T.
 * @throws RangeError where the samples have none: the classes are told apart by the sign without an error, so
 * that no scores would be sure enough, or the scores are no better than turned round or constant.
 *
 * @example
 * ```ts
 * import { fitTemperature } from "lib/evaluation/calibration/sigmoid_fit.ts";
 * import assert from "node:assert/strict";
 *
 * // Right three times of four, and three to one is what log-odds of ln 3 say.
 * const { slope } = fitTemperature([2, 2, 2, 2], [1, 1, 1, 0]);
 * assert.ok(Math.abs(2 * slope - Math.log(3)) < 1e-9);
 * ```
 */
export function fitTemperature(logOdds: ArrayLike<number>, labels: ArrayLike<number>): Sigmoid {
  checkBothClasses(logOdds, labels);
  let wrong = false, against = 0, size = 0;
  for (let i = 0; i < logOdds.length; i++) {
    const right = labels[i] === 1 ? logOdds[i] : -logOdds[i];
    if (right < 0) wrong = true;
    against += right;
    size += Math.abs(right);
  }
  if (!(against > 1e-12 * size)) {
    throw new RangeError(
      "There is no temperature: these log-odds are no better than their opposite, and none would be best.",
    );
  }
  if (!wrong) {
    throw new RangeError(
      "There is no temperature: no sample is on the wrong side of 0, so the surer the better without end.",
    );
  }
  return fit({ logOdds, targets: labels, hasIntercept: false });
}

/**
 * Platt's (1999) slope and intercept: the least log loss against the targets (F + 1) / (F + 2) of fakes and
 * 1 / (R + 2) of reals, F and R their numbers, which keep separable samples from sure scores; as
 * scikit-learn's sigmoid calibration.
 *
 * @param logOdds One finite number a validation sample.
 * @param labels 0 real, 1 fake.
 * @throws RangeError for no samples or one class; TypeError as all metrics.
 *
 * @example
 * ```ts
 * import { fitPlatt } from "lib/evaluation/calibration/sigmoid_fit.ts";
 * import assert from "node:assert/strict";
 *
 * const { slope, intercept } = fitPlatt([0, 2], [0, 1]); // targets ⅓ and ⅔
 * assert.ok(Math.abs(slope - Math.log(2)) < 1e-9 && Math.abs(intercept + Math.log(2)) < 1e-9);
 * ```
 */
export function fitPlatt(logOdds: ArrayLike<number>, labels: ArrayLike<number>): Sigmoid {
  const { real, fake } = checkBothClasses(logOdds, labels);
  const targets = Float64Array.from(
    labels,
    (label) => label === 1 ? (fake + 1) / (fake + 2) : 1 / (real + 2),
  );
  return fit({ logOdds, targets, hasIntercept: true });
}
