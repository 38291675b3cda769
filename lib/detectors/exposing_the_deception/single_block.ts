/**
 * The plain baselines: one backbone in place of n blocks, made comparable in one of three ways.
 * Without them, a gain of n blocks could be a gain of size.
 */
import { isLearnt } from "lib/networks/parameters.ts";
import { vary } from "../configuration.ts";
import { type ExposingDetector } from "./exposing_the_deception.ts";
import type { ExposingConfiguration } from "./paper_configurations.ts";

/**
 * What a single block shares with n blocks:
 *
 * - `"width"`: each layer has as many channels as a layer of one of the n blocks. The network is about
 *   n times smaller and its feature vector n times shorter.
 * - `"features"`: the feature vector is as long as all n together, so each layer has n times the
 *   channels. A convolution grows with the square of its channels, so the network is about n times
 *   larger.
 * - `"parameters"`: as many learnt numbers as the whole detector, heads included; about √n times the
 *   channels. See {@link equalParameterWidth}.
 */
export type Equality = "width" | "features" | "parameters";

/**
 * The configuration of one block that is comparable to the configuration's n blocks. It has no
 * leave-one-out heads and so no local information loss; all else is as it was.
 *
 * @param configuration Of n blocks.
 * @param equal In what they are to be equal.
 * @throws RangeError when the width would be above the configuration's limit of 4.
 *
 * @example One ResNet-34 for four
 * ```ts
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { type Equality, singleBlock } from "lib/detectors/exposing_the_deception/single_block.ts";
 * import assert from "node:assert/strict";
 *
 * const widthOf = (equal: Equality) => singleBlock(PAPER, equal).detector.settings.width;
 * assert.equal(widthOf("width"), 1);
 * assert.equal(widthOf("features"), 4);
 * assert.ok(Math.abs(widthOf("parameters") - 2) < 0.02);
 * ```
 */
export function singleBlock(
  configuration: ExposingConfiguration,
  equal: Equality,
): ExposingConfiguration {
  const { detector } = configuration, { blocks, width } = detector.settings;
  const widths: Record<Equality, () => number> = {
    width: () => width,
    features: () => width * blocks,
    parameters: () => equalParameterWidth(detector).width,
  };
  return vary(configuration, { blocks: 1, width: widths[equal]() });
}

/** A width and how nearly it has as many parameters as wanted. */
export interface EqualParameterWidth {
  /** Of the single block; a multiple of 0.0001. */
  readonly width: number;
  /** Learnt numbers of the detector with that single block. */
  readonly parameters: number;
  /** Learnt numbers of the detector with n blocks. */
  readonly wanted: number;
  /** parameters / wanted − 1. */
  readonly error: number;
}

/** Widths are looked for in steps of this. */
const STEP = 1e-4;

/**
 * The width at which a detector of one block has as many learnt parameters as the given one, as
 * nearly as whole channels allow, found by counting. Heads count; classifiers that published backbones
 * carry and never run do not. The published backbones come within 0.3 % of it and `conv4` within 1 %, at
 * width 1 and an eighth of it, for 2 to 8 blocks; `error` says how far, so that a study can report it.
 */
export function equalParameterWidth(detector: ExposingDetector): EqualParameterWidth {
  const { kind, settings } = detector, { blocks, width } = settings;
  const wanted = learntNumbers(detector);
  const at = (steps: number): EqualParameterWidth => {
    const candidate = Number((steps * STEP).toFixed(4));
    const parameters = learntNumbers(kind.of({ ...settings, blocks: 1, width: candidate }));
    return { width: candidate, parameters, wanted, error: parameters / wanted - 1 };
  };
  // The count never falls with the width: the first step at or above what is wanted, by halving.
  let [below, above] = [Math.floor(width / STEP) - 1, Math.ceil(blocks * width / STEP)];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (at(middle).parameters < wanted) below = middle;
    else above = middle;
  }
  const [less, more] = [at(below), at(above)];
  return -less.error < more.error ? less : more;
}

function learntNumbers({ parameters }: ExposingDetector): number {
  return parameters
    .filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
}
