/**
 * What HRNet's network for ImageNet, and timm's features of it, have behind the trunk: a bottleneck behind each
 * branch. Names are those of the official code.
 */
import type * as tf from "@tensorflow/tfjs";
import type { HrnetRun } from "./hrnet.ts";
import {
  applyBottleneck,
  bottleneck,
  convolutionsOf,
  normedParameters,
} from "./normed_convolutions.ts";
import type { ParameterSpecification } from "./parameters.ts";

/** Channels inside the bottleneck of each branch; outside it has four times as many. */
const WITHIN = [32, 64, 128, 256] as const;

/** The bottlenecks behind the four branches. */
const widening = (channels: number) =>
  WITHIN.map((within, i) => bottleneck(`incre_modules.${i}.0`, channels * 2 ** i, within));

/**
 * The parameters of `hrnetWidened`: 1,576,320 learnt ones for 32 channels. The published weights for ImageNet
 * have them behind the trunk.
 */
export function hrnetWideningParameters(channels: number): ParameterSpecification[] {
  return widening(channels).flatMap(convolutionsOf).flatMap(normedParameters);
}

/**
 * The branches at four times 32, 64, 128 and 256 channels, whatever they had: what the network for ImageNet, and
 * timm's features of it, have behind the trunk.
 *
 * @param branches As `hrnet` returns them.
 * @returns `[batch, side / 4 / 2ⁱ, …, 128 · 2ⁱ]` for branch i.
 */
export function hrnetWidened(branches: readonly tf.Tensor4D[], run: HrnetRun): tf.Tensor4D[] {
  const units = widening(run.channels);
  return branches.map((x, branch) => applyBottleneck(x, units[branch], run.layers));
}
