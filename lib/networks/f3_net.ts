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
import { type Layers, layersUnder } from "./layers.ts";
import {
  localFrequencyStatistics,
  STATISTICS,
  statisticsParameters,
  type StatisticsRule,
  statisticsSide,
} from "./local_frequency_statistics.ts";
import { mixBlock, mixBlockParameters, type Streams } from "./mix_block.ts";
import {
  linearParameters,
  type ParameterSpecification,
  specificationsUnder,
} from "./parameters.ts";
import { xceptionBlocks, xceptionEntry, xceptionFeatures, xceptionParameters } from "./xception.ts";

/** Names of the streams' Xceptions before their parameters. */
export const DECOMPOSED = "FAD_xcep.", STATISTIC = "LFS_xcep.";

/** Colours of a picture. */
const RGB = 3;

/** The last blocks of Xception before each MixBlock. */
const MIXED_AFTER = [7, 12] as const;

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

const hasDecomposed = ({ streams }: Pick<F3NetShape, "streams">) => streams !== "statistics";
const hasStatistics = ({ streams }: Pick<F3NetShape, "streams">) => streams !== "decomposed";

/** Which of the streams' Xceptions a shape has, by the beginning of their parameters' names. */
export function streamsOf(shape: Pick<F3NetShape, "streams">): string[] {
  return [
    ...hasDecomposed(shape) ? [DECOMPOSED] : [],
    ...hasStatistics(shape) ? [STATISTIC] : [],
  ];
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
  const trunk = xceptionParameters({ classes: 1, width, inputs: streamInputs(stream) })
    .filter(({ name }) => !name.startsWith("last_linear."));
  return specificationsUnder(stream, trunk);
}

/** What is learnt, in the code's order: 41,979,661 numbers of both streams at 299 pixels. */
export function f3NetParameters(shape: F3NetShape): ParameterSpecification[] {
  const { imageSize, width } = shape, streams = streamsOf(shape);
  const trunks = streams.map((stream) => streamParameters(stream, width));
  const channelsOf = (name: string) =>
    trunks[0].find((one) => one.name === `${streams[0]}${name}`)!.shape[0];
  const features = channelsOf("bn4.weight");
  return [
    ...streams.flatMap((stream, i) => [
      ...stream === DECOMPOSED ? decompositionParameters(imageSize) : statisticsParameters(),
      ...trunks[i],
    ]),
    ...shape.streams === "mixed"
      ? [["mix7", "block7.rep.8.weight"], ["mix12", "block12.skipbn.weight"]]
        .flatMap(([name, norm]) => mixBlockParameters(name, channelsOf(norm)))
      : [],
    ...linearParameters("fc", { inputs: streams.length * features, outputs: 1 }),
  ];
}

/** Both streams through blocks 1 to 12, with a MixBlock after each part. */
function mixed(streams: Streams, layers: Layers, under: Record<keyof Streams, Layers>): Streams {
  let first = 1;
  return MIXED_AFTER.reduce(({ decomposed, statistics }, last) => {
    const run = (x: tf.Tensor4D, own: Layers) => xceptionBlocks(x, { layers: own, first, last });
    const both = {
      decomposed: run(decomposed, under.decomposed),
      statistics: run(statistics, under.statistics),
    };
    first = last + 1;
    return mixBlock(both, { name: `mix${last}`, layers });
  }, streams);
}

/**
 * The logit of fake. The tap is called at the layers of both Xceptions, with `FAD_xcep.` and `LFS_xcep.`
 * before their names.
 *
 * @param images RGB from −1 to 1, `[batch, imageSize, imageSize, 3]`.
 * @param layers Over `f3NetParameters`.
 * @param dropout Share of the features that is dropped before the classifier in training.
 * @returns `[batch, 1]`.
 * @throws TypeError for pictures of another size than the filters are for, or whose streams do not meet.
 */
export function f3Net(
  images: tf.Tensor4D,
  { layers, shape, dropout }: {
    layers: Layers;
    shape: Pick<F3NetShape, "streams" | "rule">;
    dropout: number;
  },
): tf.Tensor2D {
  const under = {
    decomposed: layersUnder(DECOMPOSED, layers),
    statistics: layersUnder(STATISTIC, layers),
  };
  const entries = {
    decomposed: () => xceptionEntry(decomposeFrequencies(images, layers), under.decomposed),
    statistics: () => {
      const maps = localFrequencyStatistics(images, { rule: shape.rule, layers });
      return xceptionEntry(maps, under.statistics, 1);
    },
  };
  const features: tf.Tensor2D[] = [];
  if (shape.streams === "mixed") {
    const { decomposed, statistics } = mixed(
      { decomposed: entries.decomposed(), statistics: entries.statistics() },
      layers,
      under,
    );
    features.push(
      xceptionFeatures(decomposed, under.decomposed),
      xceptionFeatures(statistics, under.statistics),
    );
  } else {
    for (const stream of ["decomposed", "statistics"] as const) {
      if (!(stream === "decomposed" ? hasDecomposed : hasStatistics)(shape)) continue;
      const x = xceptionBlocks(entries[stream](), { layers: under[stream] });
      features.push(xceptionFeatures(x, under[stream]));
    }
  }
  const all = features.length === 1 ? features[0] : tf.concat(features, 1);
  return layers.linear(layers.dropout(all, dropout), "fc");
}
