/**
 * Region independence (Zhao et al., "Multi-attentional Deepfake Detection", CVPR 2021, Eq. 3): what each
 * attention map sees of real faces is drawn to a centre of its own, and the centres apart.
 */
import * as tf from "@tensorflow/tfjs";
import { detach } from "lib/engine/detach.ts";

/**
 * Which of three forms. With V the vectors, c′ the centres after this batch, m the margin of a picture's
 * class and α the rate:
 *
 * - `"official"`, `Auxiliary_Loss_v2` of yoctta/multiple-attention at commit bb069cc, which its detector
 *   uses: only real pictures move centres (the mean is over all), ‖V − c′‖ is of all maps together, and
 *   the term between centres is divided by maps · α
 * - `"published"`, its `Auxiliary_Loss_v1`: the paper's formula, in which both classes move the centres and
 *   ‖V − c′‖ is of each map; the division by maps · α goes to a misspelt name there and has no effect
 * - `"deepfakeBench"`, DeepfakeBench's at commit 8a4a7bf: as published and divided, but with centres that no
 *   gradient reaches, so that the term between them is a number that nothing can lower
 */
export type RegionForm = "official" | "published" | "deepfakeBench";

/** How far apart. */
export interface RegionMargins {
  /** Which form. */
  readonly form: RegionForm;
  /** Centres nearer to each other than this cost. [code: 0.8; published: 0.2] */
  readonly betweenCentres: number;
  /**
   * Of real and of fake: farther from the centres than this costs; where it is negative, nearer than its
   * opposite. [code: 0.2 and −0.8; published: 0.05 and 0.1]
   */
  readonly fromCentres: readonly [real: number, fake: number];
}

/** What there is of a batch. */
export interface RegionInputs {
  /** V: `[batch, maps, n]`, of unit length. */
  readonly vectors: tf.Tensor3D;
  /** c: `[maps, n]`. */
  readonly centres: tf.Tensor2D;
  /** `[batch, 2]`: real, fake; a picture is of the class that has the larger share. */
  readonly classes: tf.Tensor2D;
  /** α: how far centres move to a batch. [code: 0.05, times 0.9 after each epoch] */
  readonly rate: tf.Scalar;
}

/** √Σx² over some axes; its gradient is 0 where all are 0, as PyTorch's. */
const lengthOf = (x: tf.Tensor, axes: number | number[]): tf.Tensor =>
  tf.sqrt(tf.maximum(tf.sum(tf.square(x), axes), 1e-30));

/**
 * The loss and the centres after the batch: c′ = c + α · mean over the batch of (V − c), in which
 * `"official"` counts fakes as 0;
 *
 *     L = mean relu(‖V − c′‖ · sign(m) − m) + Σ_{j<k} relu(m_c − ‖c′_j − c′_k‖) / (maps · α)
 *
 * Gradients go through c′ too, except for `"deepfakeBench"`; c is a constant.
 *
 * @returns `loss`, a scalar, 0 or more; `centres`, `[maps, n]`, without a gradient.
 *
 * @example Two centres in one place cost their margin
 * ```ts
 * import { regionIndependence } from "lib/losses/region_independence.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const batch = {
 *   vectors: tf.ones<tf.Rank.R3>([1, 2, 1]),
 *   centres: tf.ones<tf.Rank.R2>([2, 1]),
 *   classes: tf.tensor2d([[1, 0]]),
 *   rate: tf.scalar(0.5),
 * };
 * const margins = { form: "official", betweenCentres: 3, fromCentres: [0.2, -0.8] } as const;
 * assert.equal(regionIndependence(batch, margins).loss.dataSync()[0], 3 / (2 * 0.5));
 * ```
 */
export function regionIndependence(
  { vectors, centres, classes, rate }: RegionInputs,
  { form, betweenCentres, fromCentres }: RegionMargins,
): { loss: tf.Scalar; centres: tf.Tensor2D } {
  return tf.tidy(() => {
    const maps = vectors.shape[1], isOfficial = form === "official";
    const isFake = tf.cast(tf.greater(tf.slice(classes, [0, 1], [-1, 1]), 0.5), "float32"); // [batch, 1]
    const old = detach(centres), towards = tf.sub(vectors, old);
    const counted = isOfficial ? tf.mul(towards, tf.expandDims(tf.sub(1, isFake), 2)) : towards;
    const moved: tf.Tensor2D = tf.add(old, tf.mul(rate, tf.mean(counted, 0)));
    const stored = detach(moved), used = form === "deepfakeBench" ? stored : moved;

    const [ofReal, ofFake] = fromCentres;
    const margin = tf.add(ofReal, tf.mul(isFake, ofFake - ofReal)); // [batch, 1]
    const away = tf.sub(vectors, used);
    const far = isOfficial
      ? tf.mul(tf.expandDims(lengthOf(away, [1, 2]), 1), tf.sign(margin))
      : lengthOf(away, 2);
    const within = tf.mean(tf.relu(tf.sub(far, margin)));

    const pairs = tf.sub(tf.expandDims(used, 0), tf.expandDims(used, 1)); // [maps, maps, n]
    const near = tf.relu(tf.sub(betweenCentres, lengthOf(pairs, 2)));
    const once = Array.from(
      { length: maps ** 2 },
      (_, i) => i % maps > Math.floor(i / maps) ? 1 : 0,
    );
    const between = tf.sum(tf.mul(near, tf.tensor2d(once, [maps, maps])));
    const scaled = form === "published" ? between : tf.div(between, tf.mul(maps, rate));
    return { loss: tf.add(within, scaled) as tf.Scalar, centres: stored };
  });
}

/**
 * How far what the maps see moved when one of them was dropped: mean over batch and maps of ‖V̂ − V‖, in
 * which the dropped map counts as 0.
 *
 * @param vectors V and, of the changed pictures, V̂: `[batch, maps, n]`.
 * @param chosen `[batch, maps]`: 1 at the map that was dropped.
 */
export function matchLoss(
  { vectors, changed, chosen }: Record<"vectors" | "changed", tf.Tensor3D> & {
    chosen: tf.Tensor2D;
  },
): tf.Scalar {
  return tf.tidy(() => {
    const moved = lengthOf(tf.sub(changed, vectors), 2);
    return tf.mean(tf.mul(moved, tf.sub(1, chosen))) as tf.Scalar;
  });
}
