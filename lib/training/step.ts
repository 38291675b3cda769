/**
 * One training step, as open code: augmentation, mixup, forward pass, losses, gradients, the optimiser, and
 * what else the pass changes. `captureTrainingStep` makes one function of it.
 */
import * as tf from "@tensorflow/tfjs";
import { augment, augmentMasks } from "lib/batches/augmentation.ts";
import type { Batch } from "lib/batches/batches.ts";
import { mixUp } from "lib/batches/mixup.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { Targets } from "lib/detectors/detector.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";
import { classTargets } from "lib/losses/class_targets.ts";
import type { Updates } from "lib/networks/layers.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { clippedGradients, sharpenedWeights } from "./gradient_norm.ts";
import { meanOfDevices } from "./joint_pass.ts";
import type { Learner } from "./learner.ts";
import { optimiserOf } from "./optimisers.ts";
import { rateGroups } from "./top_rates.ts";

/** The numbers of a step, on the device. */
export interface StepNumbers {
  /** int32 `[2]`: the run's seed and the step, for dropout. */
  readonly seed: tf.Tensor1D;
  /** float32 `[rates, …]`: the optimiser's numbers for each of `rateGroups`. */
  readonly optimiser: tf.Tensor2D;
  /** What is left of the weights' moving average, where there is one: it moves on behind the step. */
  readonly averageDecay?: tf.Scalar;
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
      targets: classTargets(batch.labels, training.labelSmoothing), // [batch, 2]: real, fake
      ...moved ? { masks: tf.div(moved, 255) as tf.Tensor4D } : {},
    };
    const { images, targets: classes, ...mixed } = data.mixup > 0 ? mixUp(own, batch.mixup) : own;
    const { methods, partners, identities, seed, optimiser } = batch;
    const known = {
      ...methods ? { methods } : {},
      ...partners ? { partners } : {},
      ...identities ? { identities } : {},
    };
    const targets = { classes, ...mixed, ...known };
    return learn(learner, { images, targets, seed, optimiser }, { detector, training });
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
 * The step after augmentation and mixup: changes the learner's variables. With `samRho` it passes over the
 * batch twice, as self-blended images' code does: what a pass changes besides weights, such as running
 * statistics, the second takes from the first and changes again; the loss that is told is the first's.
 *
 * @returns Scalars by name, `total` and every term of the loss; the caller disposes of them.
 */
export function learn(
  { learnt, slots }: Learner,
  { images, targets, seed, optimiser: numbers }: LearnInputs,
  { detector, training }: Pick<Configuration, "detector" | "training">,
): Record<string, tf.Scalar> {
  return tf.tidy(() => {
    let pass = 0;
    const joinsNorm = training.normDevices === 1;
    const passOver = (parameters: Parameters, names: readonly string[]) => {
      const updates: Updates = {}, terms: Record<string, tf.Tensor> = {};
      const objective = () => {
        const forward = (seen = images) =>
          detector.forward(seen, parameters, {
            training: { seed: seedOfPass(seed, pass++), updates, joinsNorm },
          });
        const loss = detector.loss({ images, targets, parameters, forward, seed, updates });
        keep(loss.terms, terms); // the gradient's own scope frees what is not kept
        keep(updates, updates);
        return loss.total;
      };
      const at = Object.fromEntries(names.map((name) => [name, parameters[name] as tf.Tensor]));
      const { value: total, gradients } = gradientsAt(objective, at);
      return meanOfDevices({ total, gradients, terms: owned(terms), updates: owned(updates) });
    };

    const first = passOver(learnt, Object.keys(slots)), { total, terms } = first;
    let { gradients, updates } = first;
    if (training.samRho > 0) {
      const above = sharpenedWeights(learnt, gradients, training.samRho);
      const there = { ...learnt, ...updates, ...above } as Parameters; // tensors, read like variables
      const second = passOver(there, Object.keys(gradients));
      [gradients, updates] = [second.gradients, { ...updates, ...second.updates }];
    }
    if (training.clipNorm > 0) gradients = clippedGradients(gradients, training.clipNorm);

    const { update } = optimiserOf(training), { groupOf } = rateGroups({ detector, training });
    const ofGroups = tf.unstack(numbers).map((row) => tf.unstack(row) as tf.Scalar[]);
    for (const [name, gradient] of Object.entries(gradients)) { // what no term looks at has none
      update(learnt[name], slots[name], { gradient, numbers: ofGroups[groupOf.get(name)!] });
    }
    for (const [name, value] of Object.entries(updates)) learnt[name].assign(value);
    return { total, ...terms as Record<string, tf.Scalar> };
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
