/**
 * One training step, as open code: augmentation, mixup, forward pass, losses, gradients, Adam, and what
 * else the pass changes. `captureTrainingStep` makes one function of it.
 */
import * as tf from "@tensorflow/tfjs";
import { augment, augmentMasks } from "lib/batches/augmentation.ts";
import type { Batch } from "lib/batches/batches.ts";
import { mixUp } from "lib/batches/mixup.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { Targets } from "lib/detectors/detector.ts";
import { type AdamDecay, applyAdam } from "lib/engine/adam.ts";
import type { Updates } from "lib/networks/layers.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Learner } from "./learner.ts";

/** How fast Adam forgets the gradient and its square, and its ε. [code: PyTorch's defaults] */
export const ADAM: Readonly<AdamDecay & { epsilon: number }> = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
});

/** The numbers of a step, on the device. */
export interface StepNumbers {
  /** int32 `[2]`: the run's seed and the step, for dropout. */
  readonly seed: tf.Tensor1D;
  /** float32: Adam's ε, its step size, and that of each of the detector's `ownRates` in their order. */
  readonly adam: tf.Tensor1D;
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
  { detector, data, training }: Configuration,
): Record<string, tf.Scalar> {
  return tf.tidy(() => {
    const changed = data.augmentation !== "none", masks = batch.masks;
    const seen = changed ? augment(batch.images, batch.augmentation) : batch.images;
    const moved = masks && (changed ? augmentMasks(masks, batch.augmentation) : masks);
    const own = {
      images: normaliseImages(seen, detector.input.normalisation),
      targets: tf.oneHot(batch.labels, 2, 1, 0, "float32") as tf.Tensor2D, // [batch, 2]: real, fake
      ...moved ? { masks: tf.div(moved, 255) as tf.Tensor4D } : {},
    };
    const { images, targets: classes, ...mixed } = data.mixup > 0 ? mixUp(own, batch.mixup) : own;
    const { methods, partners, seed, adam } = batch;
    const known = { ...methods ? { methods } : {}, ...partners ? { partners } : {} };
    const targets = { classes, ...mixed, ...known };
    return learn(learner, { images, targets, seed, adam }, { detector, training });
  });
}

/** A batch as the detector sees it, with the step's numbers. */
export interface LearnInputs extends StepNumbers {
  /** float32 `[batch, height, width, 3]`, of `normaliseImages`. */
  readonly images: tf.Tensor4D;
  /** What they are. */
  readonly targets: Targets;
}

/**
 * The step after augmentation and mixup: changes the learner's variables.
 *
 * @returns Scalars by name, `total` and every term of the loss; the caller disposes of them.
 */
export function learn(
  { learnt, parameters, slots }: Learner,
  { images, targets, seed, adam }: LearnInputs,
  { detector, training }: Pick<Configuration, "detector" | "training">,
): Record<string, tf.Scalar> {
  return tf.tidy(() => {
    const updates: Updates = {}, kept: Record<string, tf.Tensor> = {};
    const names = Object.keys(slots); // of the variables that gradients change
    const { value: total, grads } = tf.variableGrads(() => {
      let pass = 0;
      const forward = (seen = images) =>
        detector.forward(seen, parameters, {
          training: { seed: seedOfPass(seed, pass++), updates },
        });
      const loss = detector.loss({ images, targets, parameters: learnt, forward, updates });
      keep(loss.terms, kept); // the gradient's own scope frees what is not kept
      keep(updates, updates);
      return loss.total;
    }, names.map((name) => learnt[name]));

    const [epsilon, stepSize, ...ownSizes] = tf.unstack(adam) as tf.Scalar[];
    const ownNames = Object.keys(detector.ownRates);
    for (const name of names) {
      const variable = learnt[name], gradient = grads[variable.name];
      if (!gradient) continue; // what no term looks at stays as it is, as in PyTorch
      const step = { ...ADAM, epsilon, stepSize: ownSizes[ownNames.indexOf(name)] ?? stepSize };
      const { weightDecay } = training; // for every variable, as in the official code
      applyAdam(variable, slots[name], { gradient, step, weightDecay });
    }
    for (const [name, value] of Object.entries(owned(updates))) learnt[name].assign(value);
    return { total, ...owned(kept) as Record<string, tf.Scalar> };
  });
}

/** The seed of a step's k-th pass: another one than that of any layer of another pass. */
function seedOfPass(seed: tf.Tensor1D, pass: number): tf.Tensor1D {
  return pass === 0 ? seed : tf.add(seed, tf.tensor1d([0, Math.imul(0x85ebca6b, pass)], "int32"));
}

/** Copies that outlive the scope at hand. */
function keep(tensors: Readonly<Record<string, tf.Tensor>>, into: Record<string, tf.Tensor>): void {
  for (const [name, tensor] of Object.entries(tensors)) into[name] = tf.keep(tensor.clone());
}

/** Kept tensors as those of the scope at hand, which frees or returns them. */
function owned(kept: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const own = Object.entries(kept).map(([name, t]) => [name, t.clone()]);
  tf.dispose(Object.values(kept));
  return Object.fromEntries(own);
}
