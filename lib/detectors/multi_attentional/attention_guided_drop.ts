/**
 * Attention-guided augmentation (Zhao et al., CVPR 2021, Sec. 3.4): a picture where one attention map
 * looked is blurred, so that the others learn to do without it. Numbers are those of `AGDA.py` of
 * yoctta/multiple-attention at commit bb069cc as its `config.py` sets them.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { type Seed, statelessNormal, statelessUniform } from "lib/engine/stateless_random.ts";
import { chosenMaps } from "lib/networks/attention_choice.ts";
import { linearShares, resizeByShares, resizeLinear } from "lib/networks/resize_maps.ts";

/** Pixels of the Gaussian filter and its deviation, at half the picture's side. [code] */
const FILTER = 11, DEVIATION = 7;

/** Deviation of the noise on the blurred copy, on the scale −1 to 1 of pictures. [code] */
const NOISE = 0.1;

/** Where drops begin as a share of a map's largest value, and how steeply. [code] */
const THRESHOLD = [0.4, 0.6] as const, ZOOM = [3, 5] as const;

/** What is drawn for a batch. */
export interface DropDraws {
  /** `[batch]`, 0 to below 1: which map of each picture. */
  readonly places: tf.Tensor1D;
  /** Share of a map's largest value at which half is dropped, or all. */
  readonly threshold: tf.Scalar;
  /** How steeply drops grow around it. */
  readonly zoom: tf.Scalar;
  /** `[batch, side / 2, side / 2, 3]`: what is added to the blurred copy. */
  readonly noise: tf.Tensor4D;
}

/** A picture's blurred copy where the map looked, or zeros. */
export type DropMode = "soft" | "hard";

/**
 * How much of a place is dropped: 0 where the map is 0, below 1 where it is largest.
 *
 *     (σ((a − t) z) − σ(−t z)) / (1 − σ(−t z))
 *
 * @param a The map by its largest value, 0 to 1.
 */
export function dropShare<T extends tf.Tensor>(
  a: T,
  { threshold, zoom }: Pick<DropDraws, "threshold" | "zoom">,
): T {
  const least = tf.sigmoid(tf.neg(tf.mul(threshold, zoom)));
  return tf.div(tf.sub(tf.sigmoid(tf.mul(tf.sub(a, threshold), zoom)), least), tf.sub(1, least));
}

/** The filter as a matrix over a side, which is reflected at its ends. */
function blurShares(side: number): tf.Tensor2D {
  const reach = (FILTER - 1) / 2, values = new Float32Array(side ** 2);
  const weights = Array.from(
    { length: FILTER },
    (_, k) => Math.exp(-((k - reach) ** 2) / (2 * DEVIATION ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b);
  for (let i = 0; i < side; i++) {
    weights.forEach((weight, k) => {
      const at = Math.abs(i + k - reach), inside = at < side ? at : 2 * (side - 1) - at;
      values[i * side + inside] += weight / sum;
    });
  }
  return tf.tensor2d(values, [side, side]);
}

/** A number of a range for each of some numbers from 0 to 1. */
const within = ([low, high]: readonly [number, number], u: tf.Tensor) =>
  tf.add(low, tf.mul(u, high - low)) as tf.Scalar;

/**
 * Draws what a batch needs.
 *
 * @param seed Of the pass that drew the maps; layers use other numbers of it.
 */
export function drawDrops([batch, side]: readonly number[], seed: Seed): DropDraws {
  // Layers add multiples of 2³²/φ from 0 on; these are those below 0.
  const own = (k: number) =>
    tf.add(seed, tf.tensor1d([Math.imul(0x9e3779b9, -k), 0], "int32")) as Seed;
  const half = Math.floor(side / 2);
  const [threshold, zoom] = tf.unstack(statelessUniform([2], own(1)));
  return {
    places: statelessUniform([batch], own(2)) as tf.Tensor1D,
    threshold: within(THRESHOLD, threshold),
    zoom: within(ZOOM, zoom),
    noise: tf.mul(statelessNormal([batch, half, half, 3], own(3)), NOISE) as tf.Tensor4D,
  };
}

/** What became of a batch. */
export interface Dropped {
  /** `[batch, side, side, 3]`, without a gradient. */
  readonly images: tf.Tensor4D;
  /** `[batch, maps]`: 1 at the map that was dropped. */
  readonly chosen: tf.Tensor2D;
}

/**
 * Blurs each picture where one of its maps looked, or blackens it there.
 *
 * @param images RGB from −1 to 1, `[batch, side, side, 3]`, 12 pixels or more a side.
 * @param maps `[batch, height, width, maps]`, 0 or more.
 */
export function attentionGuidedDrop(
  images: tf.Tensor4D,
  { maps, draws, mode }: { maps: tf.Tensor4D; draws: DropDraws; mode: DropMode },
): Dropped {
  const chosen = withoutGradient(() => chosenMaps(maps, draws.places));
  const dropped = withoutGradient(() => {
    const [batch, side] = images.shape, mask = tf.reshape(chosen, [batch, 1, 1, -1]);
    const one = tf.sum<tf.Tensor4D>(tf.mul(maps, mask), 3, true);
    const large = resizeLinear(one, side, "corners");
    const shares = tf.div(large, tf.add(tf.max(large, [1, 2], true), 1e-8));
    if (mode === "hard") {
      return tf.mul<tf.Tensor4D>(images, tf.cast(tf.less(shares, draws.threshold), "float32"));
    }
    const half = draws.noise.shape[1];
    const blurred = resizeByShares(
      images,
      (from) => tf.matMul(blurShares(half), linearShares(from, { to: half, places: "corners" })),
    );
    const copy = resizeLinear(tf.add(blurred, draws.noise), side, "corners");
    const share = dropShare(shares, draws);
    return tf.add<tf.Tensor4D>(tf.mul(images, tf.sub(1, share)), tf.mul(copy, share));
  });
  return { images: dropped, chosen };
}
