/**
 * The network of WS-DAN (Hu et al., "See Better Before Looking Closer", 2019) as the team WM of the Deepfake
 * Detection Challenge has it: an Xception or EfficientNet-B3 whose last features are pooled where each of some
 * attention maps looks. Names, order and gradients are those of `model_def/wsdan.py` of cuihaoleo/kaggle-dfdc at
 * commit 91dae24 (MIT).
 */
import * as tf from "@tensorflow/tfjs";
import { ofUnitLength } from "lib/engine/unit_length.ts";
import { attentionPooling } from "./attention_pooling.ts";
import { efficientnetMaps, efficientnetParameters } from "./efficientnet.ts";
import { efficientnetShape } from "./efficientnet_shape.ts";
import type { Layers } from "./layers.ts";
import { layersUnder } from "./layers_under.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { xceptionParameters, xceptionStage, xceptionStages } from "./xception.ts";
import { xceptionChannels } from "./xception_layout.ts";

/** Real and fake. */
const CLASSES = 2;

/** Added to the variance by the attention's batch norm. [code] */
const EPSILON = 1e-3;

/** Added before a root is taken. [code] */
const LEAST = 1e-12;

/** What the classifier's input, of unit length, is multiplied by. [code] */
const SCALE = 100;

/** What stands before the trunk's names. [code] */
export const TRUNK_PREFIX: Readonly<Record<WsDanShape["network"], string>> = Object.freeze({
  xception: "features.",
  b3: "EFN.",
});

/** What the network is made of. */
export interface WsDanShape {
  /** The network beneath. [code: both] */
  readonly network: "xception" | "b3";
  /** Channels as a share of the published network's. [ours] */
  readonly width: number;
  /** Attention maps. [code: 8] */
  readonly attentionMaps: number;
}

/** How it is run. */
export interface WsDanRun extends WsDanShape {
  /** Over the parameters of `wsDanParameters`. */
  readonly layers: Layers;
  /** Probability that what a map pooled is dropped; without it no second logits are given. [code: 0.5] */
  readonly mapDropout?: number;
  /** Drop connect of EfficientNet-B3. [efficientnet_pytorch: 0.2] */
  readonly dropConnect: number;
  /** Share of a new batch in EfficientNet-B3's running statistics. [efficientnet_pytorch: 0.01] */
  readonly normMomentum: number;
}

/** What the network gives. */
export interface WsDan {
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
  /** The same of what is left when some maps' features are dropped, where that was asked for. */
  readonly droppedLogits?: tf.Tensor2D;
  /** `[batch, maps · channels]`, of unit length: the features where each map looks. */
  readonly pooled: tf.Tensor2D;
  /** `[batch, side, side, maps]`, 0 or more: where each map looks. */
  readonly maps: tf.Tensor4D;
}

/** The trunk's channels. */
function featuresOf({ network, width }: WsDanShape): number {
  return network === "xception"
    ? xceptionChannels(width).features
    : efficientnetShape("b3", width).head;
}

/** The parameters of the trunk, without the classifier that it has by itself. */
function trunkParameters({ network, width }: WsDanShape): ParameterSpecification[] {
  if (network === "b3") {
    const shape = efficientnetShape("b3", width);
    return efficientnetParameters("EFN", { shape, idleClasses: 1 })
      .filter(({ role }) => role !== "idle");
  }
  return xceptionParameters({ classes: CLASSES, width })
    .filter(({ name }) => !name.startsWith("last_linear."))
    .map((parameter) => ({ ...parameter, name: `${TRUNK_PREFIX.xception}${parameter.name}` }));
}

/** The parameters in PyTorch's order: 20,856,120 learnt ones on Xception as published. */
export function wsDanParameters(shape: WsDanShape): ParameterSpecification[] {
  const { attentionMaps: maps } = shape, inputs = featuresOf(shape);
  const role = "uniformFilter";
  const [classifier] = linearParameters("fc", { inputs: maps * inputs, outputs: CLASSES });
  return [
    ...trunkParameters(shape),
    ...convolutionParameters("attentions.conv", { size: 1, inputs, outputs: maps, role }),
    ...batchNormParameters("attentions.bn", maps, { epsilon: EPSILON }),
    classifier, // which has no bias
  ];
}

/** The last activation of the trunk. */
function trunk(images: tf.Tensor4D, run: WsDanRun): tf.Tensor4D {
  const { network, width, layers, dropConnect, normMomentum: momentum } = run;
  if (network === "b3") {
    const shape = efficientnetShape("b3", width);
    const padding = "asEven";
    return efficientnetMaps(images, {
      prefix: "EFN",
      shape,
      layers,
      dropConnect,
      padding,
      momentum,
    })
      .final;
  }
  const own = layersUnder(TRUNK_PREFIX.xception, layers);
  let x = images;
  for (const name of xceptionStages()) x = xceptionStage(x, name, { layers: own });
  return x;
}

/**
 * What maps pooled as the classifier takes it: ±√|x|, all of it together of unit length. The gradient of the
 * root is 0 where x is 0, as the code's.
 *
 * @param sums `[batch, maps, channels]`.
 * @returns `[batch, maps · channels]`.
 */
export function signedRoots(sums: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => {
    const flat = tf.reshape<tf.Rank.R2>(sums, [sums.shape[0], -1]);
    const roots = tf.mul<tf.Tensor2D>(tf.sign(flat), tf.sqrt(tf.add(tf.abs(flat), LEAST)));
    return ofUnitLength(roots);
  });
}

/**
 * A pass. The tap is called at the layers of the trunk, with `features.` or `EFN.` before their names, at its last
 * activation, `features`, and at the maps `attention.0` and so on.
 *
 * @param images Normalised RGB, `[batch, side, side, 3]`, 32 pixels or more a side.
 */
export function wsDan(images: tf.Tensor4D, run: WsDanRun): WsDan {
  const { layers, attentionMaps: count, mapDropout } = run;
  const features = layers.tap("features", trunk(images, run)),
    [batch, height, width] = features.shape;
  const drawn = layers.convolution(features, "attentions.conv", { stride: 1, padding: 0 });
  const seen = tf.relu(layers.batchNorm(drawn, "attentions.bn", { epsilon: EPSILON }));
  const each = tf.split<tf.Tensor4D>(seen, count, 3);
  const maps = tf.concat4d(each.map((map, m) => layers.tap(`attention.${m}`, map)), 3);
  const sums = attentionPooling(features, { maps, scale: "sum" });
  const means = tf.div<tf.Tensor3D>(sums, height * width), pooled = signedRoots(means);
  const classify = (x: tf.Tensor2D) => layers.linear(tf.mul(x, SCALE), "fc");
  const outputs = { logits: classify(pooled), pooled, maps };
  if (mapDropout === undefined) return outputs;
  const kept = layers.dropout(tf.ones<tf.Rank.R3>([batch, count, 1]), mapDropout);
  return { ...outputs, droppedLogits: classify(signedRoots(tf.mul(means, kept))) };
}
