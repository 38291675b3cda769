/**
 * Meso-4 and MesoInception-4 (Afchar et al., "MesoNet: a Compact Facial Video Forgery Detection Network",
 * WIFS 2018): four stages of convolution, ReLU, batch norm and pooling, and two linear layers. There are
 * two editions, which are different networks: the authors' in Keras, and the port to PyTorch that later
 * comparisons use.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** Which of the two networks. */
export type MesoNetwork = "meso4" | "mesoInception4";

/**
 * `"authors"`: Keras, code DariusAf/MesoNet at commit 2144d56. `"port"`: PyTorch, code
 * HongguLiu/Deepfake-Detection at commit cecd5ab; its convolutions have no biases, layers share batch
 * norms, and branches of Inception have no ReLU.
 */
export type MesoEdition = "authors" | "port";

/** What decides a MesoNet. */
export interface MesoShape {
  /** Which network. */
  readonly network: MesoNetwork;
  /** Which edition. */
  readonly edition: MesoEdition;
}

/** A stage's convolution of 16 channels at most; the batch norm behind it may serve others too. */
interface PlainStage {
  readonly conv: string;
  readonly size: 3 | 5;
  readonly inputs: number;
  readonly outputs: number;
  readonly norm: string;
}

/** A stage of four branches: 1×1; 1×1 and 3×3; the same with dilation 2; with dilation 3. */
interface InceptionStage {
  readonly inception: string;
  readonly inputs: number;
  readonly branches: readonly [number, number, number, number];
  readonly norm: string;
}

type Stage = PlainStage | InceptionStage;

/** What pooling divides the side by, stage by stage. */
const POOLS = [2, 2, 2, 4] as const;

/** A side must be a multiple of this. */
export const MESO_STRIDE = 32;

/** Channels of the last stage, and units of the hidden layer. */
const LAST = 16, HIDDEN = 16;

/** Keras's defaults; its momentum .99 is PyTorch's .01. */
const KERAS_NORM = { epsilon: 1e-3, momentum: 0.01 } as const;

function stagesOf({ network, edition }: MesoShape): Stage[] {
  const shares = edition === "port";
  if (network === "meso4") {
    const norms = shares ? ["bn1", "bn1", "bn2", "bn2"] : ["bn1", "bn2", "bn3", "bn4"];
    return [[3, 3, 8], [5, 8, 8], [5, 8, 16], [5, 16, 16]].map(([size, inputs, outputs], i) => ({
      conv: `conv${i + 1}`,
      size: size as 3 | 5,
      inputs,
      outputs,
      norm: norms[i],
    }));
  }
  return [
    { inception: "Incption1", inputs: 3, branches: [1, 4, 4, 2], norm: "Incption1_bn" },
    { inception: "Incption2", inputs: 11, branches: [2, 4, 4, 2], norm: "Incption2_bn" },
    { conv: "conv1", size: 5, inputs: 12, outputs: 16, norm: "bn1" },
    { conv: "conv2", size: 5, inputs: 16, outputs: 16, norm: shares ? "bn1" : "bn2" },
  ];
}

const outputsOf = (stage: Stage) =>
  "conv" in stage ? stage.outputs : stage.branches.reduce((sum, wide) => sum + wide);

/** Names of a branch's convolutions: the misspelling is the port's. */
const branchNames = ({ inception }: InceptionStage, branch: number) =>
  branch === 0
    ? [`${inception}_conv1`]
    : [`${inception}_conv${branch + 1}_1`, `${inception}_conv${branch + 1}_2`];

/**
 * The parameters of a MesoNet in the port's order and under its names, which the authors' edition takes
 * over where it can: 27,977 learnt ones of Meso-4 by the authors, 27,898 of the port's.
 *
 * @param size Side of the pictures in pixels, a multiple of `MESO_STRIDE`.
 */
