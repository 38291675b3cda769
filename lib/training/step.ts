/**
 * One training step, as open code: augmentation, mixup, forward pass, losses, gradients, the optimiser, and
 * what else the pass changes. `captureTrainingStep` makes one function of it.
 */
import * as tf from "@tensorflow/tfjs";
import { augment, augmentMasks } from "lib/batches/augmentation.ts";
import type { Batch } from "lib/batches/batches.ts";
import { mixUp } from "lib/batches/mixup.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { addedBy } from "lib/engine/optimiser_gradient.ts";
import { decayedGradients } from "lib/engine/weight_decay.ts";
import { classTargets } from "lib/losses/class_targets.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { clippedGradients, type Gradients, sharpenedWeights } from "./gradient_norm.ts";
import { passOverDevices } from "./joint_pass.ts";
import type { Learner } from "./learner.ts";
import { unscaled } from "./loss_scale.ts";
import { optimiserOf } from "./optimisers.ts";
import type { SeenBatch } from "./pass.ts";
import { rateGroups } from "./top_rates.ts";

/** The numbers of a step, on the device. */
export interface StepNumbers {
  /** int32 `[2]`: the run's seed and the step, for dropout. */
  readonly seed: tf.Tensor1D;
  /** float32 `[rates, …]`: the optimiser's numbers for each of `rateGroups`. */
  readonly optimiser: tf.Tensor2D;
  /** What is left of the weights' moving average, where there is one: it moves on behind the step. */
  readonly averageDecay?: tf.Scalar;
  /** What the loss is multiplied by before gradients are taken; left out: 1, and nothing is skipped. */
  readonly lossScale?: tf.Scalar;
}

/** What a step takes, all of it on the device. */
export type StepInputs = Omit<Batch, "indices"> & StepNumbers;

/**
 * Learns from one batch of a run: augments and mixes it, and changes the learner's variables.
 *
 * @returns As `learn`.
 */
export function trainingStep(
  learner: Learner,
  batch: StepInputs,
  configuration: Configuration,
): Record<string, tf.Scalar> {
  const { seed, optimiser, lossScale } = batch;
  const numbers = { seed, optimiser, ...lossScale ? { lossScale } : {} };
  return tf.tidy(() =>
    learn(learner, { ...seenBatch(batch, configuration), ...numbers }, configuration)
  );
}

/** The batch augmented, mixed and normalised: what the detector sees of it. */
export function seenBatch(
  batch: Omit<Batch, "indices">,
  { detector, data, training }: Configuration,
): SeenBatch {
  const changed = data.augmentation !== "none", masks = batch.masks;
  const seen = changed ? augment(batch.images, batch.augmentation) : batch.images;
  const moved = masks && (changed ? augmentMasks(masks, batch.augmentation) : masks);
  const own = {
    images: normaliseImages(seen, detector.input.normalisation),
    targets: classTargets(batch.labels, training.labelSmoothing), // [batch, 2]: real, fake
    ...moved ? { masks: tf.div(moved, 255) as tf.Tensor4D } : {},
  };
  const { images, targets: classes, ...mixed } = data.mixup > 0 ? mixUp(own, batch.mixup) : own;
  const { methods, partners, identities } = batch;
  const known = {
    ...methods ? { methods } : {},
    ...partners ? { partners } : {},
    ...identities ? { identities } : {},
  };
  return { images, targets: { classes, ...mixed, ...known } };
}

/** A batch as the detector sees it, with the step's numbers. */
export interface LearnInputs extends SeenBatch, StepNumbers {}

/**
 * The step after augmentation and mixup: changes the learner's variables. With `samRho` it passes over the
 * batch twice, as self-blended images' code does: what a pass changes besides weights, such as running
 * statistics, the second takes from the first and changes again; the loss that is told is the first's.
 *
 * With `lossScale`, gradients that are not all finite move no weight, as with PyTorch's GradScaler; buffers get
 * their new values nonetheless.
 *
 * @returns Scalars by name, `total` and every term of the loss, with `lossScale` also `isFinite`, 1 or 0; the
 * caller disposes of them.
 */
export function learn(
  learner: Learner,
  { images, targets, seed, optimiser: numbers, lossScale }: LearnInputs,
  { detector, training }: Pick<Configuration, "detector" | "training">,
): Record<string, tf.Scalar> {
  return tf.tidy(() => {
    const { learnt, slots } = learner, batch = { images, targets };
    const how = { detector, training, seed, lossScale };
    const first = passOverDevices(learnt, batch, { ...how, names: Object.keys(slots) });
    const { total, terms, passes } = first;
    let { gradients, taken } = withoutScale(first.gradients, lossScale), { updates } = first;
    if (training.samRho > 0) {
      const above = sharpenedWeights(learnt, gradients, training.samRho);
      const there = { ...learnt, ...updates, ...above } as Parameters; // tensors, read like variables
      const names = Object.keys(gradients);
      const second = passOverDevices(there, batch, { ...how, names, passes });
      ({ gradients, taken } = withoutScale(second.gradients, lossScale, taken));
      updates = { ...updates, ...second.updates };
    }
    moveWeights(learner, { gradients, numbers, taken }, { detector, training });
    for (const [name, value] of Object.entries(updates)) learnt[name].assign(value);
    return { total, ...terms, ...taken ? { isFinite: taken } : {} };
  });
}

/**
 * Gradients of the loss itself, and whether the step is to be taken with them: undefined without a scale.
 *
 * @param before Whether it was to be, by an earlier pass.
 */
export function withoutScale(
  gradients: Gradients,
  lossScale: tf.Scalar | undefined,
  before?: tf.Scalar,
): { gradients: Gradients; taken: tf.Scalar | undefined } {
  if (!lossScale) return { gradients, taken: undefined };
  const { gradients: own, isFinite } = unscaled(gradients, lossScale);
  return { gradients: own, taken: before ? tf.mul(isFinite, before) as tf.Scalar : isFinite };
}

/** Moves what learns by the optimiser, along gradients that are clipped where the run says so. */
export function moveWeights(
  { learnt, slots }: Learner,
  { gradients, numbers, taken }: {
    gradients: Gradients;
    numbers: StepNumbers["optimiser"];
    taken?: tf.Scalar | undefined;
  },
  { detector, training }: Pick<Configuration, "detector" | "training">,
): void {
  const { update, weightDecay } = optimiserOf(training);
  const { groupOf } = rateGroups({ detector, training });
  const ofGroups = tf.unstack(numbers).map((row) => tf.unstack(row) as tf.Scalar[]);
  const clipped = training.clipNorm > 0
    ? clippedGradients(gradients, training.clipNorm)
    : gradients;
  const decayed = weightDecay > 0
    ? decayedGradients(learnt, clipped, addedBy(tf.scalar(weightDecay), taken))
    : clipped;
  for (const [name, gradient] of Object.entries(decayed)) { // what no term looks at has none
    update(learnt[name], slots[name], { gradient, numbers: ofGroups[groupOf.get(name)!], taken });
  }
}
