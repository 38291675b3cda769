/**
 * The network of Multi-Attentional (Zhao et al., "Multi-attentional Deepfake Detection", CVPR 2021): an
 * EfficientNet whose deep features draw attention maps, at which shallow textures and the last features
 * are pooled. Names, order and gradients are those of yoctta/multiple-attention at commit bb069cc.
 */
import * as tf from "@tensorflow/tfjs";
import { attentionPooling } from "./attention_pooling.ts";
import { efficientnetMaps, efficientnetParameters } from "./efficientnet.ts";
import { efficientnetShape, type EfficientNetSize } from "./efficientnet_shape.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { enhanceTextures, textureParameters } from "./texture_enhancement.ts";

/** Stages of the backbone whose last outputs are the shallow features, and draw the maps. [code: b2, b5] */
const SHALLOW = 2, DEEP = 5;

/** Units of the linear layers. [code: `mid_dims`] */
const UNITS = 256;

/** Real and fake. */
const CLASSES = 2;

/** Side of the mask that keeps maps off the picture's border, and the border's width. [code] */
const MASK = 24, BORDER = 2;

/** What the network is made of. */
export interface MultiAttentionShape {
  /** The EfficientNet. [code: "b4"] */
  readonly network: EfficientNetSize;
  /** Channels and units as a share of the published network's. [ours] */
  readonly width: number;
  /** Attention maps. [code: 4] */
  readonly attentionMaps: number;
}

/** How it is run in training, and what it runs on. */
export interface MultiAttentionRun extends MultiAttentionShape {
  /** Over the parameters of `multiAttentionParameters`. */
  readonly layers: Layers;
  /** Probability that a map's features are dropped. [code: 0.25] */
  readonly mapDropout: number;
  /** Probability that dropout zeroes one of the last features. [code: 0.5] */
  readonly dropout: number;
  /** Drop connect of the EfficientNet. [code: 0.2] */
  readonly dropConnect: number;
  /** Share of a new batch in the running statistics of the EfficientNet. [code: 0.01] */
  readonly normMomentum: number;
}

/** What the network gives. */
export interface MultiAttention {
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
  /** `[batch, side, side, maps]`, 0 or more: where each map looks. */
  readonly maps: tf.Tensor4D;
  /** `[batch, maps, channels]`, of unit length: the textures where each map looks. */
  readonly pooled: tf.Tensor3D;
  /** `[batch, side, side, channels]`: the local mean of the shallow features, at the maps' size. */
  readonly means: tf.Tensor4D;
}

function sizesOf({ network, width, attentionMaps }: MultiAttentionShape) {
  const shape = efficientnetShape(network, width);
  const channelsOf = (stage: number) =>
    shape.blocks.findLast((block) => block.stage === stage)!.outputs;
  return {
    shape,
    deep: channelsOf(DEEP),
    texture: { channels: channelsOf(SHALLOW), maps: attentionMaps },
    units: Math.max(1, Math.round(UNITS * width)),
  };
}

/** The parameters in PyTorch's order: 18,822,482 learnt ones as published. */
export function multiAttentionParameters(size: MultiAttentionShape): ParameterSpecification[] {
  const { shape, deep, texture, units } = sizesOf(size), maps = size.attentionMaps;
  const linear = (name: string, inputs: number, outputs: number) =>
    linearParameters(name, { inputs, outputs });
  const role = "uniformFilter";
  return [
    ...efficientnetParameters("net", { shape, idleClasses: CLASSES }),
    ...convolutionParameters("attentions.conv_extract", {
      ...{ size: 3, inputs: deep, outputs: deep },
      ...{ bias: true, role },
    }),
    ...batchNormParameters("attentions.bn1", deep),
    ...convolutionParameters("attentions.conv2", { size: 1, inputs: deep, outputs: maps, role }),
    ...batchNormParameters("attentions.bn2", maps),
    ...textureParameters("texture_enhance", texture),
    ...linear("projection_local.0", texture.channels * maps, units),
    ...linear("projection_local.2", units, units),
    ...linear("project_final", shape.head, units),
    ...linear("ensemble_classifier_fc.0", 2 * units, units),
    ...linear("ensemble_classifier_fc.2", units, CLASSES),
  ];
}