export function mesonetParameters(shape: MesoShape, size: number): ParameterSpecification[] {
  const { edition } = shape, bias = edition === "authors";
  const role = "uniformFilter", known = new Set<string>();
  const epsilon = edition === "authors" ? KERAS_NORM.epsilon : undefined;
  const convolutions = (stage: Stage): ParameterSpecification[] =>
    "conv" in stage
      ? convolutionParameters(stage.conv, { ...stage, bias, role })
      : stage.branches.flatMap((outputs, branch) =>
        branchNames(stage, branch).flatMap((name, i) => {
          const inputs = i === 0 ? stage.inputs : outputs;
          return convolutionParameters(name, {
            size: i === 0 ? 1 : 3,
            inputs,
            outputs,
            bias,
            role,
          });
        })
      );
  // The port's second norm stands behind the second convolution, before the first layer that needs it.
  const norm = (name: string, channels: number) => {
    if (known.has(name)) return [];
    known.add(name);
    return batchNormParameters(name, channels, {
      ...epsilon === undefined ? {} : { epsilon },
      behindActivation: true,
    });
  };
  const stages = stagesOf(shape);
  const body = stages.flatMap((stage, i) => {
    const next = stages[i + 1];
    const early = edition === "port" && i === 1 && next && "conv" in stage
      ? norm(next.norm, outputsOf(next))
      : [];
    return [...convolutions(stage), ...norm(stage.norm, outputsOf(stage)), ...early];
  });
  return [
    ...body,
    ...linearParameters("fc1", { inputs: LAST * (size / MESO_STRIDE) ** 2, outputs: HIDDEN }),
    ...linearParameters("fc2", { inputs: HIDDEN, outputs: edition === "authors" ? 1 : 2 }),
  ];
}

/** One stage before its pooling. */
function runStage(x: tf.Tensor4D, stage: Stage, run: MesoRun): tf.Tensor4D {
  const { layers: { convolution, batchNorm, tap }, shape: { edition } } = run;
  const isAuthors = edition === "authors";
  const normed = (y: tf.Tensor4D) => batchNorm(y, stage.norm, isAuthors ? KERAS_NORM : {});
  if ("conv" in stage) {
    const padding = (stage.size - 1) / 2;
    return normed(tap(stage.conv, tf.relu(convolution(x, stage.conv, { stride: 1, padding }))));
  }
  const activate = (y: tf.Tensor4D) => isAuthors ? tf.relu(y) : y;
  const branches = stage.branches.map((_, branch) =>
    branchNames(stage, branch).reduce((y, name, i) => {
      const dilation = i === 0 ? 1 : branch; // the 3×3 of the second branch has none
      return activate(convolution(y, name, { stride: 1, padding: i * dilation, dilation }));
    }, x)
  );
  return normed(tap(stage.inception, tf.concat(branches, 3) as tf.Tensor4D));
}

/** What a pass needs. */
export interface MesoRun {
  /** Over the parameters of `mesonetParameters`. */
  readonly layers: Layers;
  /** Which network. */
  readonly shape: MesoShape;
  /** Probability that dropout zeroes a unit before each of the linear layers in training. Published: 0.5. */
  readonly dropout: number;
}

/**
 * The logits of images. The tap is called at each convolution that a stage ends with, after its ReLU, and
 * at `Incption1` and `Incption2` after the branches are joined.
 *
 * @param images As the edition expects them: RGB from 0 to 1 for the authors', −1 to 1 for the port's;
 * `[batch, size, size, 3]`.
 * @returns `[batch, 1]`, the logit of **real**, for the authors'; `[batch, 2]`, real and fake, for the port.
 */
export function mesonet(images: tf.Tensor4D, run: MesoRun): tf.Tensor2D {
  const { layers: { linear, dropout }, shape } = run;
  let x = images;
  stagesOf(shape).forEach((stage, i) => {
    x = maxPool(runStage(x, stage, run), { size: POOLS[i] });
  });
  // Keras flattens row by row, PyTorch channel by channel.
  const ordered = shape.edition === "authors" ? x : tf.transpose(x, [0, 3, 1, 2]);
  const flat = tf.reshape<tf.Rank.R2>(ordered, [images.shape[0], -1]);
  const hidden = tf.leakyRelu(linear(dropout(flat, run.dropout), "fc1"), 0.1) as tf.Tensor2D;
  return linear(dropout(hidden, run.dropout), "fc2");
}
