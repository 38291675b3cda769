import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import type { ExposingDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import {
  type ExposingConfiguration,
  OFFICIAL_CODE,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { automaticWeightedLoss } from "lib/losses/automatic_weights.ts";
import { paperObjective, weightedTerms } from "lib/losses/paper_objective.ts";
import {
  assertClose,
  assertGradients,
  caseTargets,
  LOSS_CASES,
  type LossCase,
  valueAndGradients,
  WEIGHT_CASES,
} from "./loss_cases.ts";

await tf.setBackend("cpu");

const whole = (lossCase: LossCase, { detector: { settings } }: ExposingConfiguration) => {
  const targets = caseTargets(lossCase);
  return valueAndGradients(
    lossCase,
    (logits, weights) => paperObjective(logits, targets, { settings, weights }).total,
  );
};

const heads = ({ joint, loo, global }: LossCase) => ({
  joint: tf.tensor2d(joint),
  leaveOneOut: loo.map((rows) => tf.tensor2d(rows)),
  global: tf.tensor2d(global),
});

for (const lossCase of LOSS_CASES) {
  Deno.test(`paperObjective equals the official total, values and gradients: ${lossCase.name}`, () => {
    const { official_f64: expected } = lossCase;
    const { value, gradients } = whole(lossCase, OFFICIAL_CODE);
    assertClose(value, expected.total_auto, 1e-5, "total");
    assertGradients(gradients, expected.grad_total_auto, 2e-5, "total");

    const fixed = vary(OFFICIAL_CODE, { lossWeights: "fixed" });
    const entropies = vary(fixed, { localInformation: false, globalInformation: false });
    const alone = whole(lossCase, entropies);
    assertClose(alone.value, expected.ce_sum, 1e-5, "cross-entropies");
    assertGradients(alone.gradients, expected.grad_ce_sum, 2e-5, "cross-entropies");
    assertClose(whole(lossCase, fixed).value, expected.total_plain_sum, 1e-5, "plain sum");
    const weighed = vary(fixed, { beta: 2, alpha: 10 }); // the official list is [CE, GIL, LIL]
    assertClose(whole(lossCase, weighed).value, expected.total_hyper_1_2_10, 1e-5, "1, 2, 10");
  });

  Deno.test(`paperObjective equals the paper's total, values and gradients: ${lossCase.name}`, () => {
    const expected = lossCase["paper_T1_jointgrad_f64"];
    const sum = whole(lossCase, PAPER);
    assertClose(sum.value, expected.total_auto_ce_sum, 1e-5, "all heads");
    assertGradients(sum.gradients, expected.grad_total_auto_ce_sum, 2e-5, "all heads");
    const only = whole(lossCase, vary(PAPER, { crossEntropyTerms: ["global"] }));
    assertClose(only.value, expected.total_auto_ce_global_only, 1e-5, "global head");
    assertGradients(only.gradients, expected.grad_total_auto_ce_global_only, 2e-5, "global head");
  });

  Deno.test(`paperObjective reports each term by its name: ${lossCase.name}`, () => {
    const { ce_sum, ce_terms, gil, lil } = lossCase.official_f64;
    const { terms } = paperObjective(
      heads(lossCase),
      caseTargets(lossCase),
      { settings: OFFICIAL_CODE.detector.settings, weights: tf.tensor1d(lossCase.p) },
    );
    const expected: Record<string, number> = {
      crossEntropy: ce_sum,
      crossEntropyGlobal: ce_terms.global,
      crossEntropyJoint: ce_terms.joint,
      ...Object.fromEntries(ce_terms.loo.map((x, i) => [`crossEntropyLeaveOneOut${i + 1}`, x])),
      localInformation: lil,
      globalInformation: gil,
    };
    lossCase.official_kl_per_loo_f64.forEach((d, i) => expected[`divergence${i + 1}`] = d);
    assert.deepEqual(Object.keys(terms).sort(), Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) {
      assertClose(terms[name].dataSync()[0], value, 5e-5, name);
    }
  });
}

/** The learnt weights of the objective's terms, as a run begins with them. */
function firstWeights({ trainingState }: ExposingDetector): tf.Tensor1D {
  const { loss_weights: weights } = initialiseParameters(trainingState, createRandom(1));
  return weights as tf.Tensor as tf.Tensor1D;
}

/** The rows of the official ablation: its switches also choose which heads have a cross-entropy. */
const ABLATION: Record<string, Partial<ExposingSettings>> = {
  none: { localInformation: false, globalInformation: false, crossEntropyTerms: ["global"] },
  lil_only: { globalInformation: false, crossEntropyTerms: ["global", "leaveOneOut"] },
  gil_only: { localInformation: false, crossEntropyTerms: ["global", "joint"] },
  both: {},
};

for (const [row, changes] of Object.entries(ABLATION)) {
  Deno.test(`paperObjective computes the official ablation's row ${row}`, () => {
    const { detector } = vary(OFFICIAL_CODE, changes), { settings } = detector;
    for (const lossCase of LOSS_CASES.filter((c) => c.official_ablation_f64)) {
      const { losses, total_auto_p1 } = lossCase.official_ablation_f64![row];
      const weights = firstWeights(detector);
      assert.equal(weights.size, losses.length);
      const { total } = paperObjective(heads(lossCase), caseTargets(lossCase), {
        settings,
        weights,
      });
      assertClose(total.dataSync()[0], total_auto_p1, 1e-5, lossCase.name);
    }
  });
}

Deno.test("automaticWeightedLoss equals the official class's values and gradients", () => {
  for (const { losses, p, value, grad_p, grad_losses } of WEIGHT_CASES) {
    const all = [...losses.map((loss) => tf.scalar(loss)), tf.tensor1d(p)];
    const result = tf.valueAndGrads((...x: tf.Tensor[]) =>
      automaticWeightedLoss(x.slice(0, -1) as tf.Scalar[], x.at(-1) as tf.Tensor1D)
    )(all);
    assertClose(result.value.dataSync()[0], value, 1e-5, "value");
    const gradients = result.grads.map((g) => [...g.dataSync()]);
    grad_losses.forEach((g, i) => assertClose(gradients[i][0], g, 1e-5, `loss ${i}`));
    grad_p.forEach((g, i) => assertClose(gradients.at(-1)![i], g, 1e-5, `weight ${i}`));
  }
});

Deno.test("automaticWeightedLoss refuses weights that do not match the losses", () => {
  const losses = [tf.scalar(1), tf.scalar(2)];
  assert.throws(() => automaticWeightedLoss(losses, tf.ones([3])), {
    name: "TypeError",
    message: /2 losses need weights \[2\], not \[3\]/,
  });
});

Deno.test("paperObjective asks for the automatic weights that the settings need", () => {
  const z = tf.zeros<tf.Rank.R2>([2, 2]);
  const logits = { joint: z, leaveOneOut: [z, z], global: z }, { settings } = PAPER.detector;
  assert.throws(() => paperObjective(logits, z, { settings }), {
    name: "TypeError",
    message: /"loss_weights".*crossEntropy, globalInformation, localInformation/,
  });
});

Deno.test("paperObjective of one block has no local information loss", () => {
  const { detector } = vary(PAPER, { blocks: 1 }), { settings } = detector;
  assert.deepEqual(weightedTerms(settings, 1), ["crossEntropy", "globalInformation"]);
  const z = tf.zeros<tf.Rank.R2>([2, 2]);
  const { total, terms } = paperObjective(
    { joint: z, leaveOneOut: [], global: z },
    tf.tensor2d([[1, 0], [0, 1]]),
    { settings, weights: firstWeights(detector) },
  );
  assert.equal(terms.localInformation, undefined);
  assertClose(total.dataSync()[0], Math.LN2 + 2 * Math.LN2, 1e-6, "two heads, two weights");
});
