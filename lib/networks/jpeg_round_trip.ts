/**
 * What JPEG makes of a picture, computed on the device as baseline JPEG with halved chroma defines it, so
 * that error level analysis is part of a captured pass. Files are written and read elsewhere (`lib/media`).
 */
import * as tf from "@tensorflow/tfjs";
import { cosineTransform } from "./cosine_transform.ts";

/** Annex K of the standard (ITU-T T.81): steps of luminance and of chroma at quality 50. */
const LUMINANCE = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
const CHROMA = [
  ...[17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99],
  ...[24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99],
  ...Array.from({ length: 32 }, () => 99),
];

/** The steps at a quality from 1 to 100, as libjpeg scales them. */
function steps(table: readonly number[], quality: number): tf.Tensor1D {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return tf.tensor1d(
    table.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100)))),
  );
}

/** Half away from zero, as libjpeg rounds coefficients; `tf.round` takes halves to even numbers. */
const rounded = (x: tf.Tensor) => tf.mul(tf.sign(x), tf.floor(tf.add(tf.abs(x), 0.5)));
const roundedUp = <T extends tf.Tensor>(x: T) => tf.floor(tf.add(x, 0.5)) as T;

/** Blocks `[count, 8, 8]` with rows and columns exchanged. */
const turned = (blocks: tf.Tensor3D) => tf.transpose(blocks, [0, 2, 1]) as tf.Tensor3D;

/** Every row of `[count, 8, 8]` times a matrix. */
const alongRows = (blocks: tf.Tensor3D, matrix: tf.Tensor2D, isInverse: boolean) =>
  tf.reshape<tf.Rank.R3>(
    tf.matMul(tf.reshape<tf.Rank.R2>(blocks, [-1, 8]), matrix, false, !isInverse),
    blocks.shape,
  );

/**
 * A plane's cosine transform rounded to steps, and back, `[batch, height, width]`, sides multiples of 8.
 *
 * libjpeg's transform is in whole numbers: rows to quarters of a √8-th, then columns to eighths. Where a
 * coefficient lies half way between two steps that decides, so it is done here too.
 */
function quantised(plane: tf.Tensor3D, of: tf.Tensor1D): tf.Tensor3D {
  const [batch, height, width] = plane.shape, [rows, columns] = [height / 8, width / 8];
  const order = [0, 1, 3, 2, 4], basis = cosineTransform(8), root = Math.sqrt(8);
  const blocks = tf.reshape<tf.Rank.R3>(
    tf.transpose(tf.reshape(tf.sub(plane, 128), [batch, rows, 8, columns, 8]), order),
    [-1, 8, 8],
  );
  const inRows = roundedUp(tf.mul(alongRows(blocks, basis, false), root * 4) as tf.Tensor3D);
  const inColumns = alongRows(turned(inRows), basis, false);
  const coefficients = tf.div(turned(roundedUp(tf.mul(inColumns, root / 4) as tf.Tensor3D)), 8);
  const table = tf.reshape(of, [8, 8]);
  const kept = tf.mul(rounded(tf.div(coefficients, table)), table) as tf.Tensor3D;
  const back = alongRows(turned(alongRows(turned(kept), basis, true)), basis, true);
  const whole = tf.transpose(tf.reshape(back, [batch, rows, columns, 8, 8]), order);
  return tf.clipByValue(
    roundedUp(tf.add(tf.reshape<tf.Rank.R3>(whole, plane.shape), 128)),
    0,
    255,
  );
}

/** The last row repeated until the side is a multiple of 16: edges go on. */
function extended(x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const side = x.shape[axis], missing = (16 - side % 16) % 16;
  if (missing === 0) return x;
  const begin = [0, 0, 0, 0], size = [...x.shape];
  begin[axis] = side - 1;
  size[axis] = 1;
  const edge = tf.slice(x, begin, size);
  return tf.concat([x, ...Array.from({ length: missing }, () => edge)], axis);
}

/** Means of 2 × 2 pixels, rounded down and up in turn, as libjpeg halves chroma. */
function halved(plane: tf.Tensor3D): tf.Tensor3D {
  const [batch, height, width] = plane.shape;
  const pairs = tf.reshape(plane, [batch, height / 2, 2, width / 2, 2]);
  const bias = tf.tensor1d(Array.from({ length: width / 2 }, (_, i) => 1 + i % 2));
  return tf.floor(tf.div(tf.add(tf.sum(pairs, [2, 4]), bias), 4)) as tf.Tensor3D;
}

