/**
 * Spatial pyramid pooling (He et al., "Spatial Pyramid Pooling in Deep Convolutional Networks", 2014): the
 * largest values of a map within grids of areas, fine and coarse, side by side.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import { resizeByShares } from "./resize_maps.ts";

/** First place, and the first behind, of an area of a side of `from` places cut into `to`; areas may overlap. */
const areaOf = (i: number, { from, to }: { from: number; to: number }) =>
  [Math.floor(i * from / to), Math.ceil((i + 1) * from / to)] as const;

/** Copies of places, so that areas lie side by side, all as wide as the widest: a place that comes twice changes no maximum. */
function sideBySide(from: number, { to, widest }: { to: number; widest: number }): tf.Tensor2D {
  const copies = new Float32Array(to * widest * from);
  for (let i = 0; i < to; i++) {
    const [first, past] = areaOf(i, { from, to });
    for (let k = 0; k < widest; k++) {
      copies[(i * widest + k) * from + Math.min(first + k, past - 1)] = 1;
    }
  }
  return tf.tensor2d(copies, [to * widest, from]);
}

/**
 * The largest values of `side` × `side` areas of a square map: PyTorch's `adaptive_max_pool2d`. DSP-FWA's windows
 * of ⌈from / side⌉ places in steps of ⌊from / side⌋ are the same for 1, 2 and 6 areas of the 7 places that it is
 * made for; at other sizes they may be other than `side` many, or leave the last places out.
 *
 * @param x `[batch, from, from, channels]`.
 * @returns `[batch, side, side, channels]`.
 *
 * @example Of three places a side, both halves have the middle one
 * ```ts
 * import { largestInAreas } from "lib/networks/spatial_pyramid.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([5, 0, 0, 0, 1, 0, 0, 0, 3], [1, 3, 3, 1]);
 * assert.deepEqual([...largestInAreas(x, 2).dataSync()], [5, 1, 1, 3]);
 * ```
 */
export function largestInAreas(x: tf.Tensor4D, side: number): tf.Tensor4D {
  const from = x.shape[1], step = Math.max(1, Math.floor(from / side));
  const areas = Array.from({ length: side }, (_, i) => areaOf(i, { from, to: side }));
  const widest = Math.max(...areas.map(([first, past]) => past - first));
  const alike = areas.every(([first, past], i) => first === i * step && past - first === widest);
  if (alike) return maxPool(x, { size: widest, stride: step });
  return tf.tidy(() => {
    const copied = resizeByShares(x, (from) => sideBySide(from, { to: side, widest }));
    return maxPool(copied, { size: widest });
  });
}

/**
 * The largest values at several levels as one vector: level by level, channel by channel, in rows.
 *
 * @param x `[batch, side, side, channels]`.
 * @param levels Areas along a side of each level.
 * @returns `[batch, channels · Σ level²]`.
 */
export function spatialPyramid(x: tf.Tensor4D, levels: readonly number[]): tf.Tensor2D {
  return tf.tidy(() =>
    tf.concat2d(
      levels.map((level) =>
        tf.reshape<tf.Rank.R2>(tf.transpose(largestInAreas(x, level), [0, 3, 1, 2]), [
          x.shape[0],
          -1,
        ])
      ),
      1,
    )
  );
}
