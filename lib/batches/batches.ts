/**
 * Batches on the device: pixels, labels, and the parameters of augmentation and mixup, which follow from
 * seed and step alone. Which samples are in a batch is left to `epoch_order.ts`, files to `loader.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { createRandom } from "lib/random.ts";
import { AUGMENTATION_WIDTH, drawAugmentation, RANGES } from "./augmentation.ts";
import { drawMixup, MIXUP_WIDTH } from "./mixup.ts";
import type { Crop } from "lib/data/samples.ts";

/** A batch on the device. The caller disposes its tensors, or calls `tf.dispose(batch)`. */
export interface Batch {
  /** int32 [batch, height, width, 3], RGB, 0 to 255 (TensorFlow.js has no 8-bit type). */
  readonly images: tf.Tensor4D;
  /** int32 [batch]: 0 real, 1 fake. */
  readonly labels: tf.Tensor1D;
  /** float32 [batch, 4], for `augment`. */
  readonly augmentation: tf.Tensor2D;
  /** float32 [batch, 2], for `mixUp`. */
  readonly mixup: tf.Tensor2D;
  /** Which samples these are: their places in the list. */
  readonly indices: readonly number[];
}

/** Pictures of one size that are to be a batch. */
export interface Pictures {
  /** count · height · width · 3 values, RGB, 0 to 255. */
  readonly pixels: Uint8Array;
  /** Of each picture, in pixels. */
  readonly width: number;
  /** Of each picture, in pixels. */
  readonly height: number;
  /** 0 real, 1 fake, one a picture. */
  readonly labels: readonly number[];
  /** Which samples these are. */
  readonly indices: readonly number[];
}

function pixelsAndLabels({ pixels, width, height, labels, indices }: Pictures) {
  return {
    images: tf.tensor4d(new Int32Array(pixels), [labels.length, height, width, 3], "int32"),
    labels: tf.tensor1d([...labels], "int32"),
    indices,
  };
}

/** A batch to learn from: with the parameters of the step. */
export function trainingBatch(
  pictures: Pictures,
  { step, configuration }: {
    step: number;
    configuration: Pick<Configuration, "seed" | "augmentation" | "mixup">;
  },
): Batch {
  const { seed, augmentation, mixup } = configuration, count = pictures.labels.length;
  const random = (purpose: string) => createRandom(seed, purpose, step);
  const parameters = {
    augmentation: drawAugmentation(count, {
      ranges: RANGES[augmentation],
      random: random("augmentation"),
    }),
    mixup: drawMixup(count, { alpha: mixup, random: random("mixup") }),
  };
  return {
    ...pixelsAndLabels(pictures),
    augmentation: tf.tensor2d(parameters.augmentation, [count, AUGMENTATION_WIDTH]),
    mixup: tf.tensor2d(parameters.mixup, [count, MIXUP_WIDTH]),
  };
}

/** A batch to be scored: its parameters change nothing. */
export function plainBatch(pictures: Pictures): Batch {
  const { labels } = pictures;
  return {
    ...pixelsAndLabels(pictures),
    augmentation: tf.tensor2d(labels.map(() => [1, 0, 0, 1])),
    mixup: tf.tensor2d(labels.map((_, i) => [1, i])),
  };
}

/**
 * The crops at these places, one after the other.
 *
 * @throws TypeError when they differ in size.
 */
export function stackCrops(crops: readonly Crop[], indices: readonly number[]): Pictures {
  const { width, height } = crops[indices[0]].image;
  const pixels = new Uint8Array(indices.length * width * height * 3);
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
  return { pixels, width, height, labels: indices.map((i) => crops[i].sample.label), indices };
}

/**
 * All crops once and in order, for evaluation. All batches are of one size (a captured function takes
 * no other): the last is filled up with its last crop, and `indices` names only the ones that count.
 *
 * @returns Batches whose `augmentation` and `mixup` change nothing; the caller disposes each.
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
    const batch = plainBatch(stackCrops(crops, places));
    yield { ...batch, indices: places.slice(0, crops.length - first) };
  }
}
