/**
 * Mixup (Zhang et al. 2017): each picture of a batch is laid over another one, and its target with it.
 * Parameters are drawn on the CPU from a seed; applying them is a pure function of tensors, so that it
 * can be captured with the training step.
 */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "lib/random.ts";

/** Numbers a picture in a mixup tensor: its own share λ, and its partner's place in the batch. */
export const MIXUP_WIDTH = 2;

/**
 * The logarithm of a draw from the Gamma distribution of shape `alpha` and scale 1: Marsaglia and Tsang
 * (2000) for shapes from 1; below, Gamma(α) = Gamma(α + 1) · U^(1/α), which for small α is too small for
 * a number, but not its logarithm.
 */
function logGamma(alpha: number, random: Random): number {
  if (alpha < 1) return logGamma(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  const d = alpha - 1 / 3, c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = random.normal(), v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform(); // above 0
    if (Math.log(u) < x * x / 2 + d * (1 - v + Math.log(v))) return Math.log(d) + Math.log(v);
  }
}

/** A share λ ~ Beta(α, α): X / (X + Y) of two Gamma draws. */
function drawShare(alpha: number, random: Random): number {
  return 1 / (1 + Math.exp(logGamma(alpha, random) - logGamma(alpha, random)));
}

/** @throws RangeError for an α that mixup cannot have. */
function assertAlpha(alpha: number): void {
  if (alpha >= 0 && alpha < Infinity) return;
  throw new RangeError(`Mixup: alpha is a number from 0, not ${alpha}.`);
}

/**
 * Draw the parameters of a batch, as the official code does: one share λ ~ Beta(α, α) for all pictures,
 * and a random permutation that gives each its partner, which may be itself.
 *
 * @param options `alpha` 0 or more; 0 mixes nothing: λ is 1, and each picture is its own partner.
 * @returns count · 2 numbers, for each picture: λ, 0 to 1; its partner's place, 0 to count − 1.
 * @throws RangeError when alpha is negative or no number.
 */
export function drawMixup(
  count: number,
  { alpha, random }: { alpha: number; random: Random },
): Float32Array {
  assertAlpha(alpha);
  const places = Array.from({ length: count }, (_, i) => i);
  if (alpha === 0) return Float32Array.from(places.flatMap((i) => [1, i]));
  const share = drawShare(alpha, random);
  return Float32Array.from(random.shuffle(places).flatMap((partner) => [share, partner]));
}

/**
 * Draw the parameters of a batch of pairs, as NTechLab does in the Deepfake Detection Challenge (code at commit
 * 52095ce, Apache-2.0): each picture is mixed with the other one of its pair, a fake with its own real picture,
 * by a share λ ~ Beta(α, α) of its own. There a pair is one picture of a batch; here it is two, of other shares.
 *
 * @param partners Of each picture its partner's place; its own where it has none: it then stays as it is.
 * @param options `alpha` 0 or more; 0 mixes nothing.
 * @returns As `drawMixup`.
 * @throws RangeError when alpha is negative or no number.
 *
 * @example
 * ```ts
 * import { drawPairMixup } from "lib/batches/mixup.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const [share, partner] = drawPairMixup([1, 0], { alpha: 0.5, random: createRandom(1) });
 * assert.ok(share > 0 && share < 1);
 * assert.equal(partner, 1);
 * ```
 */
export function drawPairMixup(
  partners: readonly number[],
  { alpha, random }: { alpha: number; random: Random },
): Float32Array {
  assertAlpha(alpha);
  return Float32Array.from(
    partners.flatMap((partner) => [alpha === 0 ? 1 : drawShare(alpha, random), partner]),
  );
}

/** Pictures with their targets. */
export interface Mixed {
  /** float32 [batch, height, width, channels], in any range. */
  readonly images: tf.Tensor4D;
  /** float32 [batch, classes]: probability of each class. */
  readonly targets: tf.Tensor2D;
  /** float32 [batch, height, width, 1], where there are masks. */
  readonly masks?: tf.Tensor4D;
}

/**
 * Apply mixup: λ · own + (1 − λ) · partner's, for pictures, targets and masks alike. Cross-entropy is linear in
 * the targets, so the loss is the official code's λ · CE(own) + (1 − λ) · CE(partner's), and losses
 * without targets are the same for both.
 *
 * @param parameters float32 [batch, 2] from `drawMixup`; of fewer rows, where the pictures behind these are only
 * there to be laid over them. With λ = 1 nothing changes, not a bit. A partner
 * outside the batch is TensorFlow's error on a processor, and zeros on a GPU.
 * @returns New tensors, as many pictures as parameters, which the caller disposes.
 * @throws TypeError when the parameters are of another batch.
 *
 * @example Three quarters of one, a quarter of the other
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { mixUp } from "lib/batches/mixup.ts";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([0, 100], [2, 1, 1, 1]);
 * const targets = tf.tensor2d([[1, 0], [0, 1]]); // real, fake
 * const mixed = mixUp({ images, targets }, tf.tensor2d([[0.75, 1], [0.75, 0]]));
 * assert.deepEqual([...mixed.images.dataSync()], [25, 75]);
 * assert.deepEqual(mixed.targets.arraySync(), [[0.75, 0.25], [0.25, 0.75]]);
 * ```
 */
export function mixUp({ images, targets, masks }: Mixed, parameters: tf.Tensor2D): Mixed {
  const [batch] = images.shape;
  const [count] = parameters.shape;
  if (count > batch || parameters.shape[1] !== MIXUP_WIDTH) {
    throw new TypeError(
      `Mixup of ${batch} pictures takes parameters [${batch}, ${MIXUP_WIDTH}], ` +
        `not [${parameters.shape.join(", ")}].`,
    );
  }
  return tf.tidy(() => {
    const [share, partner] = tf.split(parameters, 2, 1); // [batch, 1] each
    const place = tf.cast(partner, "int32"), rest = tf.sub(1, share);
    const mix = <T extends tf.Tensor>(own: T): T => {
      const rows = tf.reshape(own, [batch, own.size / batch]);
      // `gatherND`, as the native `gather` reads its indices back, which cannot be captured.
      const other = tf.gatherND(rows, place);
      const mixed = tf.add(
        tf.mul(count === batch ? rows : tf.slice(rows, [0, 0], [count, -1]), share),
        tf.mul(other, rest),
      );
      return tf.reshape(mixed, [count, ...own.shape.slice(1)]) as T;
    };
    return { images: mix(images), targets: mix(targets), ...masks ? { masks: mix(masks) } : {} };
  });
}
