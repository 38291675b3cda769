/**
 * The detector (paper, Fig. 2): n local information blocks look at the same face (or at a tile of it
 * each), their features are joined, and a bottleneck keeps what the decision needs. What it is trained for is in `lib/losses`.
 */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import type { Random } from "lib/random.ts";
import { BACKBONES } from "lib/networks/backbones.ts";
import { type HeadOutputs, headParameters, heads } from "./heads.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { type Mode, openLayers } from "lib/networks/layers.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import { blockViews } from "./tiles.ts";

/** The fields of the configuration that decide which parameters there are and what is computed. */
export type DetectorConfiguration = Pick<
  Configuration,
  "backbone" | "blocks" | "width" | "view" | "dropout" | "dropConnect"
>;

/** What the detector says about a batch: logits `[batch, 2]`, class 0 real and 1 fake. */
export interface DetectorOutputs extends HeadOutputs {
  /** The local features z_1 … z_n, `[batch, length]` each; ResNet-34's length is 512 · width. */
  readonly features: tf.Tensor2D[];
  /**
   * In training, the running statistics of batch norm after this batch, under their parameters'
   * names, for the step to assign; else empty.
   */
  readonly statistics: Record<string, tf.Tensor1D>;
}

/** Name of the i-th block, counted from 0, at the front of its parameters and layers. */
export function blockName(i: number): string {
  return `region_model${i + 1}`;
}

/** The parameters that a configuration's detector has, in the order of the official state dict. */
export function detectorParameters(
  { backbone, blocks, width }: DetectorConfiguration,
): ParameterSpecification[] {
  const { features, bottleneck, parameters } = BACKBONES[backbone];
  const numbers = Array.from({ length: blocks }, (_, i) => i);
  return [
    ...numbers.flatMap((i) => parameters(blockName(i), width)),
    ...headParameters({ blocks, features: features(width), bottleneck }),
  ];
}

/**
 * A detector with fresh parameters; `initialise.ts` says from which distributions.
 *
 * @returns A record that the caller frees with `disposeParameters`.
 */
export function createDetector(configuration: DetectorConfiguration, random: Random): Parameters {
  return initialiseParameters(detectorParameters(configuration), random);
}

/**
 * Runs the detector. `softmax(outputs.global)[:, 1]` is the score, the probability of fake.
 *
 * Frees nothing and keeps nothing: call it within `tf.tidy`. In training the parameters are not
 * changed; the caller assigns `statistics` after the gradient step.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; see `normaliseImages`. Training needs a
 * batch of two or more.
 * @param parameters Of `createDetector` for the same configuration.
 * @param mode Training, taps, folded parameters; left out, the detector runs for inference.
 * @throws TypeError when the images have another shape, or a parameter is missing.
 * @throws RangeError when blocks see tiles and the images do not divide into them evenly.
 *
 * @example The score of two images by a small detector
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { createDetector, detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = createDetector(SMOKE, createRandom(1, "weights"));
 * const { global, leaveOneOut, features } = detect(tf.zeros([2, 32, 32, 3]), parameters, SMOKE);
 * const score = tf.softmax(global).slice([0, 1], [2, 1]).dataSync();
 * assert.ok(score.every((p) => p > 0 && p < 1));
 * assert.equal(leaveOneOut.length, 2);
 * assert.deepEqual(features[0].shape, [2, 64]);
 * ```
 */
export function detect(
  images: tf.Tensor4D,
  parameters: Parameters,
  configuration: DetectorConfiguration,
  mode: Mode = {},
): DetectorOutputs {
  if (images.rank !== 4 || images.shape[3] !== 3) {
    throw new TypeError(`Images must be [batch, height, width, 3], not [${images.shape}].`);
  }
  if (mode.training && images.shape[0] < 2) {
    throw new TypeError("Training needs two images or more: batch norm has no spread over one.");
  }
  const { backbone, width, dropout, dropConnect } = configuration;
  const { run } = BACKBONES[backbone];
  const layers = openLayers(parameters, mode);
  const features = blockViews(images, configuration).map((seen, i) =>
    run(seen, { prefix: blockName(i), width, dropConnect, layers })
  );
  return { ...heads(features, { dropout, layers }), features, statistics: layers.statistics };
}
