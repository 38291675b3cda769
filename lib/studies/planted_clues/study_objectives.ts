/**
 * Objectives of the planted-clues study that are not the paper's: information is asked of the features
 * alone, by heads whose parameters the term cannot change. `paper_objective.ts` holds the paper's form.
 */
import * as tf from "@tensorflow/tfjs";
import type { Loss, LossInputs } from "lib/detectors/detector.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { linearHeads } from "lib/detectors/exposing_the_deception/heads.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { detach } from "lib/engine/detach.ts";
import { exponentialGapPerSample, minimaxGap } from "lib/losses/information_gap.ts";
import { localInformationLoss } from "lib/losses/information_losses.ts";
import { paperObjective } from "lib/losses/paper_objective.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** What a loss of the study is asked with. */
export type StudyInputs = LossInputs<ExposingOutputs>;

/** The linear heads over these features with parameters that no gradient reaches. */
function heldHeads({ features }: ExposingOutputs, parameters: Parameters) {
  const held = Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => /^(baseline_linear|local_linear\d+)\./.test(name))
      .map(([name, variable]) => [name, detach(variable as tf.Tensor)]),
  );
  return linearHeads(features, openLayers(held as Parameters, {}));
}

/** Cross-entropy of the heads that are on, with nothing else: the information terms come on top. */
function crossEntropies(
  outputs: ExposingOutputs,
  { targets }: StudyInputs,
  settings: ExposingSettings,
): Loss {
  const without = {
    localInformation: false,
    globalInformation: false,
    lossWeights: "fixed",
  } as const;
  return paperObjective(outputs, targets.classes, { settings: { ...settings, ...without } });
}

function plus({ total, terms }: Loss, added: Record<string, tf.Scalar>): Loss {
  return { total: tf.addN([total, ...Object.values(added)]), terms: { ...terms, ...added } };
}

/** Eq. 8 in the paper's form through heads whose parameters are held fixed; weight 1. */
export function throughHeldHeads(inputs: StudyInputs, settings: ExposingSettings): Loss {
  const outputs = inputs.forward(), held = heldHeads(outputs, inputs.parameters);
  const form = { ...settings, lossForm: "paper", divergence: "kl", detachJoint: false } as const;
  return plus(crossEntropies(outputs, inputs, settings), {
    heldInformation: localInformationLoss(held, form),
  });
}

/** Weight of the minimax term, a tenth of the label's. [ours] */
const MINIMAX = 0.1;

/**
 * A game: the leave-one-out heads lower their cross-entropy on features that they cannot change, the
 * features raise it above the joint head's.
 */
export function minimax(inputs: StudyInputs, settings: ExposingSettings): Loss {
  const { parameters, targets } = inputs, outputs = inputs.forward();
  const features = outputs.features.map(detach);
  const { leaveOneOut } = linearHeads(features, openLayers(parameters, {}));
  const ofHeads = leaveOneOut.map((logits) => crossEntropy(logits, targets.classes));
  const others = { ...settings, crossEntropyTerms: ["global", "joint"] as const };
  return plus(crossEntropies(outputs, inputs, others), {
    headsAlone: tf.addN(ofHeads),
    minimaxInformation: tf.mul(
      MINIMAX,
      minimaxGap(heldHeads(outputs, parameters), targets.classes),
    ),
  });
}

/** The exponential of each sample's gap, through held heads, weight 1. */
export function perSample(inputs: StudyInputs, settings: ExposingSettings): Loss {
  const outputs = inputs.forward(), held = heldHeads(outputs, inputs.parameters);
  return plus(crossEntropies(outputs, inputs, settings), {
    perSampleInformation: exponentialGapPerSample(held, inputs.targets.classes),
  });
}
