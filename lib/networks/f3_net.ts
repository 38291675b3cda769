/**
 * F3-Net (Qian et al., "Thinking in Frequency: Face Forgery Detection by Mining Frequency-aware Clues", ECCV
 * 2020): one Xception on the picture's frequency bands, one on its local frequency statistics, and
 * MixBlocks between them. The authors published no code. Names and arithmetic of the streams are those of
 * yyk-wew/F3Net at commit 01942ca, which has either stream or both side by side; that the MixBlocks stand
 * behind blocks 7 and 12 is the paper's, and their names `mix7` and `mix12` are ours.
 */
import * as tf from "@tensorflow/tfjs";
import {
  decomposeFrequencies,
  DECOMPOSITION_BANDS,
  decompositionParameters,
} from "./frequency_decomposition.ts";
import type { Layers } from "./layers.ts";
import { layersUnder } from "./layers_under.ts";
import {
  localFrequencyStatistics,
  STATISTICS,
  statisticsParameters,
  type StatisticsRule,
  statisticsSide,
} from "./local_frequency_statistics.ts";
import { mixBlock, mixBlockParameters } from "./mix_block.ts";
import { linearParameters, type Parameters, type ParameterSpecification } from "./parameters.ts";
import { xceptionParameters, xceptionStage, xceptionStages } from "./xception.ts";
import { xceptionChannels } from "./xception_layout.ts";

/** Names of the streams' Xceptions before their parameters. */
export const DECOMPOSED = "FAD_xcep.", STATISTIC = "LFS_xcep.";

/** Colours of a picture. */
const RGB = 3;

/** The stages of Xception with a MixBlock behind them, and its name. */
const MIXES: Readonly<Record<string, string>> = { block7: "mix7", block12: "mix12" };

/** How much smaller the maps are there at the first; the second halves them once more. */
const HALVED = 8;

/** What decides an F3-Net. */
export interface F3NetShape {
  /** Side of the pictures in pixels: filters are learnt for each frequency. */
  readonly imageSize: number;
  /** Channels of the Xceptions as a share of the published ones. */
  readonly width: number;
  /** One stream, both until the classifier, or both with MixBlocks. */
  readonly streams: "decomposed" | "statistics" | "both" | "mixed";
  /** How the second stream counts. */
  readonly rule: StatisticsRule;
}

/** Which of the streams' Xceptions a shape has, by the beginning of their parameters' names. */
export function streamsOf(shape: Pick<F3NetShape, "streams">): string[] {
  if (shape.streams === "decomposed") return [DECOMPOSED];
  return shape.streams === "statistics" ? [STATISTIC] : [DECOMPOSED, STATISTIC];
}

/** Channels that a stream's Xception sees. */
export const streamInputs = (stream: string): number =>
  stream === DECOMPOSED ? DECOMPOSITION_BANDS * RGB : STATISTICS;

/** Sides of both streams' maps at the first MixBlock: the statistics are half the picture's side already. */
export function mixedSides(imageSize: number): [decomposed: number, statistics: number] {
  const behindEntry = (side: number, stride: number) => Math.floor((side - 3) / stride) + 1 - 2;
  const sides = [behindEntry(imageSize, 2), behindEntry(statisticsSide(imageSize), 1)];
  return sides.map((side) => Math.ceil(side / HALVED)) as [number, number];
}

/** An Xception without its classifier, under a stream's name. */
function streamParameters(stream: string, width: number): ParameterSpecification[] {
  return xceptionParameters({ classes: 1, width, inputs: streamInputs(stream) })
    .filter(({ name }) => !name.startsWith("last_linear."))
    .map((one) => ({ ...one, name: stream + one.name }));
}

/** What is learnt, in the code's order: 41,979,661 numbers of both streams at 299 pixels. */
export function f3NetParameters(shape: F3NetShape): ParameterSpecification[] {
  const { imageSize, width } = shape, streams = streamsOf(shape);
  const { middle, last, features } = xceptionChannels(width);
  return [
    ...streams.flatMap((stream) => [
      ...stream === DECOMPOSED ? decompositionParameters(imageSize) : statisticsParameters(),
      ...streamParameters(stream, width),
    ]),
    ...shape.streams === "mixed"
      ? [
        ...mixBlockParameters(MIXES.block7, middle),
        ...mixBlockParameters(MIXES.block12, last),
      ]
      : [],
    ...linearParameters("fc", { inputs: streams.length * features, outputs: 1 }),
  ];
}

/**
 * The logit of fake. The tap is called at the layers of both Xceptions, with `FAD_xcep.` and `LFS_xcep.`
 * before their names.
 *
 * @param images RGB from −1 to 1, `[batch, imageSize, imageSize, 3]`.
 * @param layers Over the parameters.
 * @param parameters Those of `f3NetParameters`.
 * @param dropout Share of the features that is dropped before the classifier in training.
 * @returns `[batch, 1]`.
 * @throws TypeError for pictures of another size than the filters are for, or whose streams do not meet.
 */
export function f3Net(
  images: tf.Tensor4D,
  { layers, parameters, shape, dropout }: {
    layers: Layers;
    parameters: Parameters;
    shape: Pick<F3NetShape, "streams" | "rule">;
    dropout: number;
  },
): tf.Tensor2D {
  const streams = streamsOf(shape);
  const own = streams.map((stream) => layersUnder(stream, layers));
  let maps = streams.map((stream) =>
    stream === DECOMPOSED
      ? decomposeFrequencies(images, parameters)
      : localFrequencyStatistics(images, { rule: shape.rule, parameters })
  );
  for (const name of xceptionStages()) {
    maps = maps.map((x, i) => {
      // Statistics have half the picture's side already.
      const stride = name === "conv1" && streams[i] === STATISTIC ? { stride: 1 } : {};
      return xceptionStage(x, name, { layers: own[i], ...stride });
    });
    if (shape.streams !== "mixed" || !MIXES[name]) continue;
    const [decomposed, statistics] = maps;
    const mixed = mixBlock({ decomposed, statistics }, { name: MIXES[name], layers, parameters });
    maps = [mixed.decomposed, mixed.statistics];
  }
  const features = maps.map((x) => tf.mean<tf.Tensor2D>(x, [1, 2]));
  const all = features.length === 1 ? features[0] : tf.concat(features, 1);
  return layers.linear(layers.dropout(all, dropout), "fc");
}
