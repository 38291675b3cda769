/**
 * Texture enhancement of Multi-Attentional (Zhao et al., CVPR 2021): what is left of shallow features
 * without their local mean, through a densely connected block for each attention map. Names, order and
 * gradients are those of the second version in yoctta/multiple-attention at commit bb069cc, which its
 * detector uses.
 */
import * as tf from "@tensorflow/tfjs";
import { detach } from "lib/engine/detach.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { averageAreas, resizeLinear } from "./resize_maps.ts";

/** The dense block's first three convolutions have windows of these sides. */
const WINDOWS = [5, 3, 3, 3] as const;

/** Its size. */
export interface TextureSize {
  /** Channels of the shallow features, and of what is made of them for each map. */
  readonly channels: number;
  /** Attention maps. */
  readonly maps: number;
}

/** Its parameters under a name, in PyTorch's order. */
export function textureParameters(
  name: string,
  { channels, maps }: TextureSize,
): ParameterSpecification[] {
  const all = channels * maps;
  const convolution = (layer: string, size: number, inputs: number, outputs: number) =>
    convolutionParameters(`${name}.${layer}`, {
      ...{ size, inputs, outputs },
      bias: true,
      role: "uniformFilter",
    });
  // These see what several layers gave, and the layers behind see it without them: no one layer's.
  const norm = (k: number) =>
    batchNormParameters(`${name}.bn${k}`, k * all, { behindActivation: true });
  return [
    ...convolution("conv_extract", 3, channels, channels),
    ...WINDOWS.flatMap((size, k) => [
      ...convolution(`conv${k}`, size, Math.max(1, k) * channels, all),
      ...(k > 0 ? norm(k) : []),
    ]),
    ...convolution("conv_last", 1, WINDOWS.length * channels, all),
    ...norm(WINDOWS.length),
    ...batchNormParameters(`${name}.bn_last`, all),
  ];
}

/** What texture enhancement gives. */
export interface Textures {
  /** `[batch, side, side, maps, channels]`: for each map its own features, 0 or more. */
  readonly textures: tf.Tensor5D;
  /** `[batch, height, width, channels]` at the maps' size: the local mean that was taken away. */
  readonly means: tf.Tensor4D;
}

/**
 * Enhances what is seen where each map looks.
 *
 * @param features Shallow, `[batch, side, side, channels]`.
 * @param maps `[batch, small, small, maps]`; no gradient goes back to them from here.
 */
export function enhanceTextures(
  features: tf.Tensor4D,
  { maps, name, layers }: { maps: tf.Tensor4D; name: string; layers: Layers },
): Textures {
  const [batch, side, , channels] = features.shape, [, small, , count] = maps.shape;
  const convolution = (x: tf.Tensor4D, layer: string, size: number, groups = count) =>
    layers.convolution(x, `${name}.${layer}`, { stride: 1, padding: (size - 1) / 2, groups });
  const norm = (x: tf.Tensor4D, bn: string) => tf.relu(layers.batchNorm(x, `${name}.${bn}`));
  /** Side by side within each map's group. */
  const joined = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => {
    const grouped = (x: tf.Tensor4D) => tf.reshape(x, [batch, side, side, count, -1]);
    return tf.reshape(tf.concat([grouped(a), grouped(b)], 4), [batch, side, side, -1]);
  };
  const extracted = convolution(features, "conv_extract", 3, 1),
    means = averageAreas(extracted, small);
  const left = side > small
    ? tf.sub(extracted, tf.image.resizeNearestNeighbor(means, [side, side]))
    : extracted;
  const seen = tf.tanh(resizeLinear(detach(maps), side, "corners"));
  const byMap = tf.mul(tf.expandDims(left, 3), tf.expandDims(seen, 4));
  const first: tf.Tensor4D = tf.reshape(byMap, [batch, side, side, count * channels]);
  let all = convolution(first, "conv0", WINDOWS[0]);
  for (let k = 1; k < WINDOWS.length; k++) {
    all = joined(all, convolution(norm(all, `bn${k}`), `conv${k}`, WINDOWS[k]));
  }
  const last = norm(convolution(norm(all, `bn${WINDOWS.length}`), "conv_last", 1), "bn_last");
  return { textures: tf.reshape(last, [batch, side, side, count, channels]), means };
}
