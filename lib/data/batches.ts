/**
 * Batches of crops that are in memory. Which pictures are in a batch, and how they are augmented,
 * follows from seed and step alone, so a resumed run sees the batches an undisturbed one would.
 */
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "lib/random.ts";
import {
  AUGMENTATION_WIDTH,
  type AugmentationRanges,
  drawAugmentation,
  MILD,
} from "./augmentation.ts";
import type { RgbImage } from "./image.ts";
import type { Sample } from "./samples.ts";

/** A picture with its record; a `StandIn` is one. */
export interface Crop {
  /** RGB; all crops of a list have one size. */
  readonly image: RgbImage;
  /** Its label and origin. */
  readonly sample: Sample;
}

/** A batch on the device. The caller disposes its tensors, or calls `tf.dispose(batch)`. */
export interface Batch {
  /** int32 [batch, height, width, 3], RGB, 0 to 255 (TensorFlow.js has no 8-bit type). */
  readonly images: tf.Tensor4D;
  /** int32 [batch]: 0 real, 1 fake. */
  readonly labels: tf.Tensor1D;
  /** float32 [batch, 4], for `augment`. */
  readonly augmentation: tf.Tensor2D;
  /** float32 [batch, 2]: share λ of the picture itself, and the place in the batch of what it is mixed with. */
  readonly mixup: tf.Tensor2D;
  /** Which crops these are: their places in the list. */
  readonly indices: readonly number[];
}

/** How training batches are put together. */
export interface BatchOptions {
  /** Pictures a batch, 2 or more. */
  readonly batchSize: number;
  /** Decides order and augmentation. */
  readonly seed: number;
  /** "equal": as many real as fake, the rarer ones repeated. "none": each crop once an epoch. Default "equal". */
  readonly balance?: "equal" | "none";
  /** Default `MILD`. */
  readonly ranges?: AugmentationRanges;
}

/** The places 0 to count − 1 in one random order after another, without end. */
function* orders(
  places: readonly number[],
  options: BatchOptions & { epoch: number; name: string },
) {
  const { seed, epoch, name } = options;
  for (let round = 0;; round++) {
    yield* createRandom(seed, "order", name, epoch, round).shuffle(places);
  }
}

/** The classes to draw from in turn (all crops, without balance), and how many batches an epoch has. */
function classesOf(
  labels: readonly number[],
  { batchSize, balance = "equal" }: BatchOptions,
): { groups: number[][]; batches: number } {
  if (!Number.isSafeInteger(batchSize) || batchSize < 2) {
    throw new RangeError(`A batch holds a whole number of pictures from 2, not ${batchSize}.`);
  }
  const placesOf = (label: 0 | 1) => labels.flatMap((l, i) => l === label ? [i] : []);
  const groups = balance === "equal" ? [placesOf(0), placesOf(1)] : [labels.map((_, i) => i)];
  groups.forEach((places, group) => {
    if (places.length === 0) {
      throw new RangeError(
        `There is no ${
          ["real", "fake"][group]
        } crop among ${labels.length}: balanced batches need ` +
          "both kinds.",
      );
    }
  });
  const length = groups.length * Math.max(...groups.map((places) => places.length));
  return { groups, batches: Math.ceil(length / batchSize) };
}

/**
 * The batches of one epoch, as places in the list of labels.
 *
 * With "equal" balance, real and fake alternate: batches of even size hold as many of both, the larger
 * class appears once, and the smaller class is repeated in new orders. The last batch is filled up
 * from the next order, so that all batches are of one size and no crop is left out.
 *
 * @param labels 0 real, 1 fake.
 * @throws RangeError when batchSize is below 2, or equal balance lacks a class.
 *
 * @example Two real and four fake crops in batches of four
 * ```ts
 * import { planEpoch } from "lib/data/batches.ts";
 * import assert from "node:assert/strict";
 *
 * const labels = [0, 0, 1, 1, 1, 1];
 * const plan = planEpoch(labels, { batchSize: 4, seed: 1, epoch: 0 });
 * assert.deepEqual(plan.map((batch) => batch.map((i) => labels[i])), [[0, 1, 0, 1], [0, 1, 0, 1]]);
 * ```
 */
