/** What a training step minimises: the paper's objective, or one of a study's own. */
import type * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { type DetectorLoss, detectorLoss } from "lib/losses/detector_loss.ts";
import type { DetectorOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** What an objective may look at. */
export interface ObjectiveInputs {
  /** Logits and features of the batch, in training mode. */
  readonly outputs: DetectorOutputs;
  /** The detector's parameters. */
  readonly parameters: Parameters;
  /** `[batch, 2]`: probability of real and of fake. */
  readonly targets: tf.Tensor2D;
  /** The run's settings. */
  readonly configuration: Configuration;
  /** Variable of the automatic weights, where the configuration has them. */
  readonly lossWeights: tf.Variable<tf.Rank.R1> | undefined;
}

/** From a batch's outputs to a scalar to minimise, and the terms to record. */
export type Objective = (inputs: ObjectiveInputs) => DetectorLoss;

/** Eq. 13 as the configuration says. */
export function paperObjective(
  { outputs, targets, configuration, lossWeights }: ObjectiveInputs,
): DetectorLoss {
  return detectorLoss(outputs, targets, { configuration, lossWeights });
}
