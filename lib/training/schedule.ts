/** The learning rate over a run: a pure function of the step, so that a resumed run needs no state. */
import type { Configuration } from "lib/config.ts";

/** Steps over which the learning rate rises to its full value, as a share of the run. [ours] */
const WARM_UP = 0.05;

/**
 * The learning rate of one step: a short linear rise, so that Adam's first steps, which all have
 * full size, do not throw a fresh network about; then half a cosine down to zero (Loshchilov and
 * Hutter 2016, one period), the paper's "cosine annealing" read over the run's own length.
 *
 * @param step From 0 to `configuration.steps - 1`.
 * @throws RangeError for a step outside the run.
 *
 * @example The rise, the top and the end
 * ```ts
 * import { learningRateAt } from "lib/training/schedule.ts";
 * import { PAPER, vary } from "lib/config.ts";
 * import assert from "node:assert/strict";
 *
 * const run = vary(PAPER, { steps: 100, learningRate: 1e-3 });
 * assert.ok(learningRateAt(0, run) > 0);
 * assert.equal(learningRateAt(5, run), 1e-3);
 * assert.ok(learningRateAt(99, run) < 1e-5);
 * ```
 */
export function learningRateAt(
  step: number,
  { steps, learningRate }: Pick<Configuration, "steps" | "learningRate">,
): number {
  if (!Number.isInteger(step) || step < 0 || step >= steps) {
    throw new RangeError(`Step ${step} is not one of the run's steps 0 to ${steps - 1}.`);
  }
  const warmUp = Math.floor(WARM_UP * steps);
  if (step < warmUp) return learningRate * (step + 1) / (warmUp + 1);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * (step - warmUp) / (steps - warmUp)));
}