export function planEpoch(
  labels: readonly number[],
  options: BatchOptions & { epoch: number },
): number[][] {
  const { batchSize, balance = "equal" } = options;
  const { groups, batches } = classesOf(labels, options);
  const sources = groups.map((places, i) =>
    orders(places, { ...options, name: `${balance} ${i}` })
  );
  const next = (i: number) => sources[i % sources.length].next().value as number;
  return Array.from(
    { length: batches },
    (_, batch) => Array.from({ length: batchSize }, (_, i) => next(batch * batchSize + i)),
  );
}

function stack(crops: readonly Crop[], indices: readonly number[]): tf.Tensor4D {
  const { width, height } = crops[indices[0]].image;
  const pixels = new Int32Array(indices.length * width * height * 3);
  indices.forEach((index, i) => {
    const { image, sample } = crops[index];
    if (image.width !== width || image.height !== height) {
      throw new TypeError(
        `Crops of one batch have one size: ${JSON.stringify(sample.path)} is ` +
          `${image.width} × ${image.height}, the first is ${width} × ${height}.`,
      );
    }
    pixels.set(image.data, i * image.data.length);
  });
  return tf.tensor4d(pixels, [indices.length, height, width, 3], "int32");
}

/** Mixup that changes nothing. */
function unmixed(count: number): tf.Tensor2D {
  return tf.tensor2d(Array.from({ length: count }, (_, i) => [1, i]));
}

/**
 * The batch of a training step.
 *
 * @param step From 0; after an epoch's last batch the next epoch begins.
 * @returns Tensors that the caller disposes.
 * @throws RangeError for a negative step, a batch size below 2 or a missing class.
 * @throws TypeError when crops differ in size.
 */
export function batchAt(crops: readonly Crop[], options: BatchOptions & { step: number }): Batch {
  const { step, seed, batchSize, ranges = MILD } = options;
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(`A step is a whole number from 0, not ${step}.`);
  }
  const labels = crops.map(({ sample }) => sample.label);
  const perEpoch = classesOf(labels, options).batches;
  const epoch = Math.floor(step / perEpoch);
  const indices = planEpoch(labels, { ...options, epoch })[step % perEpoch];
  const random = createRandom(seed, "augmentation", step);
  return {
    images: stack(crops, indices),
    labels: tf.tensor1d(indices.map((i) => labels[i]), "int32"),
    augmentation: tf.tensor2d(
      drawAugmentation(batchSize, { ranges, random }),
      [batchSize, AUGMENTATION_WIDTH],
    ),
    mixup: unmixed(batchSize),
    indices,
  };
}

/**
 * All crops once and in order, for evaluation. All batches are of one size (a captured function takes
 * no other): the last is filled up with its last crop, and `indices` names only the ones that count.
 *
 * @returns Batches whose `augmentation` changes nothing; the caller disposes each.
 * @throws RangeError when batchSize is not a positive whole number.
 */
export function* batchesInOrder(
  crops: readonly Crop[],
  options: { batchSize: number },
): Generator<Batch> {
  const { batchSize } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`A batch holds a positive whole number of pictures, not ${batchSize}.`);
  }
  for (let first = 0; first < crops.length; first += batchSize) {
    const places = Array.from(
      { length: batchSize },
      (_, i) => Math.min(first + i, crops.length - 1),
    );
    yield {
      images: stack(crops, places),
      labels: tf.tensor1d(places.map((i) => crops[i].sample.label), "int32"),
      augmentation: tf.tensor2d(places.map(() => [1, 0, 0, 1])),
      mixup: unmixed(batchSize),
      indices: places.slice(0, crops.length - first),
    };
  }
}
