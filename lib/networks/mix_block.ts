/**
 * MixBlock of F3-Net (Qian et al., "Thinking in Frequency", ECCV 2020, Sect. 3.3): each of two streams takes
 * from the other where an attention map, made of both, says so. yyk-wew/F3Net at commit 01942ca has this
 * block, without a network that uses it.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** The streams in the order of the parameters. */
const STREAMS = ["FAD", "LFS"] as const;

/** What is learnt of a block over `channels` channels in each stream, in the code's order and names. */
export function mixBlockParameters(name: string, channels: number): ParameterSpecification[] {
  const size = 1, bias = true, role = "uniformFilter";
  const each = (make: (stream: string) => ParameterSpecification[]) =>
    STREAMS.flatMap((stream) => make(`${name}.${stream}`));
  const points = (part: string) =>
    each((of) =>
      convolutionParameters(`${of}_${part}`, {
        size,
        inputs: channels,
        outputs: channels,
        bias,
        role,
      })
    );
  return [
    ...each((of) => [{ name: `${of}_gamma`, shape: [1], role: "offset", fanIn: 0 }]),
    ...points("query"),
    ...points("key"),
    ...each((of) => [
      ...convolutionParameters(`${of}_conv`, { size, inputs: 1, outputs: channels, bias, role }),
      ...batchNormParameters(`${of}_bn`, channels),
    ]),
  ];
}

/** Both streams' maps of one size. */
export interface Streams {
  /** Of the decomposed picture, `[batch, side, side, channels]`. */
  readonly decomposed: tf.Tensor4D;
  /** Of the local statistics, of the same shape. */
  readonly statistics: tf.Tensor4D;
}

/**
 * Both streams with what they took from each other. For each channel, queries and keys (1×1 convolutions) are
 * square matrices; attention = softmax over columns of Q Kᵀ + Q′ K′ᵀ, and
 *
 *     y = x + BN(w · (x′ ⊙ attention) (2 σ(γ′) − 1)),   x′: the other stream, γ′ its weight, w by channel
 *
 * The weights γ begin at 0, so at first nothing is taken.
 *
 * @throws TypeError when the maps differ in shape or are not square: the attention is over places.
 */
export function mixBlock(
  { decomposed, statistics }: Streams,
  { name, layers, parameters }: { name: string; layers: Layers; parameters: Parameters },
): Streams {
  const [, height, width] = decomposed.shape;
  if (decomposed.shape.join() !== statistics.shape.join() || height !== width) {
    throw new TypeError(
      `A MixBlock needs square maps of one size, not [${decomposed.shape}] and [${statistics.shape}].`,
    );
  }
  const byChannel = (x: tf.Tensor4D, part: string) =>
    tf.transpose(
      layers.convolution(x, `${name}.${part}`, { stride: 1, padding: 0 }),
      [0, 3, 1, 2],
    );
  const energyOf = (x: tf.Tensor4D, of: string) =>
    tf.matMul(byChannel(x, `${of}_query`), byChannel(x, `${of}_key`), false, true);
  const energy = tf.add(energyOf(decomposed, "FAD"), energyOf(statistics, "LFS"));
  const attention = tf.transpose(tf.softmax(energy), [0, 2, 3, 1]);
  const taken = (from: tf.Tensor4D, { of, into }: { of: string; into: string }) => {
    const gamma = tf.tanh(tf.div(parameters[`${name}.${of}_gamma`], 2));
    const seen = tf.mul(tf.mul(from, attention), gamma) as tf.Tensor4D;
    const weighed = layers.convolution(seen, `${name}.${into}_conv`, {
      stride: 1,
      padding: 0,
      depthwise: true,
    });
    return layers.batchNorm(weighed, `${name}.${into}_bn`);
  };
  return {
    decomposed: tf.add(decomposed, taken(statistics, { of: "LFS", into: "FAD" })),
    statistics: tf.add(statistics, taken(decomposed, { of: "FAD", into: "LFS" })),
  };
}
