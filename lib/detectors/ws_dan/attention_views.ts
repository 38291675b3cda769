/**
 * WS-DAN's second and third look at a batch (Hu et al. 2019, Sec. 3.2): each picture cut to where one of its
 * attention maps looks, and blackened there. Numbers are those of `batch_augment` of cuihaoleo/kaggle-dfdc at
 * commit 91dae24 (MIT).
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { type Seed, statelessUniform } from "lib/engine/stateless_random.ts";
import { chosenMaps } from "lib/networks/attention_choice.ts";
import { linearShares, resizeByShares } from "lib/networks/resize_maps.ts";
import { resizeEachByShares } from "lib/networks/windows.ts";

/** What an empty map has of the choice. [code] */
const LEAST = 1e-12;

/** Shares of a map's largest value from which a place is cut to, or dropped. [code] */
const CUT_FROM = [0.4, 0.6] as const, DROP_FROM = [0.4, 0.7] as const;

/** What is left around the cut, as a share of the picture's side. [code, in training] */
export const CROP_PADDING = 0.1;

/** By what a batch's views are made. */
export interface ViewGuides {
  /** `[batch, height, width, 1]`: the map that is cut to. */
  readonly cropMap: tf.Tensor4D;
  /** `[batch]`, 0 to 1: the share of its largest value from which it counts. */
  readonly cropShare: tf.Tensor1D;
  /** The map that is dropped. */
  readonly dropMap: tf.Tensor4D;
  /** Its share. */
  readonly dropShare: tf.Tensor1D;
}

/**
 * Draws which maps are looked through, the more there is in one the likelier, and from which share on.
 *
 * @param maps `[batch, height, width, maps]`, 0 or more.
 * @param seed Of the pass that drew the maps; layers use other numbers of it.
 */
export function drawGuides(maps: tf.Tensor4D, seed: Seed): ViewGuides {
  // Layers add multiples of 2³²/φ from 0 on; these are those below 0.
  const own = (k: number) =>
    tf.add(seed, tf.tensor1d([Math.imul(0x9e3779b9, -k), 0], "int32")) as Seed;
  const [batch] = maps.shape;
  const uniform = (k: number) => statelessUniform([batch], own(k)) as tf.Tensor1D;
  const within = ([low, high]: readonly [number, number], u: tf.Tensor1D) =>
    tf.add(low, tf.mul(u, high - low)) as tf.Tensor1D;
  const chosen = (k: number) =>
    withoutGradient(() => {
      const one = chosenMaps(maps, uniform(k), LEAST);
      return tf.sum<tf.Tensor4D>(tf.mul(maps, tf.reshape(one, [batch, 1, 1, -1])), 3, true);
    });
  return {
    cropMap: chosen(1),
    cropShare: within(CUT_FROM, uniform(3)),
    dropMap: chosen(2),
    dropShare: within(DROP_FROM, uniform(4)),
  };
}

/** The map at the picture's size, and from what on it counts; the largest value is the small map's. [code] */
function atSize([, height]: readonly number[], map: tf.Tensor4D, share: tf.Tensor1D) {
  const scale = height / map.shape[1];
  const large = scale === 1
    ? map
    : resizeByShares(map, (from) =>
      linearShares(from, { to: Math.round(from * scale), places: "corners" }));
  const from = tf.mul(tf.max(map, [1, 2], true), tf.reshape(share, [-1, 1, 1, 1]));
  return { large, from };
}

/**
 * How much each old row counts in a new one when the side is cut to where `inside` is 1 and stretched, corner to
 * corner: `[batch, side, side]`.
 *
 * @param inside `[batch, side]`, 0 or 1; of a side without a 1 all stays.
 */
function stretched(inside: tf.Tensor2D, padding: number): tf.Tensor3D {
  const [batch, side] = inside.shape, places = tf.range(0, side), room = padding * side;
  const first = tf.min(tf.sub(side, tf.mul(inside, tf.sub(side, places))), 1);
  const last = tf.max(tf.mul(inside, places), 1);
  const isEmpty = tf.cast(tf.equal(first, side), "float32"), isSeen = tf.sub(1, isEmpty);
  const start = tf.mul(isSeen, tf.maximum(tf.floor(tf.sub(first, room)), 0));
  const until = tf.mul(isSeen, tf.minimum(tf.floor(tf.add(last, room)), side));
  const end = tf.add(until, tf.mul(isEmpty, side));
  const step = tf.div(tf.maximum(tf.sub(tf.sub(end, start), 1), 0), Math.max(1, side - 1));
  const at = tf.add(tf.expandDims(start, 1), tf.mul(tf.expandDims(step, 1), places)); // [batch, side]
  const apart = tf.sub(tf.reshape(at, [batch, side, 1]), places);
  return tf.relu(tf.sub(1, tf.abs(apart)));
}

/**
 * Each picture cut to where a map looks, and stretched to its old size. A cut begins `padding` before the first
 * row that counts; as in the code it ends so far behind the last one without that one itself.
 *
 * @param images `[batch, height, width, 3]`, in any range.
 * @param padding Share of the side that is left around it.
 * @returns The same shape, without a gradient.
 */
export function attentionCrop(
  images: tf.Tensor4D,
  { map, share, padding }: { map: tf.Tensor4D; share: tf.Tensor1D; padding: number },
): tf.Tensor4D {
  return withoutGradient(() => {
    const { large, from } = atSize(images.shape, map, share);
    const seen = tf.cast(tf.greaterEqual(large, from), "float32");
    return resizeEachByShares(images, {
      rows: stretched(tf.max<tf.Tensor2D>(seen, [2, 3]), padding),
      columns: stretched(tf.max<tf.Tensor2D>(seen, [1, 3]), padding),
    });
  });
}

/** Each picture with zeros where a map looks; `map` and `share` as `attentionCrop`. */
export function attentionDrop(
  images: tf.Tensor4D,
  { map, share }: { map: tf.Tensor4D; share: tf.Tensor1D },
): tf.Tensor4D {
  return withoutGradient(() => {
    const { large, from } = atSize(images.shape, map, share);
    return tf.mul<tf.Tensor4D>(images, tf.cast(tf.less(large, from), "float32"));
  });
}
