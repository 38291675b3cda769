/**
 * How long a run is, and its learning rates: pure functions of the step, so that a resumed run needs no
 * state of a scheduler.
 */
import type { Configuration } from "lib/config.ts";

/** Steps over which the rate of "warmUpCosine" rises to its full value, as a share of the run. [ours] */
const WARM_UP = 0.05;

/** Epochs after which the rate of "paper" is halved. [paper, appendix B] */
const HALVING = 5;

/** Steps in which the cosine of "official" falls from 1 to 0 (then it rises again). [code] */
const OFFICIAL_HALF_PERIOD = 150;

/** What the schedule is made of. */
export interface ScheduledRun {
  /** Length, rates and the schedule's name. */
  readonly configuration: Pick<
    Configuration,
    "epochs" | "steps" | "learningRate" | "lossWeightsRate" | "schedule"
  >;
  /** Steps of one pass over the training data, 1 or more. */
  readonly batchesPerEpoch: number;
}

/**
 * Steps of the whole run, from `epochs` or `steps`, whichever is set.
 *
 * @throws RangeError when an epoch has no whole number of batches from 1.
 *
 * @example
 * ```ts
 * import { PAPER, SMOKE } from "lib/config.ts";
 * import { runLength } from "lib/training/schedule.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(runLength({ configuration: PAPER, batchesPerEpoch: 100 }), 20 * 100);
 * assert.equal(runLength({ configuration: SMOKE, batchesPerEpoch: 100 }), 4);
 * ```
 */
export function runLength({ configuration, batchesPerEpoch }: ScheduledRun): number {
  if (!Number.isSafeInteger(batchesPerEpoch) || batchesPerEpoch < 1) {
    throw new RangeError(`An epoch has a whole number of batches from 1, not ${batchesPerEpoch}.`);
  }
  const { epochs, steps } = configuration;
  return epochs > 0 ? epochs * batchesPerEpoch : steps;
}

/** What Adam is told in one step. */
export interface StepRates {
  /** Learning rate of the detector's parameters. */
  readonly learningRate: number;
  /** Learning rate of the automatic weights. */
  readonly lossWeightsRate: number;
  /** Adam's own count of steps, from 1; where it is 1, its running means begin at 0. */
  readonly adamStep: number;
}

/**
 * The rates of step s. Both are their full value times a factor f(s), as in PyTorch, where a scheduler
 * scales every group; E is the number of steps in an epoch, S that of the run.
 *
 * - `"paper"`: "decays by 50% every five epochs", with "cosine annealing" after Loshchilov and Hutter
 *   (2016). We read both sentences together as that paper's warm restarts, with periods of P = 5 E
 *   steps: f = ½^⌊s / P⌋ · ½ (1 + cos(π (s mod P) / P)).
 * - `"official"`: the code builds optimiser and schedule anew in every epoch and moves the cosine at
 *   every step: with k = s mod E, f = ½ (1 + cos(π k / 150)), and Adam forgets its means where k = 0.
 *   The code also halves the rate when the mean loss on the TEST set rose within five epochs; that is
 *   left out, as no choice may look at the test set.
 * - `"warmUpCosine"` [ours]: a linear rise over the first twentieth, so that Adam's first steps, which
 *   all have full size, do not throw a fresh network about; then half a cosine to the run's end.
 *
 * @param step From 0 to `runLength(run) - 1`.
 * @throws RangeError for a step outside the run.
 *
 * @example The paper's rate starts at the top, and at half of it five epochs later
 * ```ts
 * import { PAPER } from "lib/config.ts";
 * import { ratesAt } from "lib/training/schedule.ts";
 * import assert from "node:assert/strict";
 *
 * const run = { configuration: PAPER, batchesPerEpoch: 100 };
 * assert.equal(ratesAt(0, run).learningRate, 5e-4);
 * assert.ok(ratesAt(499, run).learningRate < 1e-8);
 * assert.equal(ratesAt(500, run).learningRate, 2.5e-4);
 * ```
 */
export function ratesAt(step: number, run: ScheduledRun): StepRates {
  const length = runLength(run);
  if (!Number.isInteger(step) || step < 0 || step >= length) {
    throw new RangeError(`Step ${step} is not one of the run's steps 0 to ${length - 1}.`);
  }
  const { learningRate, lossWeightsRate, schedule } = run.configuration;
  const factor = FACTORS[schedule](step, length, run.batchesPerEpoch);
  const adamStep = schedule === "official" ? step % run.batchesPerEpoch + 1 : step + 1;
  return {
    learningRate: learningRate * factor,
    lossWeightsRate: lossWeightsRate * factor,
    adamStep,
  };
}

/** Half a cosine from 1, at share 0, to 0, at share 1. */
const halfCosine = (share: number) => 0.5 * (1 + Math.cos(Math.PI * share));

const FACTORS: Readonly<
  Record<Configuration["schedule"], (step: number, length: number, epoch: number) => number>
> = {
  paper: (step, _, epoch) => {
    const period = HALVING * epoch;
    return 0.5 ** Math.floor(step / period) * halfCosine(step % period / period);
  },
  official: (step, _, epoch) => halfCosine(step % epoch / OFFICIAL_HALF_PERIOD),
  warmUpCosine: (step, length) => {
    const warmUp = Math.floor(WARM_UP * length);
    if (step < warmUp) return (step + 1) / (warmUp + 1);
    return halfCosine((step - warmUp) / (length - warmUp));
  },
};
