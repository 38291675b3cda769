/**
 * Objectives of the planted-clues study that are not the paper's: information is asked of the features
 * alone, by heads whose parameters the term cannot change. `detectorLoss` holds the paper's forms.
 */
import * as tf from "@tensorflow/tfjs";
import { type Configuration, vary } from "lib/config.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { detach } from "lib/losses/detach.ts";
import { type DetectorLoss, detectorLoss } from "lib/losses/detector_loss.ts";
import { exponentialGapPerSample, minimaxGap } from "lib/losses/information_gap.ts";
import { localInformationLoss } from "lib/losses/local_information.ts";
import { linearHeads } from "lib/detectors/exposing_the_deception/heads.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import type { ObjectiveInputs } from "lib/training/objective.ts";

/** The linear heads over these features with parameters that no gradient reaches. */
function heldHeads({ outputs, parameters }: ObjectiveInputs) {
  const held = Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => /^(baseline_linear|local_linear\d+)\./.test(name))
      .map(([name, variable]) => [name, detach(variable as tf.Tensor)]),
  );
  return linearHeads(outputs.features, openLayers(held as Parameters, {}));
}

/** Cross-entropy of the heads that are on, with nothing else: the information terms come on top. */
function crossEntropies(inputs: ObjectiveInputs, changes: Partial<Configuration>): DetectorLoss {
  const configuration = vary(inputs.configuration, {
    localInformation: false,
    globalInformation: false,
    lossWeights: "fixed",
    ...changes,
  });
  return detectorLoss(inputs.outputs, inputs.targets, { configuration });
}

function plus({ total, terms }: DetectorLoss, added: Record<string, tf.Scalar>): DetectorLoss {
  return { total: tf.addN([total, ...Object.values(added)]), terms: { ...terms, ...added } };
}

/** Eq. 8 in the paper's form through heads whose parameters are held fixed; weight 1. */
export function throughHeldHeads(inputs: ObjectiveInputs): DetectorLoss {
  const { joint, leaveOneOut } = heldHeads(inputs);
  const { temperature } = inputs.configuration;
  const options = { form: "paper", divergence: "kl", temperature, detachJoint: false } as const;
  return plus(crossEntropies(inputs, {}), {
    heldInformation: localInformationLoss(joint, leaveOneOut, options),
  });
}

/** Weight of the minimax term. The first study's; at 1 it drowns the label. */
const MINIMAX = 0.1;

/**
 * A game: the leave-one-out heads lower their cross-entropy on features that they cannot change, the
 * features raise it above the joint head's.
 */
export function minimax(inputs: ObjectiveInputs): DetectorLoss {
  const { outputs, parameters, targets } = inputs;
  const features = outputs.features.map(detach);
  const { leaveOneOut } = linearHeads(features, openLayers(parameters, {}));
  const ofHeads = leaveOneOut.map((logits) => crossEntropy(logits, targets));
  return plus(crossEntropies(inputs, { crossEntropyTerms: ["global", "joint"] }), {
    headsAlone: tf.addN(ofHeads),
    minimaxInformation: tf.mul(MINIMAX, minimaxGap(heldHeads(inputs), targets)),
  });
}

/** The exponential of each sample's gap, through held heads, weight 1. The first study found nothing. */
export function perSample(inputs: ObjectiveInputs): DetectorLoss {
  return plus(crossEntropies(inputs, {}), {
    perSampleInformation: exponentialGapPerSample(heldHeads(inputs), inputs.targets),
  });
}
