/**
 * Augmentation of a batch: flip, rotation, brightness and contrast (the paper's list; mixup changes
 * targets too and has its own file). Parameters are drawn on the CPU from a seed; applying them is a pure
 * function of tensors, so that it can be captured with the training step.
 */
import * as tf from "@tensorflow/tfjs";
import { projectiveTransform } from "lib/engine/projective_transform.ts";
import type { Random } from "lib/random.ts";
import type { DataSettings } from "lib/settings/data_settings.ts";

/** How strongly pictures are changed. */
export interface AugmentationRanges {
  /** Probability of exchanging left and right, 0 to 1. */
  readonly flip: number;
  /** Largest turn either way, in degrees, 0 to 180. */
  readonly rotation: number;
  /** Largest shift either way, as a share of the full range, 0 to 1. */
  readonly brightness: number;
  /** Largest change either way of the factor on all values, 0 to below 1. */
  readonly contrast: number;
}

/**
 * The ranges of "all". The paper names the kinds and no numbers; 10 degrees and one half are the official
 * code's, which also changes more (it compresses, blurs, shifts and scales).
 */
export const MILD: AugmentationRanges = Object.freeze({
  flip: 0.5,
  rotation: 10,
  brightness: 0.1,
  contrast: 0.1,
});

/** Changes nothing. */
export const NO_AUGMENTATION: AugmentationRanges = Object.freeze({
  flip: 0,
  rotation: 0,
  brightness: 0,
  contrast: 0,
});

/** What the settings' word stands for. */
export const RANGES: Readonly<Record<DataSettings["augmentation"], AugmentationRanges>> = Object
  .freeze({
    all: MILD,
    flip: Object.freeze({ ...NO_AUGMENTATION, flip: MILD.flip }),
    none: NO_AUGMENTATION,
  });

/** Numbers a picture in an augmentation tensor: side, angle, brightness, contrast. */
export const AUGMENTATION_WIDTH = 4;

/**
 * Draw the parameters of `count` pictures.
 *
 * @returns count · 4 numbers, for each picture: −1 to flip or 1; the angle in radians, counter-clockwise;
 * what is added (a share of 255); the factor on the values.
 * @throws RangeError for a range outside its limits.
 */
export function drawAugmentation(
  count: number,
  options: { ranges: AugmentationRanges; random: Random },
): Float32Array {
  const { ranges, random } = options;
  const limits = { flip: 1, rotation: 180, brightness: 1, contrast: 1 };
  for (const [name, limit] of Object.entries(limits)) {
    const value = ranges[name as keyof AugmentationRanges];
    if (!(value >= 0 && value <= limit) || (name === "contrast" && value === 1)) {
      throw new RangeError(`Augmentation: ${name} is from 0 to ${limit}, not ${value}.`);
    }
  }
  const around = (range: number) => 2 * range * random.uniform() - range;
  const parameters = new Float32Array(count * AUGMENTATION_WIDTH);
  for (let i = 0; i < count; i++) {
    parameters.set([
      random.uniform() < ranges.flip ? -1 : 1,
      around(ranges.rotation * Math.PI / 180),
      around(ranges.brightness),
      1 + around(ranges.contrast),
    ], i * AUGMENTATION_WIDTH);
  }
  return parameters;
}

/**
 * Apply augmentation: flip, turn around the centre (bilinear; outside, the nearest pixel goes on), then
 * contrast · value + 255 · brightness, cut to 0 to 255.
 *
 * @param images [batch, height, width, 3], 0 to 255, int32 or float32.
 * @param parameters float32 [batch, 4] from `drawAugmentation`.
 * @returns float32 [batch, height, width, 3], 0 to 255, not rounded. The caller disposes it.
 *
 * @example A flip
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { augment } from "lib/batches/augmentation.ts";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([1, 1, 1, 9, 9, 9], [1, 1, 2, 3]);
 * const flipped = augment(images, tf.tensor2d([[-1, 0, 0, 1]]));
 * assert.deepEqual([...flipped.dataSync()], [9, 9, 9, 1, 1, 1]);
 * ```
 */
export function augment(images: tf.Tensor4D, parameters: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const turned = moved(images, parameters);
    const [, , brightness, contrast] = tf.split(parameters, 4, 1)
      .map((column) => tf.reshape(column, [images.shape[0], 1, 1]));
    const factor = tf.expandDims(contrast, 3), added = tf.expandDims(tf.mul(brightness, 255), 3);
    return tf.clipByValue(tf.add(tf.mul(turned, factor), added), 0, 255) as tf.Tensor4D;
  });
}

/**
 * Move the masks of pictures as `augment` moves the pictures; light does not change them.
 *
 * @param masks [batch, height, width, 1], in any range, int32 or float32.
 * @param parameters The pictures'.
 * @returns float32 of the same shape. The caller disposes it.
 */
export function augmentMasks(masks: tf.Tensor4D, parameters: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => moved(masks, parameters));
}

/** Flipped, and turned around the centre. */
function moved(images: tf.Tensor4D, parameters: tf.Tensor2D): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  if (parameters.shape[0] !== batch || parameters.shape[1] !== AUGMENTATION_WIDTH) {
    throw new TypeError(
      `Augmentation of ${batch} pictures takes parameters [${batch}, ${AUGMENTATION_WIDTH}], ` +
        `not [${parameters.shape.join(", ")}].`,
    );
  }
  const [side, angle] = tf.split(parameters, 4, 1);
  // Where each pixel comes from: turned (side · right, down) around the centre.
  const x = (width - 1) / 2, y = (height - 1) / 2; // pixels from the first one's centre
  const cos = tf.cos(angle), sin = tf.sin(angle);
  const [across, up] = [tf.mul(cos, side), tf.neg(sin)], [along, down] = [tf.mul(sin, side), cos];
  const start = (right: tf.Tensor, below: tf.Tensor, centre: number) =>
    tf.sub(centre, tf.add(tf.mul(right, x), tf.mul(below, y)));
  const ofX = [across, up, start(across, up, x)], ofY = [along, down, start(along, down, y)];
  const transforms = tf.concat([...ofX, ...ofY, tf.zeros([batch, 2])], 1) as tf.Tensor2D;
  return projectiveTransform(tf.cast(images, "float32"), transforms);
}
