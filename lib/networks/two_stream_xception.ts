/**
 * Luo et al.'s network (CVPR 2021, Fig. 3): an Xception on the picture and one on its noise. Noise of the
 * picture's features goes over at two scales, the noise says where the picture's stream is to look, both
 * attend to each other twice, and their features are fused. Names, sizes and first values are the
 * authors' code's (crywang/face-forgery-detection, commit bcdb903).
 */
import * as tf from "@tensorflow/tfjs";
import { attentionDeviation, dualAttention, dualAttentionParameters } from "./dual_attention.ts";
import type { Layers } from "./layers.ts";
import { layersUnder } from "./layers_under.ts";
import {
  featureNoiseParameters,
  noiseOf,
  noiseOfFeatures,
  type NoiseOrder,
  noiseParameters,
} from "./noise_filters.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { xceptionParameters, xceptionStage, xceptionStages } from "./xception.ts";
import { xceptionChannels } from "./xception_layout.ts";

/** Where the parameters of the two streams are. */
export const STREAMS: Readonly<Record<"picture" | "noise", string>> = Object.freeze({
  picture: "xception_rgb.model.",
  noise: "xception_srm.model.",
});

/** A stream's classifier; the code has a dropout before it. The noise stream's is never asked. */
const CLASSIFIER = "last_linear.1";

/** The classifier of what both streams agree on. */
export const TWO_STREAM_CLASSIFIER: string = STREAMS.picture + CLASSIFIER;

/** Features per unit of the fusion's hidden layer. [code] */
const RATIO = 16;

/** What decides the network's parameters. */
export interface TwoStreamShape {
  /** Side of the pictures in pixels: the attention is tied to it. */
  readonly imageSize: number;
  /** How many logits it gives. */
  readonly classes: number;
  /** Channels as a share of the published network's. Default 1. */
  readonly width?: number;
  /** Which filters channels see. Default: the code's. */
  readonly noiseOrder?: NoiseOrder;
}

/** Side of the maps that attend to each other, behind blocks 3 and 7: 16 from 247 to 262 pixels. */
function attentionSide(imageSize: number): number {
  const second = Math.floor((imageSize - 3) / 2) + 1 - 2; // neither convolution is padded
  return Math.ceil(Math.ceil(Math.ceil(second / 2) / 2) / 2);
}

/** He et al.'s normal numbers for a linear layer, by inputs. [code: `kaiming_normal_(a=1)`] */
const byInputs = (size: number, inputs: number) => 1 / Math.sqrt(size * size * inputs);

/**
 * The parameters in PyTorch's order. Of width 1 for pictures of 256, 53,242,478 are in the code's optimiser;
 * 4,098 of them are the noise stream's classifier, which no gradient reaches.
 */
export function twoStreamParameters(
  { imageSize, classes, width = 1, noiseOrder: order = "published" }: TwoStreamShape,
): ParameterSpecification[] {
  const { first, second, middle, features } = xceptionChannels(width);
  const stream = (prefix: string) =>
    xceptionParameters({ classes, width }).map((specification) => {
      const isClassifier = specification.name.startsWith("last_linear");
      return {
        ...specification,
        name: prefix + specification.name.replace("last_linear", CLASSIFIER),
        ...isClassifier && prefix === STREAMS.noise ? { role: "idle" as const } : {},
      };
    });
  const look = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, { size: 3, inputs, outputs, deviation: byInputs(3, inputs) });
  const attention = { channels: middle, positions: attentionSide(imageSize) ** 2 };
  const hidden = Math.max(1, Math.floor(features / RATIO));
  const mlp = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, {
      size: 1,
      inputs,
      outputs,
      deviation: attentionDeviation(inputs, outputs),
    });
  return [
    ...stream(STREAMS.picture),
    ...stream(STREAMS.noise),
    ...noiseParameters("srm_conv0"),
    ...featureNoiseParameters("srm_conv1", { channels: first, order }),
    ...featureNoiseParameters("srm_conv2", { channels: second, order }),
    ...noiseParameters("srm_sa.srm"),
    ...look("srm_sa.conv.0", 3, first),
    ...batchNormParameters("srm_sa.conv.1", first),
    ...look("srm_sa.conv.3", first, second),
    ...batchNormParameters("srm_sa.conv.4", second),
    ...convolutionParameters("srm_sa.pa.conv", {
      size: 7,
      inputs: 2,
      outputs: 1,
      deviation: byInputs(7, 2),
    }),
    ...batchNormParameters("srm_sa_post.0", second, { behindActivation: true }),
    ...dualAttentionParameters("dual_cma0", attention),
    ...dualAttentionParameters("dual_cma1", attention),
    ...convolutionParameters("fusion.convblk.0", {
      size: 1,
      inputs: 2 * features,
      outputs: features,
      role: "uniformFilter",
    }),
    ...batchNormParameters("fusion.convblk.1", features),
    ...mlp("fusion.ca.sharedMLP.0", features, hidden),
    ...mlp("fusion.ca.sharedMLP.2", hidden, features),
  ];
}