/** Twice as many rows: ¾ of the near one and ¼ of the next, times 4; at the ends there is no next. */
function doubledRows(plane: tf.Tensor3D): tf.Tensor3D {
  const [batch, height, width] = plane.shape;
  const shifted = (by: 1 | -1) => {
    const [kept, edge] = by === 1
      ? [tf.slice(plane, [0, 0, 0], [-1, height - 1, -1]), tf.slice(plane, [0, 0, 0], [-1, 1, -1])]
      : [
        tf.slice(plane, [0, 1, 0], [-1, height - 1, -1]),
        tf.slice(plane, [0, height - 1, 0], [-1, 1, -1]),
      ];
    return tf.concat(by === 1 ? [edge, kept] : [kept, edge], 1);
  };
  const near = tf.mul(plane, 3);
  const both = tf.stack([tf.add(near, shifted(1)), tf.add(near, shifted(-1))], 2);
  return tf.reshape<tf.Rank.R3>(both, [batch, 2 * height, width]);
}

/** Twice the sides, as libjpeg's "fancy" upsampling; rounding is up and down in turn. */
function doubled(plane: tf.Tensor3D): tf.Tensor3D {
  const over = (x: tf.Tensor3D) => tf.transpose(x, [0, 2, 1]) as tf.Tensor3D;
  const wide = over(doubledRows(over(doubledRows(plane)))), width = wide.shape[2];
  const bias = tf.tensor1d(Array.from({ length: width }, (_, i) => 8 - i % 2));
  return tf.floor(tf.div(tf.add(wide, bias), 16)) as tf.Tensor3D;
}

/**
 * Pictures after baseline JPEG with chroma of half the sides (4:2:0), the default of libjpeg-turbo and
 * Pillow. Decoders differ by a level here and there; no gradient flows through the rounding.
 *
 * @param images `[batch, height, width, 3]`, RGB, 0 to 255; rounded to whole levels first.
 * @param quality 1 to 100, as libjpeg counts.
 * @returns Whole levels of the same shape.
 *
 * @example A flat grey passes unchanged
 * ```ts
 * import { jpegRoundTrip } from "lib/networks/jpeg_round_trip.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const grey = tf.fill<tf.Rank.R4>([1, 20, 20, 3], 90);
 * assert.deepEqual(jpegRoundTrip(grey, 90).dataSync(), grey.dataSync());
 * ```
 */
export function jpegRoundTrip(images: tf.Tensor4D, quality: number): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  return tf.tidy(() => {
    const whole = extended(extended(roundedUp(tf.clipByValue(images, 0, 255)), 1), 2);
    const [r, g, b] = tf.unstack(whole, 3) as tf.Tensor3D[];
    const mix = (x: number, y: number, z: number, offset: number) =>
      roundedUp(
        tf.add<tf.Tensor3D>(tf.add(tf.add(tf.mul(r, x), tf.mul(g, y)), tf.mul(b, z)), offset),
      );
    // A constant below one half keeps exact halves down, as libjpeg's tables do for chroma.
    const luminance = quantised(mix(0.299, 0.587, 0.114, 0), steps(LUMINANCE, quality));
    const of = steps(CHROMA, quality), centre = 128 - 2 ** -16;
    const chroma = [
      mix(-0.168735892, -0.331264108, 0.5, centre),
      mix(0.5, -0.418687589, -0.081312411, centre),
    ].map((plane) => tf.sub(doubled(quantised(halved(plane), of)), 128));
    const [blue, red] = chroma;
    const rgb = tf.stack([
      tf.add(luminance, roundedUp(tf.mul(red, 1.402))),
      tf.add(luminance, roundedUp(tf.sub(tf.mul(blue, -0.344136286), tf.mul(red, 0.714136286)))),
      tf.add(luminance, roundedUp(tf.mul(blue, 1.772))),
    ], 3);
    const cut = tf.slice(rgb as tf.Tensor4D, [0, 0, 0, 0], [batch, height, width, 3]);
    return tf.clipByValue(cut, 0, 255);
  });
}
