/**
 * A worse copy of each picture, for what is to be drawn alike in both: JPEG, a blur and half the resolution, each by a
 * coin. After the second augmentations of h10666/LiSiam at commit 1d628b6, which draw qualities from 10 to 100,
 * deviations from .1 to 1 and sides from 100 to 200 of 299; here they are two qualities, one deviation, one side.
 */
import * as tf from "@tensorflow/tfjs";
import { depthwiseConv2d } from "lib/engine/convolution.ts";
import { withoutGradient } from "lib/engine/detach.ts";
import { type Seed, statelessUniform } from "lib/engine/stateless_random.ts";
import { jpegRoundTrip } from "lib/networks/jpeg_round_trip.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";

/** Qualities of JPEG, one of which is drawn. */
const QUALITIES = [30, 70] as const;

/** Deviation of the blur, in pixels. */
const DEVIATION = 0.7;

/** Coins of each picture: JPEG, which quality, blur, resolution. */
const COINS = 4;

/** A Gaussian filter of five pixels for each colour, `[5, 5, 3, 1]`. */
function gaussian(): tf.Tensor4D {
  const line = [-2, -1, 0, 1, 2].map((x) => Math.exp(-(x ** 2) / (2 * DEVIATION ** 2)));
  const sum = line.reduce((a, b) => a + b);
  const values = line.flatMap((a) => line.flatMap((b) => Array(3).fill(a * b / sum ** 2)));
  return tf.tensor4d(values, [5, 5, 3, 1]);
}

/**
 * The copies, constants to gradients.
 *
 * @param images From −1 to 1, `[batch, side, side, 3]`.
 * @param seed Decides the coins.
 */
export function degradedView(images: tf.Tensor4D, seed: Seed): tf.Tensor4D {
  return withoutGradient(() => {
    const [batch, side] = images.shape;
    const coins = tf.cast(tf.less(statelessUniform([batch, COINS], seed), 0.5), "float32");
    const [isJpeg, isFirst, isBlurred, isSmall] = tf.split(coins, COINS, 1)
      .map((coin) => tf.reshape<tf.Rank.R4>(coin, [batch, 1, 1, 1]));
    const where = (coin: tf.Tensor4D, changed: tf.Tensor4D, x: tf.Tensor4D) =>
      tf.add(tf.mul(coin, changed), tf.mul(tf.sub(1, coin), x)) as tf.Tensor4D;
    const levels = tf.mul(tf.add(images, 1), 127.5) as tf.Tensor4D;
    const [low, high] = QUALITIES.map((quality) => jpegRoundTrip(levels, quality));
    let x = where(isJpeg, where(isFirst, low, high), levels);
    x = where(isBlurred, depthwiseConv2d(x, gaussian(), { padding: 2 }), x);
    const half = resizeLinear(x, Math.max(1, Math.round(side / 2)), "areas");
    x = where(isSmall, resizeLinear(half, side, "areas"), x);
    return tf.sub(tf.div(x, 127.5), 1) as tf.Tensor4D;
  });
}
