/**
 * Dual cross-modality attention (Luo et al., CVPR 2021, Sec. 3.4): two feature maps of one size add to each
 * other what the positions of the other that they resemble hold.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  convolutionParameters,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** Channels per channel of a key. [code] */
const RATIO = 8;

/** What attention's weights begin with: Glorot and Bengio's normal numbers, fifty times smaller. [code] */
export function attentionDeviation(inputs: number, outputs: number): number {
  return 0.02 * Math.sqrt(2 / (inputs + outputs));
}

/** What decides an attention's parameters. */
export interface DualAttentionShape {
  /** Channels of both maps. */
  readonly channels: number;
  /** Positions of a map, height times width: two of its layers are tied to them. */
  readonly positions: number;
}

/** The parameters in PyTorch's order. The two γ begin at 0, so that the maps begin as they are. */
export function dualAttentionParameters(
  name: string,
  { channels, positions }: DualAttentionShape,
): ParameterSpecification[] {
  const keys = Math.floor(channels / RATIO);
  const pixelwise = (layer: string, inputs: number, outputs: number) =>
    convolutionParameters(`${name}.${layer}`, {
      size: 1,
      inputs,
      outputs,
      bias: true,
      deviation: attentionDeviation(inputs, outputs),
    });
  const overPositions = (layer: string) => {
    const [weight, bias] = linearParameters(`${name}.${layer}`, {
      inputs: positions,
      outputs: positions,
    });
    return [{ ...weight, first: { deviation: attentionDeviation(positions, positions) } }, bias];
  };
  return [
    { name: `${name}.gamma1`, shape: [1], role: "offset", fanIn: 0 },
    { name: `${name}.gamma2`, shape: [1], role: "offset", fanIn: 0 },
    ...pixelwise("key_conv1", channels, keys),
    ...pixelwise("key_conv2", channels, keys),
    ...pixelwise("key_conv_share", keys, keys),
    ...overPositions("linear1"),
    ...overPositions("linear2"),
    ...pixelwise("value_conv1", channels, channels),
    ...pixelwise("value_conv2", channels, channels),
  ];
}

/**
 * x′ = x + γ₁ A V(y) and y′ = y + γ₂ B V(x). E holds how positions of x and of y resemble each other, by
 * their keys; A is the softmax over a linear layer of its rows, B over one of its columns. The tap is
 * called at `NAME.x` and `NAME.y`.
 *
 * @param maps x and y, `[batch, height, width, channels]`.
 * @param name What `dualAttentionParameters` was called with.
 * @returns x′ and y′.
 * @throws Error when a map has another number of positions than the parameters.
 */
export function dualAttention(
  [x, y]: readonly [tf.Tensor4D, tf.Tensor4D],
  name: string,
  { layers, parameters }: { layers: Layers; parameters: Parameters },
): [tf.Tensor4D, tf.Tensor4D] {
  const [batch, height, width] = x.shape, positions = height * width;
  const pixelwise = (z: tf.Tensor4D, layer: string) =>
    layers.convolution(z, `${name}.${layer}`, { stride: 1, padding: 0 });
  const rowsOf = (z: tf.Tensor4D) => tf.reshape<tf.Rank.R3>(z, [batch, positions, z.shape[3]]);
  const keysOf = (z: tf.Tensor4D, layer: string) =>
    rowsOf(pixelwise(pixelwise(z, layer), "key_conv_share"));
  const energy = tf.matMul(keysOf(x, "key_conv1"), keysOf(y, "key_conv2"), false, true);
  const attention = (e: tf.Tensor, layer: string) => {
    const rows = tf.reshape<tf.Rank.R2>(e, [batch * positions, positions]);
    const weights = tf.softmax(layers.linear(rows, `${name}.${layer}`));
    return tf.reshape<tf.Rank.R3>(weights, [batch, positions, positions]);
  };
  const looked = (weights: tf.Tensor3D, at: tf.Tensor4D, value: string) =>
    tf.reshape(tf.matMul(weights, rowsOf(pixelwise(at, value))), at.shape);
  const onY = attention(energy, "linear1"),
    onX = attention(tf.transpose(energy, [0, 2, 1]), "linear2");
  const grown = (own: tf.Tensor4D, gamma: string, seen: tf.Tensor) =>
    tf.add(own, tf.mul(parameters[`${name}.${gamma}`], seen)) as tf.Tensor4D;
  return [
    layers.tap(`${name}.x`, grown(x, "gamma1", looked(onY, y, "value_conv2"))),
    layers.tap(`${name}.y`, grown(y, "gamma2", looked(onX, x, "value_conv1"))),
  ];
}
