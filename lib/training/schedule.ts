/**
 * How long a run is, and its learning rates: pure functions of the step, so that a resumed run needs no
 * state of a scheduler.
 */
import type { TrainingSettings } from "lib/settings/training_settings.ts";

/** Steps over which the rate of "warmUpCosine" rises to its full value, as a share of the run. [ours] */
const WARM_UP = 0.05;

/** Epochs after which the rate of "paper" is halved. [paper, appendix B] */
const HALVING = 5;

/** Epochs of the runs that the schedules were made for. [paper, Table 7; code; self-blended images' code] */
const EPOCHS: Partial<Record<TrainingSettings["schedule"], number>> = Object.freeze({
  paper: 20,
  official: 10,
  linearDecay: 100,
});

/** Steps in which the cosine of "official" falls from 1 to 0 (then it rises again). [code] */
const OFFICIAL_HALF_PERIOD = 150;

/** The share of a run after which "linearDecay" falls. [mapooon/SelfBlendedImages, commit 9fe4efe] */
const FALLS_FROM = 3 / 4;

/** What the schedule is made of. */
export interface ScheduledRun {
  /** Length, rate and the schedule's name: of a `Configuration`. */
  readonly training: Pick<TrainingSettings, "epochs" | "steps" | "learningRate" | "schedule">;
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
 * import { PAPER, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { runLength } from "lib/training/schedule.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(runLength({ ...PAPER, batchesPerEpoch: 100 }), 20 * 100);
 * assert.equal(runLength({ ...SMOKE, batchesPerEpoch: 100 }), 4);
 * ```
 */
export function runLength({ training, batchesPerEpoch }: ScheduledRun): number {
  if (!Number.isSafeInteger(batchesPerEpoch) || batchesPerEpoch < 1) {
    throw new RangeError(`An epoch has a whole number of batches from 1, not ${batchesPerEpoch}.`);
  }
  const { epochs, steps } = training;
  return epochs > 0 ? epochs * batchesPerEpoch : steps;
}

/** What the optimiser is told in one step. */
export interface StepRates {
  /** The share of every top rate that is left: the run's, and the detector's own ones. */
  readonly factor: number;
  /** The run's learning rate. */
  readonly learningRate: number;
  /** The optimiser's own count of steps, from 1; where it is 1, what it remembers begins at 0. */
  readonly optimiserStep: number;
}

/**
 * The rates of step s. All are their full value times a factor f(s), as in PyTorch, where a scheduler
 * scales every group. S is the number of steps of the run, E that of an epoch; in a run that counts steps,
 * whose epochs may be a batch or two, E is a twentieth ("paper"), a tenth ("official") or a hundredth
 * ("linearDecay") of the run.
 *
 * - `"paper"`: "decays by 50% every five epochs", with "cosine annealing" after Loshchilov and Hutter
 *   (2016). We read both sentences together as that paper's warm restarts, with periods of P = 5 E
 *   steps: f = ½^⌊s / P⌋ · ½ (1 + cos(π (s mod P) / P)).
 * - `"official"`: the code builds optimiser and schedule anew in every epoch and moves the cosine at
 *   every step: with k = s mod E, f = ½ (1 + cos(π k / 150)), and Adam forgets its means where k = 0.
 *   The code also halves the rate when the mean loss on the TEST set rose within five epochs; that is
 *   left out, as no choice may look at the test set.
 * - `"constant"`: f = 1.
 * - `"linearDecay"`: that of self-blended images' code. In a run of N epochs f = 1 up to epoch ⌊¾ N⌋, counted
 *   from 0; then it falls from epoch to epoch by equal steps, which would come to 0 in epoch N.
 * - `"warmUpCosine"` [ours]: a linear rise over the first twentieth, so that Adam's first steps, which
 *   all have full size, do not throw a fresh network about; then half a cosine to the run's end.
 *
 * @param step From 0 to `runLength(run) - 1`.
 * @throws RangeError for a step outside the run.
 *
 * @example The paper's rate starts at the top, and at half of it five epochs later
 * ```ts
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { ratesAt } from "lib/training/schedule.ts";
 * import assert from "node:assert/strict";
 *
 * const run = { ...PAPER, batchesPerEpoch: 100 };
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
  const { learningRate, schedule, epochs } = run.training;
  const inEpochs = (of: number) =>
    epochs > 0 ? run.batchesPerEpoch : Math.max(1, Math.ceil(length / of));
  const epoch = inEpochs(EPOCHS[schedule] ?? 1);
  const factor = FACTORS[schedule](step, length, epoch);
  const optimiserStep = schedule === "official" ? step % epoch + 1 : step + 1;
  return { factor, learningRate: learningRate * factor, optimiserStep };
}

/** Half a cosine from 1, at share 0, to 0, at share 1. */
const halfCosine = (share: number) => 0.5 * (1 + Math.cos(Math.PI * share));

const FACTORS: Readonly<
  Record<TrainingSettings["schedule"], (step: number, length: number, epoch: number) => number>
> = {
  paper: (step, _, epoch) => {
    const period = HALVING * epoch;
    return 0.5 ** Math.floor(step / period) * halfCosine(step % period / period);
  },
  official: (step, _, epoch) => halfCosine(step % epoch / OFFICIAL_HALF_PERIOD),
  constant: () => 1,
  linearDecay: (step, length, epoch) => {
    const epochs = Math.ceil(length / epoch), from = Math.floor(FALLS_FROM * epochs);
    return 1 - Math.max(0, Math.floor(step / epoch) - from) / (epochs - from);
  },
  warmUpCosine: (step, length) => {
    const warmUp = Math.floor(WARM_UP * length);
    if (step < warmUp) return (step + 1) / (warmUp + 1);
    return halfCosine((step - warmUp) / (length - warmUp));
  },
};
