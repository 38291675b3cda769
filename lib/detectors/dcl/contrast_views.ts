/**
 * Two views of a picture for contrast (Sun et al., AAAI 2022, Sec. 3.2), after `datasets/ffpp.py` of
 * Tencent/TFace's DCL at commit 9004edb: noise by high-pass filters added to both, the query in nine tiles of
 * another order. What differs: the key is the same picture (the code may take another frame of the video),
 * changed in side, contrast and brightness; orders are any, where the code has a list of 30.
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "lib/engine/convolution.ts";
import { withoutGradient } from "lib/engine/detach.ts";
import { type Seed, statelessUniform } from "lib/engine/stateless_random.ts";
import { SRM } from "lib/networks/noise_filters.ts";

/** Tiles a side. [code: `random_patch`] */
const TILES = 3;

/** How often the tiles stay where they are. [code: 10 of 40 orders] */
const UNMOVED = 0.25;

/** How often noise is added to a picture. [code: `srm`] */
const NOISY = 0.5;

/** How often the key's sides are exchanged. [ours] */
const FLIPPED = 0.5;

/** Largest change of the key's contrast and brightness, on the scale of normalised pixels. [ours] */
const CHANGE = 0.2;

/** What each picture of a batch is changed by. */
export interface ViewDraws {
  /** `[batch, 9, 9]`: which tile, of the second axis, comes where. */
  readonly order: tf.Tensor3D;
  /** `[batch, 1, 1, 1]`: 1 where noise is added to both views. */
  readonly noisy: tf.Tensor4D;
  /** The same: 1 where the key's sides are exchanged. */
  readonly flipped: tf.Tensor4D;
  /** Factor on the key's values. */
  readonly contrast: tf.Tensor4D;
  /** What is added to them. */
  readonly brightness: tf.Tensor4D;
}

/**
 * Draws the views of a batch.
 *
 * @param options `seed`: of the pass; layers use other numbers of it. `variety`: a factor on all chances and
 * changes, 0 to 1.
 */
export function drawViews(
  batch: number,
  { seed, variety }: { seed: Seed; variety: number },
): ViewDraws {
  // Layers add multiples of 2³²/φ from 0 on; these are those below 0.
  const uniform = (k: number, width = 1) => {
    const own = tf.add(seed, tf.tensor1d([Math.imul(0x9e3779b9, -k), 0], "int32")) as Seed;
    return statelessUniform([batch, width], own);
  };
  const each = (x: tf.Tensor) => tf.reshape<tf.Rank.R4>(x, [batch, 1, 1, 1]);
  const below = (k: number, share: number) => tf.cast(tf.less(uniform(k), share), "float32");
  const count = TILES ** 2, numbers = uniform(1, count);
  const [rows, columns] = [
    tf.reshape(numbers, [batch, count, 1]),
    tf.reshape(numbers, [batch, 1, count]),
  ];
  const rank = tf.sum(tf.cast(tf.less(columns, rows), "float32"), 2); // [batch, tiles]: a random order
  const moved = tf.cast(
    tf.equal(tf.reshape(rank, [batch, 1, count]), tf.reshape(tf.range(0, count), [1, count, 1])),
    "float32",
  );
  const stays = tf.reshape(below(2, 1 - variety * (1 - UNMOVED)), [batch, 1, 1]);
  const order = tf.add(
    tf.mul(stays, tf.reshape(tf.eye(count), [1, count, count])),
    tf.mul(tf.sub(1, stays), moved),
  ) as tf.Tensor3D;
  const around = (k: number) => tf.mul(tf.sub(tf.mul(uniform(k), 2), 1), variety * CHANGE);
  return {
    order,
    noisy: each(below(3, variety * NOISY)),
    flipped: each(below(4, variety * FLIPPED)),
    contrast: each(tf.add(1, around(5))),
    brightness: each(around(6)),
  };
}

/**
 * Pictures or masks with their tiles in another order; what is left of a side behind three whole tiles stays.
 *
 * @param x `[batch, side, side, channels]`.
 */
export function inTiles(x: tf.Tensor4D, order: tf.Tensor3D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape, side = Math.floor(height / TILES);
  const whole = side * TILES, count = TILES ** 2;
  const main = tf.slice(x, [0, 0, 0, 0], [-1, whole, whole, -1]);
  const apart = tf.transpose(
    tf.reshape(main, [batch, TILES, side, TILES, side, channels]),
    [0, 1, 3, 2, 4, 5],
  );
  const flat = tf.reshape<tf.Rank.R3>(apart, [batch, count, side * side * channels]);
  const ordered = tf.reshape(tf.matMul(order, flat), [batch, TILES, TILES, side, side, channels]);
  const joined = tf.reshape<tf.Rank.R4>(tf.transpose(ordered, [0, 1, 3, 2, 4, 5]), main.shape);
  if (whole === height && whole === width) return joined;
  const right = tf.slice(x, [0, 0, whole, 0], [-1, whole, -1, -1]);
  const below = tf.slice(x, [0, whole, 0, 0], [-1, -1, -1, -1]);
  return tf.concat4d([tf.concat4d([joined, right], 2), below], 1);
}

/** The three high-pass filters, each over all colours, as the code orders them: `[5, 5, 3, 3]`. */
function noiseFilter(): tf.Tensor4D {
  const kernels = [2, 0, 1].map((k) => {
    const { rows, divisor } = SRM[k];
    return rows.map((row) => row.map((x) => x / divisor));
  });
  const values = kernels[0].map((row, y) =>
    row.map((_, x) => [0, 1, 2].map(() => kernels.map((kernel) => kernel[y][x])))
  );
  return tf.tensor4d(values);
}

/** Two views of a batch. */
export interface Views {
  /** What is learnt from and told apart. */
  readonly query: tf.Tensor4D;
  /** What the momentum encoder sees. */
  readonly key: tf.Tensor4D;
}

/**
 * The views of normalised pictures, without a gradient.
 *
 * @param images `[batch, side, side, 3]`.
 */
export function viewsOf(images: tf.Tensor4D, draws: ViewDraws): Views {
  const { order, noisy, flipped, contrast, brightness } = draws;
  const noise = (x: tf.Tensor4D) =>
    tf.add<tf.Tensor4D>(
      x,
      tf.mul(noisy, conv2d(x, noiseFilter(), { padding: 2 })),
    );
  const key = withoutGradient(() => {
    const turned = tf.add(
      tf.mul(tf.sub(1, flipped), images),
      tf.mul(flipped, tf.reverse(images, 2)),
    );
    return noise(tf.add<tf.Tensor4D>(tf.mul(turned, contrast), brightness));
  });
  return { query: withoutGradient(() => inTiles(noise(images), order)), key };
}
