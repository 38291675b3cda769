/**
 * LiSiam's network (Wang, Sun and Tang, "LiSiam: Localization Invariance Siamese Network for Deepfake Detection",
 * TIFS 2022): an Xception that keeps an eighth of the picture's side, OCRNet on it, which draws where a picture is
 * manipulated, and a verdict from how what is there relates to the rest. Names are those of `LiSiam_A` of h10666/LiSiam at commit
 * 1d628b6; the object context is there as bytecode alone and follows the framework that it is of,
 * SegmentationBLWX/sssegmentation (MIT).
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import { layersUnder } from "./layers_under.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { resizeLinear } from "./resize_maps.ts";
import { blockParameters, residualBlock, separable } from "./separable_block.ts";
import { xceptionParameters, xceptionStage, xceptionStages } from "./xception.ts";
import { type Block, residualBlocks, xceptionChannels } from "./xception_layout.ts";

/** Real and manipulated, of places and of pictures. */
const CLASSES = 2;

/** Channels at width 1: of OCRNet's maps, of its attention, and of its gate's middle. [code] */
const MAPS = 512, ATTENTION = 256, GATE = 64;

/** Blocks of Xception that keep the side here, though they pool in Xception. [code] */
const KEPT = ["block3", "block12"];

/** The block whose maps the auxiliary decoder sees. [code] */
const AUXILIARY = "block4";

/** First values are PyTorch's own. [code] */
const role = "uniformFilter";

const channelsOf = (width: number) => {
  const [maps, attention, gate] = [MAPS, ATTENTION, GATE].map((wide) =>
    Math.max(1, Math.round(wide * width))
  );
  return { maps, attention, gate };
};

/** A convolution with a batch norm behind it: `name.0`, `name.1`. */
const normed = (name: string, size: number, inputs: number, outputs: number) => [
  ...convolutionParameters(`${name}.0`, { size, inputs, outputs, role }),
  ...batchNormParameters(`${name}.1`, outputs),
];

/** A convolution with a bias. */
const biased = (name: string, size: number, inputs: number, outputs: number) =>
  convolutionParameters(name, { size, inputs, outputs, bias: true, role });

/** The parameters, in the code's order. */
export function lisiamParameters(width: number): ParameterSpecification[] {
  const { maps, attention, gate } = channelsOf(width), { middle, last } = xceptionChannels(width);
  const beforeBlocks = xceptionParameters({ classes: 1, width })
    .filter(({ name }) => /^(conv|bn)[12]\./.test(name));
  const trunk = [...beforeBlocks, ...residualBlocks(width).flatMap(blockParameters)]
    .map((one) => ({ ...one, name: `backbone_net.${one.name}` }));
  const context = "object_context_block", projection = `${context}.`;
  return [
    ...trunk,
    ...normed("bottleneck", 3, last, maps),
    ...["key", "query"].flatMap((of) => [
      ...normed(`${projection}${of}_project.0`, 1, maps, attention),
      ...normed(`${projection}${of}_project.1`, 1, attention, attention),
    ]),
    ...normed(`${projection}value_project`, 1, maps, attention),
    ...normed(`${projection}out_project`, 1, attention, maps),
    ...normed(`${context}.bottleneck`, 3, 2 * maps, maps),
    ...normed("auxiliary_decoder", 3, middle, maps),
    ...biased("auxiliary_decoder.4", 1, maps, CLASSES),
    ...biased("segDecoder.1", 1, maps, CLASSES),
    ...["Qf", "Kf", "Vf"].flatMap((name) =>
      convolutionParameters(name, { size: 1, inputs: maps, outputs: maps, role })
    ),
    ...normed("W_z", 1, maps, maps),
    ...batchNormParameters("BN", maps, { behindActivation: true }),
    linearParameters("se.fc.0", { inputs: 2 * maps, outputs: gate })[0],
    linearParameters("se.fc.2", { inputs: gate, outputs: 2 * maps })[0],
    ...[0, 5].flatMap((k) => [
      ...biased(`clsE.${k}`, 3, maps, maps),
      ...biased(`clsE.${k + 1}`, 1, maps, maps),
      ...batchNormParameters(`clsE.${k + 2}`, maps),
    ]),
    ...linearParameters("getScore.0", { inputs: 2 * maps, outputs: 2 * maps }),
    ...batchNormParameters("getScore.1", 2 * maps),
    ...linearParameters("getScore.3", { inputs: 2 * maps, outputs: CLASSES }),
  ];
}