/** How the fused features f are made stronger by channel weights c. */
export type FusionRule =
  /** f + f c, the authors' code. */
  | "sum"
  /** f c, DeepfakeBench's. */
  | "product";

/** What a pass reads. */
export interface TwoStreamPass {
  /** Over the parameters. */
  readonly layers: Layers;
  /** Those of `twoStreamParameters`, of any width. */
  readonly parameters: Parameters;
  /** How streams are fused. Default: the authors' code's. */
  readonly fusion?: FusionRule;
}

/** Residual-guided attention: where the picture's stream is to look, `[batch, height, width, 1]`, 0 to 1. */
function whereToLook(noise: tf.Tensor4D, { layers, parameters }: TwoStreamPass): tf.Tensor4D {
  const { convolution, batchNorm, tap } = layers;
  // The code filters the noise once more.
  let x = noiseOf(noise, "srm_sa.srm", parameters);
  x = convolution(x, "srm_sa.conv.0", { stride: 2, padding: 0 });
  x = tf.relu(batchNorm(x, "srm_sa.conv.1"));
  x = convolution(x, "srm_sa.conv.3", { stride: 1, padding: 0 });
  x = tf.relu(batchNorm(x, "srm_sa.conv.4"));
  const overChannels = tf.concat([tf.mean(x, 3, true), tf.max(x, 3, true)], 3) as tf.Tensor4D;
  const map = convolution(overChannels, "srm_sa.pa.conv", { stride: 1, padding: 3 });
  return tap("srm_sa", tf.sigmoid(map));
}

/** Both streams' features in one, each channel made stronger by what the whole picture says of it. */
function fused(
  streams: readonly tf.Tensor4D[],
  { layers: { convolution, batchNorm, tap }, fusion = "sum" }: TwoStreamPass,
): tf.Tensor4D {
  const pixelwise = { stride: 1, padding: 0 };
  const mixed = convolution(
    tf.concat([...streams], 3) as tf.Tensor4D,
    "fusion.convblk.0",
    pixelwise,
  );
  const x = tap("fusion.convblk", tf.relu(batchNorm(mixed, "fusion.convblk.1")));
  const opinion = (whole: tf.Tensor) => {
    const hidden = tf.relu(convolution(whole as tf.Tensor4D, "fusion.ca.sharedMLP.0", pixelwise));
    return convolution(hidden, "fusion.ca.sharedMLP.2", pixelwise);
  };
  const [mean, largest] = [tf.mean(x, [1, 2], true), tf.max(x, [1, 2], true)];
  const channels = tf.sigmoid(tf.add(opinion(mean), opinion(largest)));
  const chosen = tf.mul(x, channels) as tf.Tensor4D;
  return tap("fusion", fusion === "sum" ? tf.add(x, chosen) : chosen);
}

/**
 * The features that both streams agree on. The tap is called as by `xception`, with the streams' prefixes
 * (`bn4` before its ReLU, which the network is without), and at `srm_conv0`, `srm_conv1`, `srm_conv2`,
 * `srm_sa` (the attention, one channel), `srm_sa_post`, `dual_cma0.x` and `.y`, `dual_cma1.x` and `.y`,
 * `fusion.convblk`, `fusion`.
 *
 * @param images RGB, `[batch, size, size, 3]`, of the size that the parameters are for.
 * @returns `[batch, features]`, 0 or more: the mean of `fusion` over the picture.
 */
export function twoStreamFeatures(images: tf.Tensor4D, pass: TwoStreamPass): tf.Tensor2D {
  const { layers, parameters } = pass;
  const streams = [STREAMS.picture, STREAMS.noise].map((prefix) => layersUnder(prefix, layers));
  const stage = (maps: [tf.Tensor4D, tf.Tensor4D], name: string) =>
    maps.map((map, i) =>
      xceptionStage(map, name, { layers: streams[i], withRelu: name !== "conv4" })
    ) as [tf.Tensor4D, tf.Tensor4D];
  const noise = layers.tap("srm_conv0", noiseOf(images, "srm_conv0", parameters));
  let maps: [tf.Tensor4D, tf.Tensor4D] = [images, noise];
  for (const name of xceptionStages()) {
    maps = stage(maps, name);
    // Sums of what is 0 or more: the code's ReLU behind them changes nothing.
    if (name === "conv1") maps[1] = tf.add(maps[1], noiseOfFeatures(maps[0], "srm_conv1", pass));
    if (name === "conv2") {
      maps[1] = tf.add(maps[1], noiseOfFeatures(maps[0], "srm_conv2", pass));
      const looked = tf.add(tf.mul(maps[0], whereToLook(noise, pass)), maps[0]) as tf.Tensor4D;
      maps[0] = layers.tap("srm_sa_post", tf.relu(layers.batchNorm(looked, "srm_sa_post.0")));
    }
    if (name === "block3") maps = dualAttention(maps, "dual_cma0", pass);
    if (name === "block7") maps = dualAttention(maps, "dual_cma1", pass);
  }
  return tf.mean<tf.Tensor2D>(fused(maps, pass), [1, 2]);
}
