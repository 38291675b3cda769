/**
 * RECCE (Cao et al., "End-to-End Reconstruction-Classification Learning for Face Forgery Detection", CVPR
 * 2022): an Xception whose middle is decoded to the picture again; where that fails guides what follows.
 * Names and arithmetic are those of VISION-SJTU/RECCE at commit 58cabeb (MIT).
 */
import * as tf from "@tensorflow/tfjs";
import { graphReasoning, reasoningParameters } from "./graph_reasoning.ts";
import type { Layers } from "./layers.ts";
import { layersUnder } from "./layers_under.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { repeatPixels } from "./repeat_pixels.ts";
import { resizeLinear } from "./resize_maps.ts";
import {
  blockParameters,
  residualBlock,
  separable,
  separableParameters,
} from "./separable_block.ts";
import { xceptionParameters, xceptionStage, xceptionStages } from "./xception.ts";
import { blockOf, xceptionChannels } from "./xception_layout.ts";

/** What stands before the names of the Xception's parameters and layers. */
export const ENCODER = "encoder.";

/** Channels of the decoder's three levels at width 1, and of the graph's embeddings. */
const LEVELS = [256, 128, 64] as const, EMBEDDING = 256;

/** Colours of a picture. */
const RGB = 3;

const role = "uniformFilter";

const levelsOf = (width: number) => LEVELS.map((channels) => Math.round(channels * width));

/** The separable convolution of a level; only the first two have a block behind it. */
const widening = (level: number, inputs: number, outputs: number) => ({
  name: `decoder${2 * level + 1}.1`,
  norm: `decoder${2 * level + 1}.2`,
  inputs,
  outputs,
});
const refining = (level: number, channels: number) =>
  blockOf(`decoder${2 * level + 2}`, Array.from({ length: 4 }, () => channels));

/**
 * What is learnt, in the code's order: 23,781,509 numbers at width 1. The code's Xception has ImageNet's
 * classifier too, which never runs.
 */
export function recceParameters(width: number): ParameterSpecification[] {
  const { middle, features } = xceptionChannels(width), [first, second, third] = levelsOf(width);
  const levels = [middle, first, second, third];
  const convolution = (name: string, size: number, inputs: number, outputs: number) =>
    convolutionParameters(name, { size, inputs, outputs, role });
  return [
    ...xceptionParameters({ classes: 1, width })
      .filter(({ name }) => !name.startsWith("last_linear."))
      .map((one) => ({ ...one, name: ENCODER + one.name })),
    ...linearParameters("fc", { inputs: features, outputs: 1 }),
    ...convolution("attention.gated.0", 3, RGB, RGB),
    ...convolution("attention.gated.2", 1, RGB, 1),
    ...convolution("attention.h.0", 1, middle, middle),
    ...batchNormParameters("attention.h.1", middle),
    ...reasoningParameters({
      encoder: middle,
      decoder: [first, second],
      embedding: Math.round(EMBEDDING * width),
    }),
    ...LEVELS.flatMap((_, level) => [
      ...separableParameters(widening(level, levels[level], levels[level + 1])),
      ...level < 2 ? blockParameters(refining(level, levels[level + 1])) : [],
    ]),
    ...convolution("decoder6.0", 1, third, RGB),
  ];
}

/** What RECCE says about a batch. */
export interface RecceOutputs {
  /** `[batch, 1]`: the logit of fake. */
  readonly logits: tf.Tensor2D;
  /** The picture decoded, −1 to 1, of its shape. */
  readonly reconstruction: tf.Tensor4D;
  /** Means over the picture of the map that is decoded and of the decoder's two levels, `[batch, channels]`. */
  readonly embeddings: readonly tf.Tensor2D[];
}

/** How RECCE is run. */
export interface ReccePass {
  /** Over the parameters. */
  readonly layers: Layers;
  /** Those of `recceParameters`, of any width. */
  readonly parameters: Parameters;
  /** Share dropped in training at four places: before the decoder, behind graph and block 8, before the classifier. */
  readonly dropout: number;
  /** Deviation of the noise that half of the pictures get in training. */
  readonly noise: number;
}

/** The decoder: two levels of its maps, and the picture at half their last side. */
function decoded(x: tf.Tensor4D, layers: Layers): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const maps = LEVELS.reduce<tf.Tensor4D[]>((found, _, level) => {
    const { name, norm } = widening(level, 0, 0);
    const wide = separable(repeatPixels(found.at(-1)!, 2), name, layers);
    const y = tf.relu(layers.batchNorm(wide, norm));
    if (level === 2) return [...found, y];
    const block = refining(level, 0);
    return [...found, layers.tap(block.name, residualBlock(y, block, layers))];
  }, [x]);
  const picture = tf.tanh(layers.convolution(maps[3], "decoder6.0", { stride: 1, padding: 0 }));
  return [maps[1], maps[2], picture];
}

/** Reconstruction-guided attention: gate(|picture − reconstruction|) · h(x) + dropout(x). */
function guided(
  x: tf.Tensor4D,
  difference: tf.Tensor4D,
  { layers, dropout }: ReccePass,
): tf.Tensor4D {
  const { convolution, batchNorm, tap } = layers;
  const small = resizeLinear(difference, x.shape[1], "corners");
  const hidden = tf.relu(convolution(small, "attention.gated.0", { stride: 1, padding: 1 }));
  const gate = convolution(hidden, "attention.gated.2", { stride: 1, padding: 0 });
  const h = convolution(x, "attention.h.0", { stride: 1, padding: 0 });
  const through = tf.mul(
    tap("attention.gated", tf.sigmoid(gate)),
    tf.relu(batchNorm(h, "attention.h.1")),
  );
  return tap("attention", tf.add(through, layers.dropout(x, dropout)) as tf.Tensor4D);
}

/**
 * The logit of fake, with what else the losses look at. The tap is called at the Xception's layers with
 * `encoder.` before their names, at `decoder2`, `decoder4`, `reasoning`, `difference` (|picture −
 * reconstruction|, of the picture's size), `attention.gated` (one channel) and `attention`.
 *
 * @param images RGB from −1 to 1, `[batch, side, side, 3]`, of any side from 32.
 */
export function recce(images: tf.Tensor4D, pass: ReccePass): RecceOutputs {
  const { layers, dropout } = pass, own = layersUnder(ENCODER, layers), { tap } = layers;
  const side = images.shape[1];
  const noisy = layers.noise(images, pass.noise);
  let x = noisy === images ? images : tf.clipByValue(noisy, -1, 1) as tf.Tensor4D;
  let first = x, second = x, reconstruction = x;
  const embeddings: tf.Tensor2D[] = [];
  for (const name of xceptionStages()) {
    x = xceptionStage(x, name, { layers: own });
    if (name === "block4") {
      let small: tf.Tensor4D;
      [first, second, small] = decoded(layers.dropout(x, dropout), layers);
      reconstruction = resizeLinear(small, side, "corners");
      embeddings.push(...[x, first, second].map((map) => tf.mean<tf.Tensor2D>(map, [1, 2])));
    }
    if (name === "block7") {
      const gathered = graphReasoning(x, [first, second], pass);
      x = tf.add(tap("reasoning", gathered), x);
    }
    if (name === "block8") {
      const difference = tap("difference", tf.abs(tf.sub(images, reconstruction)));
      x = guided(x, difference, pass);
    }
  }
  const features = tf.mean<tf.Tensor2D>(x, [1, 2]);
  const logits = layers.linear(layers.dropout(features, dropout), "fc");
  return { logits, reconstruction, embeddings };
}
