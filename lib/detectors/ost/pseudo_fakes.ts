/**
 * Pseudo-fakes on the device, from pictures alone: the inner part of one face within another's surroundings, by a
 * soft ellipse, with its colours brought to those of its new place. [ours: OST's code blends by landmarks, or
 * swaps with SimSwap, for neither of which a detector has what it takes where it scores a picture.]
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { type Seed, statelessUniform } from "lib/engine/stateless_random.ts";

/** Numbers that a pseudo-fake is drawn with: place, two radii, and how soft its edge is. */
const NUMBERS = 5;

/** Each number's range, as shares of the picture's side; the last is the steepness of the edge. */
const RANGES: readonly (readonly [least: number, most: number])[] = Object.freeze([
  [0.4, 0.6],
  [0.4, 0.6],
  [0.15, 0.35],
  [0.15, 0.4],
  [3, 15],
]);

/** Smallest deviation of a colour, on the scale −1 to 1. */
const FLAT = 0.02;

/**
 * The numbers of some pseudo-fakes: `[count, 5]`, each 0 to 1.
 *
 * @param options `variety`: by how much they differ, 0 to 1; with 0 all are the middle of each range.
 */
export function drawPseudoFakes(
  count: number,
  { seed, variety }: { seed: Seed; variety: number },
): tf.Tensor2D {
  const around = tf.sub(statelessUniform([count, NUMBERS], seed), 0.5);
  return tf.add(tf.mul(around, variety), 0.5) as tf.Tensor2D;
}

/** A soft ellipse for each row of numbers: `[count, side, side, 1]`, from 0 to 1. */
function ellipses(numbers: tf.Tensor2D, side: number): tf.Tensor4D {
  const [x, y, across, along, steep] = RANGES.map(([least, most], k) => {
    const own = tf.slice(numbers, [0, k], [-1, 1]);
    return tf.reshape(tf.add(tf.mul(own, most - least), least), [-1, 1, 1, 1]);
  });
  const places = tf.div(tf.add(tf.range(0, side), 0.5), side);
  const columns = tf.reshape(places, [1, 1, side, 1]), rows = tf.reshape(places, [1, side, 1, 1]);
  const apart = (from: tf.Tensor, centre: tf.Tensor, radius: tf.Tensor) =>
    tf.square(tf.div(tf.sub(from, centre), radius));
  const distance = tf.add(apart(columns, x, across), apart(rows, y, along));
  return tf.sigmoid(tf.mul(tf.sub(1, distance), steep)) as tf.Tensor4D;
}

/** Mean and deviation of each colour of each picture within a mask: `[batch, 1, 1, 3]`. */
function colours(images: tf.Tensor4D, masks: tf.Tensor4D) {
  const weight = tf.sum(masks, [1, 2], true);
  const mean = tf.div(tf.sum(tf.mul(images, masks), [1, 2], true), weight);
  const squares = tf.sum(tf.mul(tf.square(tf.sub(images, mean)), masks), [1, 2], true);
  return { mean, deviation: tf.maximum(tf.sqrt(tf.div(squares, weight)), FLAT) };
}

/**
 * The inner part of each face in the surroundings of another, as a constant to gradients.
 *
 * @param faces Normalised from −1 to 1, `[count, side, side, 3]`: whose inner part is taken.
 * @param surroundings The same: whom it is put into.
 * @param numbers Of `drawPseudoFakes`.
 */
export function pseudoFakes(
  faces: tf.Tensor4D,
  surroundings: tf.Tensor4D,
  numbers: tf.Tensor2D,
): tf.Tensor4D {
  return withoutGradient(() => {
    const masks = ellipses(numbers, faces.shape[1]);
    const own = colours(faces, masks), there = colours(surroundings, masks);
    const plain = tf.div(tf.sub(faces, own.mean), own.deviation);
    const fitted = tf.clipByValue(tf.add(tf.mul(plain, there.deviation), there.mean), -1, 1);
    return tf.add(tf.mul(fitted, masks), tf.mul(surroundings, tf.sub(1, masks))) as tf.Tensor4D;
  });
}