/** How the network is run. */
export interface LisiamRun {
  /** Over the parameters. */
  readonly layers: Layers;
  /** Those of `lisiamParameters`. */
  readonly parameters: Parameters;
  /** Share dropped in training: whole channels at three places, and of the attention. [code: 0.1] */
  readonly dropout: number;
}

/** What it draws of pictures, before the verdict. */
export interface LisiamMaps {
  /** `[batch, side / 8, side / 8, 512 · width]`. */
  readonly features: tf.Tensor4D;
  /** `[batch, side / 8, side / 8, 2]`: logits of real and of manipulated, place by place. */
  readonly places: tf.Tensor4D;
  /** The same from the middle of the trunk. */
  readonly auxiliary: tf.Tensor4D;
}

/** A batch of maps as rows of places: `[batch, places, channels]`. */
function rows(x: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = x.shape;
  return tf.reshape(x, [batch, height * width, channels]);
}

/** Convolution, batch norm, ReLU. */
function projected(x: tf.Tensor4D, name: string, { convolution, batchNorm }: Layers, padding = 0) {
  return tf.relu(batchNorm(convolution(x, `${name}.0`, { stride: 1, padding }), `${name}.1`));
}

/** Whole channels dropped in training. */
function dropChannels(x: tf.Tensor4D, { layers, dropout }: LisiamRun): tf.Tensor4D {
  const each = tf.ones<tf.Rank.R4>([x.shape[0], 1, 1, x.shape[3]]),
    kept = layers.dropout(each, dropout);
  return kept === each ? x : tf.mul(x, kept);
}

/** A block that changes its channels and keeps its side. */
function keptBlock(
  x: tf.Tensor4D,
  { name, separables, startsWithRelu }: Block,
  layers: Layers,
): tf.Tensor4D {
  let y = x;
  separables.forEach((each, i) => {
    if (i > 0 || startsWithRelu) y = tf.relu(y);
    y = layers.batchNorm(separable(y, each.name, layers), each.norm);
  });
  const shortcut = layers.convolution(x, `${name}.skip`, { stride: 1, padding: 0 });
  return tf.add(y, layers.batchNorm(shortcut, `${name}.skipbn`));
}

/** The trunk's maps at an eighth of the side, of its middle and of its end. */
function trunkMaps(images: tf.Tensor4D, layers: Layers): { middle: tf.Tensor4D; end: tf.Tensor4D } {
  const own = layersUnder("backbone_net.", layers);
  let x = images, middle = images;
  for (const name of xceptionStages().filter((name) => !["conv3", "conv4"].includes(name))) {
    const block = BLOCKS.get(name);
    if (!block) x = xceptionStage(x, name, { layers: own });
    else if (KEPT.includes(name)) x = own.tap(name, keptBlock(x, block, own));
    else x = own.tap(name, residualBlock(x, block, own));
    if (name === AUXILIARY) middle = x;
  }
  return { middle, end: x };
}

/** Names and order are those of any width; the channels are in the parameters. */
const BLOCKS: ReadonlyMap<string, Block> = new Map(
  residualBlocks(1).map((block) => [block.name, block]),
);

