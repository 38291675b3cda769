/** How much memory a training step takes, before one is taken. */
import * as tf from "@tensorflow/tfjs";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { Targets } from "lib/detectors/detector.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { optimiserOf } from "./optimisers.ts";

/** What the process and a captured graph take, whatever the network. In bytes, measured. */
const FIXED = 270 * 2 ** 20;

/** Variables, their gradients and what the optimiser makes of them on the way, as a share of all variables. [measured with Adam] */
const OF_STATE = 1.25;

/**
 * A picture's share of a captured step's peak, of the peak that its forward pass has when run eagerly:
 * there every intermediate result is alive until its layer is done; a captured step keeps what its gradients
 * need. [measured]
 */
const OF_ACTIVATIONS = 0.9;

/** Bytes of float32, and of the int32 that a step makes of pixels before it augments them. */
const FLOAT = 4;

/** Red, green and blue. */
const CHANNELS = 3;

/** Copies of its pictures that a batch in micro-batches holds meanwhile: as read, as numbers, and on the way. [measured] */
const HELD = 4;

/** What a step takes. */
export interface StepMemory {
  /** Bytes, whatever the batch: the process, all variables and what the optimiser makes of them. */
  readonly fixed: number;
  /** Bytes for each picture that is computed at once. */
  readonly eachPicture: number;
  /** Bytes of the gradients that micro-batches add up. */
  readonly sums: number;
  /** Bytes for each picture of a batch in micro-batches, beside those. */
  readonly eachHeld: number;
}

/** Bytes that a step takes at its peak, of a batch of this size, at once (0) or in micro-batches. */
export function bytesOfStep(
  { fixed, eachPicture, sums, eachHeld }: StepMemory,
  { batchSize, microBatchSize }: { batchSize: number; microBatchSize: number },
): number {
  if (microBatchSize === 0) return fixed + batchSize * eachPicture;
  return fixed + microBatchSize * eachPicture + sums + batchSize * eachHeld;
}

/** Targets of a batch, with all that any detector may want. */
function blankTargets(batch: number, size: number): Targets {
  const labels = Array.from({ length: batch }, (_, i) => i % 2);
  return {
    classes: tf.tensor2d(labels.map((label) => [1 - label, label])),
    masks: tf.zeros([batch, size, size, 1]),
    methods: tf.tensor1d(labels, "int32"),
    partners: tf.tensor1d(labels.map((_, i) => i ^ 1), "int32"),
    identities: tf.zeros([batch, 2], "int32"),
  };
}

/**
 * Estimates the memory of a captured training step in float32 on the processor: takes forward passes of two
 * and of four blank pictures apart, and extrapolates along the batch. Against peaks of processes that took real
 * steps on two cores, estimated and measured in MB:
 *
 * - four blocks of conv4 (width 2) at 112 pixels, batch 128: 995, 944; in micro-batches of 8: 390, 482
 * - half an Xception at 128 pixels, batch 64: 1862, 1656; in micro-batches of 8: 604, 587
 * - RECCE (width 1/4) at 128 pixels, batch 32: 987, 870
 * - `foundation_encoder` `quick`, batch 64: 568, 483; `sbi` `quick` at 128 pixels, batch 32: 394, 466
 *
 * all within a factor of 1.25; and earlier the paper's detector at 96 pixels and batch 128 (836, 770), two blocks
 * of half a ResNet-34 at 128 pixels and batch 64 (1361, 1125), Xception at 128 pixels and batch 32 (2085, 2034).
 *
 * On a GPU tensors are as large, of half precision smaller; what cuDNN's algorithms want beside them is not
 * counted, and no estimate was compared with one: the paper's step of batch 8 took 8.8 GiB of an H100's 80, where
 * TensorFlow takes more than it needs as long as there is some.
 *
 * The passes themselves take seconds, and as much memory as a small batch does.
 *
 * @example A picture more takes a share more
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { stepMemory } from "lib/training/step_memory.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { eachPicture } = await stepMemory(SMOKE);
 * const larger = await stepMemory(vary(SMOKE, { imageSize: 64 }));
 * assert.ok(larger.eachPicture > 3 * eachPicture && larger.eachPicture < 5 * eachPicture);
 * ```
 */
export async function stepMemory(
  { detector, training }: Pick<Configuration, "detector" | "training">,
): Promise<StepMemory> {
  const { input: { size } } = detector;
  const specifications = [...detector.parameters, ...detector.trainingState];
  const learnt = blankParameters({ parameters: specifications }, { shared: true });
  /** Peak of the bytes that a forward pass and its loss make. */
  const peak = async (batch: number): Promise<number> => {
    const before = tf.memory().numBytes;
    const pass = () => {
      const images = tf.zeros<tf.Rank.R4>([batch, size, size, 3]);
      const seed = tf.tensor1d([0, 0], "int32"), updates = {}, targets = blankTargets(batch, size);
      const mode = { training: { seed, updates } };
      const forward = (seen = images, own = learnt) => detector.forward(seen, own, mode);
      return detector.loss({ images, targets, parameters: learnt, forward, seed, updates }).total;
    };
    const { peakBytes, result } = await tf.profile(() => tf.tidy(pass));
    tf.dispose(result);
    return peakBytes - before;
  };
  try {
    const two = await peak(2), four = await peak(4);
    const numbers = specifications.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    const { samRho, averageDecay } = training;
    const beside = [...optimiserOf(training).slots, ...samRho > 0 ? ["moved"] : []];
    const each = 1 + beside.length + (averageDecay > 0 ? 1 : 0); // with Adam's two means, say
    const variables = each * numbers * FLOAT;
    return {
      fixed: FIXED + OF_STATE * variables,
      eachPicture: OF_ACTIVATIONS * (four - two) / 2,
      sums: numbers * FLOAT,
      eachHeld: HELD * size * size * CHANNELS * FLOAT,
    };
  } finally {
    disposeParameters(learnt);
  }
}
