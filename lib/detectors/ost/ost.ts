/**
 * OST as a detector (Chen et al., "OST: Improving Generalization of DeepFake Detection via One-Shot Test-Time
 * Training", NeurIPS 2022): before a picture is judged, the network takes a step of learning on a fake that is made of
 * it, and training is for being good after such a step. The paper compared here cites its AUCs in Table 2, .748 on
 * Celeb-DF v1 and .833 on DFDC-P.
 *
 * Built after liangchen527/OST at commit 1e4518b: Xception with leaky ReLUs, a softmax with a margin. Its traps:
 *
 * - the margin and the scale of 30 are of cosines, but go to raw logits, so that losses are in the tens (kept)
 * - its "learnt" rates of the step within are given to no optimiser (one rate here), and the scheduler that
 *   divides the rate by ten is never stepped (constant here)
 * - it is selected by its AUC on the test sets (here by validation, as all detectors)
 * - at test it adapts one copy to a whole batch of 32 and takes batch norm's statistics from it, so a score depends
 *   on the other pictures of the batch. Here each picture has a copy of its own, and a batch of kept templates
 *   beside it (`ost_score.ts`). In training one step is for the batch, as there
 * - its templates are any training pictures with their labels, drawn anew for each picture at test too. Here they
 *   are the last real ones, which the detector keeps (`templates`): **its file holds pictures of people**
 *
 * Fakes for the step are the kit's (`pseudo_fakes.ts`): SimSwap is not public data, and landmarks are not
 * there. Explanations, and `testSteps` 0, are of a plain look by running statistics.
 *
 * `order` "second", the code's, differentiates through the step's gradient; TensorFlow.js has no gradients of
 * the gradients of convolutions and max-pooling, the engine adds them (`second_gradients.ts`). "first" takes that
 * gradient for a constant.
 */
import type * as tf from "@tensorflow/tfjs";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind } from "../detector.ts";
import { MIDDLE_BLOCKS } from "../on_xception.ts";
import { ostLogits, ostParameters } from "./ost_network.ts";
import { ostObjective } from "./ost_objective.ts";
import { ostScore } from "./ost_score.ts";
import { OST_PRESETS, OST_RULES, type OstSettings } from "./ost_settings.ts";

/** OST. */
export const ost: DetectorKind<OstSettings, tf.Tensor2D> = defineDetector<OstSettings, tf.Tensor2D>(
  {
    name: "ost",
    source:
      "Chen et al., OST: Improving Generalization of DeepFake Detection via One-Shot Test-Time Training, NeurIPS " +
      "2022; the authors' code liangchen527/OST at commit 1e4518b (no licence, needs SimSwap: read, neither run nor " +
      "taken). Weights: none published; ImageNet's as Xception's",
    rules: OST_RULES,
    presets: OST_PRESETS,
    build: (settings) => ({
      input: { size: settings.imageSize, normalisation: MINUS_ONE_TO_ONE },
      parameters: ostParameters(settings),
      ...settings.testSteps > 0 ? { adaptation: ostScore(settings) } : {},
      /** A plain look: by running statistics but in training. */
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const { training } = mode, isTwice = settings.order === "second";
        const own = training ? { ...mode, training: { ...training, isTwice } } : mode;
        return ostLogits(images, { parameters, mode: own, settings });
      },
      microBatches: { term: "query", why: "it is of weights that have learnt from all pictures" },
      loss: (inputs) => ostObjective(inputs, settings),
      /** Of the raw logits, as in the code, though the loss multiplies them. */
      logOdds: logOddsOfFake,
      parts: (layer = "bn4") => [{ name: "whole network", layer }],
      stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^bn/, "conv"),
      loadPretrained: (parameters, file) => {
        const named = xceptionStateDict(file);
        const { templates: _, "last_linear.weight": __, "last_linear.bias": ___, ...trunk } =
          parameters;
        const isShallow = settings.depth === "shallow";
        const skip = beginningsIn(named, ["last_linear.", ...isShallow ? MIDDLE_BLOCKS : []]);
        const report = loadParameters(trunk, named, { skip });
        return { ...report, skipped: unusedOf(named, report.skipped) };
      },
    }),
  },
);