/** What each place has in common with what is real and with what is manipulated elsewhere. [OCRNet] */
function withContext(x: tf.Tensor4D, rough: tf.Tensor4D, { layers }: LisiamRun): tf.Tensor4D {
  const own = layersUnder("object_context_block.", layers), [batch, height, width] = x.shape;
  const shares = tf.softmax(tf.transpose(rows(rough), [0, 2, 1])); // [batch, classes, places]
  const objects = tf.expandDims(tf.matMul(shares, rows(x)), 2) as tf.Tensor4D; // [batch, classes, 1, channels]
  const twice = (of: "key" | "query", from: tf.Tensor4D) =>
    projected(projected(from, `${of}_project.0`, own), `${of}_project.1`, own);
  const query = rows(twice("query", x)), key = rows(twice("key", objects));
  const value = rows(projected(objects, "value_project", own));
  const alike = tf.mul(tf.matMul(query, key, false, true), query.shape[2] ** -0.5);
  const gathered = tf.matMul(tf.softmax(alike), value);
  const context = projected(
    tf.reshape<tf.Rank.R4>(gathered, [batch, height, width, -1]),
    "out_project",
    own,
  );
  return projected(tf.concat4d([context, x], 3), "bottleneck", own, 1);
}

/**
 * Where pictures are manipulated. The tap is called at the trunk's layers under `backbone_net`, at `bottleneck`,
 * `context` and `places`.
 *
 * @param images From −1 to 1, `[batch, side, side, 3]`, sides of 32 or more.
 */
export function lisiamMaps(images: tf.Tensor4D, run: LisiamRun): LisiamMaps {
  const { layers } = run, { convolution, tap } = layers;
  const { middle, end } = trunkMaps(images, layers), alone = { stride: 1, padding: 0 };
  const rough = projected(middle, "auxiliary_decoder", layers, 1);
  const auxiliary = convolution(rough, "auxiliary_decoder.4", alone);
  const x = tap("bottleneck", projected(end, "bottleneck", layers, 1));
  const features = tap("context", withContext(x, auxiliary, run));
  const places = tap("places", convolution(dropChannels(features, run), "segDecoder.1", alone));
  return { features, places, auxiliary };
}

/** Real and fake, `[batch, 2]`. The tap is called at `clsE`. */
export function lisiamVerdict({ features, places }: LisiamMaps, run: LisiamRun): tf.Tensor2D {
  const { layers, parameters, dropout } = run, { convolution, batchNorm, tap } = layers;
  const coded = (x: tf.Tensor4D, k: number) => {
    const halved = convolution(x, `clsE.${k}`, { stride: 2, padding: 1 });
    const y = convolution(halved, `clsE.${k + 1}`, { stride: 1, padding: 1 }); // a border of biases, as in the code
    return dropChannels(batchNorm(y, `clsE.${k + 2}`), run);
  };
  const x = tap("clsE", coded(tf.relu(coded(features, 0)), 5)), [batch, height, width] = x.shape;
  const shares = resizeLinear(tf.softmax(places), height, "areas");
  const [behind, front] = tf.split(shares, CLASSES, 3) as tf.Tensor4D[];
  const alone = { stride: 1, padding: 0 };
  const asked = tf.mul(x, front) as tf.Tensor4D, rest = tf.mul(x, behind) as tf.Tensor4D;
  const [q, k, v] = [[asked, "Qf"], [rest, "Kf"], [rest, "Vf"]]
    .map(([of, name]) => rows(convolution(of as tf.Tensor4D, name as string, alone)));
  const attention = layers.dropout(tf.softmax(tf.matMul(q, k, false, true)), dropout);
  const gathered = tf.reshape<tf.Rank.R4>(tf.matMul(attention, v), [batch, height, width, -1]);
  const related = tf.add(batchNorm(convolution(gathered, "W_z.0", alone), "W_z.1"), asked);
  const both = tf.concat4d([x, batchNorm(related as tf.Tensor4D, "BN")], 3);
  const weight = (name: string) => parameters[name] as tf.Tensor as tf.Tensor2D;
  const means = tf.mean<tf.Tensor2D>(both, [1, 2]);
  const hidden = tf.relu(tf.matMul(means, weight("se.fc.0.weight")));
  const gate = tf.sigmoid(tf.matMul(hidden, weight("se.fc.2.weight")));
  const gated = tf.mul(means, gate) as tf.Tensor2D; // the mean of gated maps: the gate is one number a channel
  const last = tf.relu(batchNorm(layers.linear(gated, "getScore.0"), "getScore.1"));
  return layers.linear(last, "getScore.3");
}
