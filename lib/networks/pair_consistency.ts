/**
 * Which places of a map are of one source: the consistency branch of pair-wise self-consistency learning
 * (Zhao et al., "Learning Self-Consistency for Deepfake Detection", ICCV 2021, Eq. 1). Every place is compared
 * with every other one in a single product; code that others wrote goes through the places one by one.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import { convolutionParameters, type ParameterSpecification } from "./parameters.ts";

/** The two embeddings of a place. */
const EMBEDDINGS = ["theta", "phi"] as const;

/** What is learnt: two 1×1 convolutions with biases, which keep the number of channels. */
export function consistencyParameters(channels: number): ParameterSpecification[] {
  return EMBEDDINGS.flatMap((name) =>
    convolutionParameters(name, {
      size: 1,
      inputs: channels,
      outputs: channels,
      bias: true,
      role: "uniformFilter",
    })
  );
}

/**
 * The logits of the consistency of all pairs of places: V = σ(φ(x)_i · θ(x)_j / √channels).
 *
 * @param x `[batch, height, width, channels]`.
 * @param layers Over the parameters of `consistencyParameters`.
 * @returns `[batch, places, places]`, i and j in rows from the top: above 0 where two places are taken for of
 * one source.
 */
export function consistencyVolume(
  x: tf.Tensor4D,
  { layers }: { layers: Layers },
): tf.Tensor3D {
  const [batch, height, width, channels] = x.shape;
  const [theta, phi] = EMBEDDINGS.map((name) =>
    tf.reshape<tf.Rank.R3>(
      layers.convolution(x, name, { stride: 1, padding: 0 }),
      [batch, height * width, channels],
    )
  );
  return tf.div(tf.matMul(phi, theta, false, true), Math.sqrt(channels));
}

/**
 * How consistent each place is with all of them, in the mean: low at places of another source than most.
 *
 * @param volume As `consistencyVolume` returns it.
 * @param sides Of the map that it was made of, in places.
 * @returns `[batch, height, width, 1]`, 0 to 1.
 *
 * @example Of two places, the one that does not fit even itself
 * ```ts
 * import { consistencyMap } from "lib/networks/pair_consistency.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const volume = tf.tensor3d([[[99, 99], [99, -99]]]);
 * const map = consistencyMap(volume, { height: 1, width: 2 });
 * assert.deepEqual([...map.dataSync()], [1, 0.5]);
 * ```
 */
export function consistencyMap(
  volume: tf.Tensor3D,
  { height, width }: { height: number; width: number },
): tf.Tensor4D {
  const means = tf.mean(tf.sigmoid(volume), 2);
  return tf.reshape(means, [volume.shape[0], height, width, 1]);
}