/** x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019). */
const hardSwish = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.mul(x, tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6));

/** 1 inside, 0 at the border: the nearest cells of a mask of 24 by 24, as PyTorch takes them. */
function borderMask(side: number): tf.Tensor4D {
  const step = Math.fround(MASK / side);
  const inside = Array.from({ length: side }, (_, i) => {
    const cell = Math.min(MASK - 1, Math.floor(Math.fround(i * step)));
    return cell >= BORDER && cell < MASK - BORDER ? 1 : 0;
  });
  const row = tf.tensor2d(inside, [1, side]);
  return tf.reshape(tf.matMul(row, row, true), [1, side, side, 1]);
}

/** Where to look: `[batch, side, side, maps]`. Each map shows itself to the tap, `attention.0` and so on. */
function attentionMaps(x: tf.Tensor4D, { layers, attentionMaps }: MultiAttentionRun): tf.Tensor4D {
  const extracted = layers.convolution(x, "attentions.conv_extract", { stride: 1, padding: 1 });
  const seen = tf.relu(layers.batchNorm(extracted, "attentions.bn1"));
  const drawn = layers.convolution(seen, "attentions.conv2", { stride: 1, padding: 0 });
  const positive = tf.add(tf.elu(layers.batchNorm(drawn, "attentions.bn2")), 1);
  const maps = tf.mul<tf.Tensor4D>(positive, borderMask(x.shape[1]));
  const each = tf.split<tf.Tensor4D>(maps, attentionMaps, 3);
  return tf.concat4d(each.map((map, m) => layers.tap(`attention.${m}`, map)), 3);
}

/**
 * A pass. The tap is called at the layers of the EfficientNet, with `net.` before their names, at the maps
 * `attention.0` and so on, at what textures are made of, `shallow` (with the gradient that comes by way of
 * the textures alone), and at the EfficientNet's last activation, `final`.
 *
 * @param images RGB from −1 to 1, `[batch, side, side, 3]`, 32 pixels or more a side.
 */
export function multiAttention(images: tf.Tensor4D, run: MultiAttentionRun): MultiAttention {
  const { layers, attentionMaps: count, mapDropout, dropout } = run, { shape } = sizesOf(run);
  const [batch] = images.shape;
  const { stages, final } = efficientnetMaps(images, {
    ...{ prefix: "net", shape, layers, padding: "asEven" },
    ...{ dropConnect: run.dropConnect, momentum: run.normMomentum },
  });
  const maps = attentionMaps(stages[DEEP], run);
  const { textures, means } = enhanceTextures(layers.tap("shallow", stages[SHALLOW]), {
    ...{ maps, name: "texture_enhance", layers },
  });
  const kept = layers.dropout(tf.ones<tf.Rank.R2>([batch, count]), mapDropout);
  const pooled = attentionPooling(textures, { maps, scale: "length" });
  const local = tf.reshape<tf.Rank.R2>(tf.mul(pooled, tf.expandDims(kept, 2)), [batch, -1]);
  const anywhere = tf.sum<tf.Tensor4D>(
    tf.mul(maps, tf.reshape(kept, [batch, 1, 1, count])),
    3,
    true,
  );
  const whole = attentionPooling(layers.tap("final", final), { maps: anywhere, scale: "mean" });
  const flat = layers.dropout(tf.reshape<tf.Rank.R2>(whole, [batch, -1]), dropout);
  const linear = (x: tf.Tensor2D, name: string) => hardSwish(layers.linear(x, name));
  const parts = tf.concat2d([
    linear(linear(local, "projection_local.0"), "projection_local.2"),
    linear(flat, "project_final"),
  ], 1);
  const logits = layers.linear(
    linear(parts, "ensemble_classifier_fc.0"),
    "ensemble_classifier_fc.2",
  );
  return { logits, maps, pooled, means };
}
