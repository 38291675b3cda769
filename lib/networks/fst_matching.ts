/**
 * FST-Matching's network (Dong et al., "Explaining Deepfake Detection by Analysing Image Matching", ECCV 2022):
 * two ResNet-18, one for the source and one for the target of a fake, each parted by a gate in what tells the
 * person and what does not. Names are those of megvii-research/FST-Matching at commit aca650c.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import { linearParameters, type Parameters, type ParameterSpecification } from "./parameters.ts";
import { resnet, resnetFeatures, resnetParameters } from "./resnet.ts";

/** Units of the gate's middle layer: a 16th of the features. [code] */
const REDUCTION = 16;

/** ResNet-18. */
const depth = 18;

/** The two sides, in the order of the code's parameters. */
const SIDES = ["source", "target"] as const;

/** Which side of a fake: whom the face was changed by, or whose face it was. */
export type FstSide = typeof SIDES[number];

/** What one side says of a batch. */
export interface FstFeatures {
  /** `[batch, 512 · width]`: what tells the person, g · f. */
  readonly related: tf.Tensor2D;
  /** `[batch, 512 · width]`: the rest, (1 − g) · f. */
  readonly unrelated: tf.Tensor2D;
}

/** The name of a side's layers. */
const encoderOf = (side: FstSide) => `${side}_encoder`;

/** Channels of a gate's middle, one or more. */
const middleOf = (features: number) => Math.max(1, Math.floor(features / REDUCTION));

/** A linear layer's weight, without a bias. */
const matrix = (name: string, inputs: number, outputs: number): ParameterSpecification =>
  linearParameters(name, { inputs, outputs })[0];

/**
 * The parameters: at width 1 and for 1000 people 23,446,610 learnt ones.
 *
 * @param options `people`: classes of each side's own classifier.
 */
export function fstMatchingParameters(
  { width, people }: { width: number; people: number },
): ParameterSpecification[] {
  const features = resnetFeatures(width, { depth }), middle = middleOf(features);
  return [
    ...SIDES.flatMap((side) => [
      ...resnetParameters(encoderOf(side), width, { depth }),
      ...linearParameters(`${encoderOf(side)}.fc`, { inputs: features, outputs: people }),
    ]),
    ...SIDES.flatMap((side) => [
      matrix(`${side}_se.fc.0`, features, middle),
      matrix(`${side}_se.fc.2`, middle, features),
    ]),
    ...linearParameters("fc", { inputs: 2 * features, outputs: 2 }),
  ];
}

/**
 * A side's features of pictures. The tap is called as `resnet` says, under `source_encoder` and
 * `target_encoder`. Where the code pools 7 × 7 places, which is all of them for pictures of 224 pixels, the mean
 * is over all places whatever the size.
 *
 * @param images `[batch, side, side, 3]`, sides of 32 or more.
 */
export function fstFeatures(
  images: tf.Tensor4D,
  { side, width, layers, parameters }: {
    side: FstSide;
    width: number;
    layers: Layers;
    parameters: Parameters;
  },
): FstFeatures {
  const weight = (name: string) =>
    parameters[`${side}_se.fc.${name}.weight`] as tf.Tensor as tf.Tensor2D;
  const features = resnet(images, { prefix: encoderOf(side), width, layers, depth });
  const middle = tf.relu(tf.matMul(features, weight("0")));
  const gate = tf.sigmoid(tf.matMul(middle, weight("2")));
  return { related: tf.mul(features, gate), unrelated: tf.mul(features, tf.sub(1, gate)) };
}

/** Whom a side takes a picture's person for: `[batch, people]`, logits. */
export function fstPeople(
  { related }: FstFeatures,
  { side, layers }: { side: FstSide; layers: Layers },
): tf.Tensor2D {
  return layers.linear(related, `${encoderOf(side)}.fc`);
}

/** Real and fake, `[batch, 2]`, of what tells no person: the target's side before the source's. */
export function fstVerdict(
  { source, target }: Record<FstSide, tf.Tensor2D>,
  layers: Layers,
): tf.Tensor2D {
  return layers.linear(tf.concat2d([target, source], 1), "fc");
}
