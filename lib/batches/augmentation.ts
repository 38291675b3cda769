/**
 * Augmentation of a batch: flip, rotation, brightness and contrast (the paper's list; mixup changes
 * targets too and has its own file). Parameters are drawn on the CPU from a seed; applying them is a pure
 * function of tensors, so that it can be captured with the training step.
 */
import * as tf from "@tensorflow/tfjs";
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
  return tf.tidy(() => moved(masks, parameters) as tf.Tensor4D);
}

/** Flipped, and turned around the centre. */
function moved(images: tf.Tensor4D, parameters: tf.Tensor2D): tf.Tensor {
  const [batch, height, width] = images.shape;
  if (parameters.shape[0] !== batch || parameters.shape[1] !== AUGMENTATION_WIDTH) {
    throw new TypeError(
      `Augmentation of ${batch} pictures takes parameters [${batch}, ${AUGMENTATION_WIDTH}], ` +
        `not [${parameters.shape.join(", ")}].`,
    );
  }
  const [side, angle] = tf.split(parameters, 4, 1)
    .map((column) => tf.reshape(column, [batch, 1, 1]));
  // Where each pixel comes from, for each picture: turn (side · right, down) around the centre.
  const x = (width - 1) / 2, y = (height - 1) / 2; // pixels from the first one's centre
  const right = tf.mul(side, tf.reshape(tf.range(-x, x + 0.5), [1, 1, width]));
  const down = tf.reshape(tf.range(-y, y + 0.5), [1, height, 1]);
  const cos = tf.cos(angle), sin = tf.sin(angle);
  const fromX = tf.sub(tf.mul(cos, right), tf.mul(sin, down));
  const fromY = tf.add(tf.mul(sin, right), tf.mul(cos, down));
  return sampleBilinear(images, tf.add(fromX, x), tf.add(fromY, y));
}

/**
 * The pictures' values at places [batch, height, width], in pixels from the first one's centre. Made of
 * four gathers: the plain backend's `tf.image.transform` handles only a batch's first picture, and the
 * native backend has none. `gatherND`, as the native `gather` reads its indices back to check them,
 * which cannot be captured.
 */
function sampleBilinear(images: tf.Tensor4D, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = images.shape;
  const rows = tf.reshape(tf.cast(images, "float32"), [batch * height * width, channels]);
  const first = tf.reshape(tf.mul(tf.range(0, batch), height), [batch, 1, 1]);
  const column = tf.clipByValue(x, 0, width - 1), row = tf.clipByValue(y, 0, height - 1);
  const left = tf.floor(column), top = tf.floor(row);
  const next = (place: tf.Tensor, last: number) => tf.minimum(tf.add(place, 1), last);
  const at = (columns: tf.Tensor, inPicture: tf.Tensor) => {
    // float32 counts exactly to 2^24 only: whole numbers are added as int32.
    const line = tf.add(tf.cast(first, "int32"), tf.cast(inPicture, "int32"));
    const place = tf.add(tf.mul(line, tf.scalar(width, "int32")), tf.cast(columns, "int32"));
    const flat = tf.gatherND(rows, tf.reshape(place, [batch * height * width, 1]));
    return tf.reshape(flat, images.shape);
  };
  const mix = (a: tf.Tensor, b: tf.Tensor, share: tf.Tensor) =>
    tf.add(a, tf.mul(tf.sub(b, a), tf.expandDims(share, 3)));
  const share = tf.sub(column, left), below = next(top, height - 1);
  const edge = next(left, width - 1);
  return mix(
    mix(at(left, top), at(edge, top), share),
    mix(at(left, below), at(edge, below), share),
    tf.sub(row, top),
  );
}
