import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { vary } from "lib/detectors/configuration.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import {
  minimax,
  perSample,
  throughHeldHeads,
} from "lib/studies/planted_clues/study_objectives.ts";
import { STUDY, type StudyLoss } from "lib/studies/planted_clues/study_rows.ts";

await startEngine();

const { detector } = vary(STUDY, {
  blocks: 3,
  dropout: 0,
  lossWeights: "fixed",
  crossEntropyTerms: ["global", "joint", "leaveOneOut"],
});

/** Sum of squares of a term's gradient, over parameters whose names fit. */
function pull(loss: StudyLoss, term: string, names: RegExp): number {
  const parameters = initialiseParameters(detector.parameters, createRandom(3, "weights"));
  const of = Object.entries(parameters).filter(([name]) => names.test(name)).map(([, v]) => v);
  const images = tf.randomNormal<tf.Rank.R4>([6, 32, 32, 3], 0, 1, "float32", 5);
  const classes = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 1, 0], "int32"), 2) as tf.Tensor2D;
  const { grads } = tf.variableGrads(() => {
    const training = { seed: tf.tensor1d([1, 1], "int32"), updates: {} };
    const forward = (seen = images) => detector.forward(seen, parameters, { training });
    const inputs = { images, targets: { classes }, parameters, forward, updates: {} };
    return loss(inputs, detector.settings).terms[term];
  }, of);
  const squares = Object.values(grads).filter(Boolean).map((g) =>
    tf.sum(tf.square(g)).dataSync()[0]
  );
  disposeParameters(parameters);
  return squares.reduce((a, b) => a + b, 0);
}

const BLOCKS = /^region_model/, HEADS = /^(baseline_linear|local_linear)/;

for (
  const [name, objective, term] of [
    ["throughHeldHeads", throughHeldHeads, "heldInformation"],
    ["minimax", minimax, "minimaxInformation"],
    ["perSample", perSample, "perSampleInformation"],
  ] as const
) {
  Deno.test(`${name}'s information term moves features and cannot move heads`, () => {
    assert.ok(pull(objective, term, BLOCKS) > 1e-12);
    assert.equal(pull(objective, term, HEADS), 0);
  });
}

Deno.test("minimax's leave-one-out heads learn from features that they cannot move", () => {
  assert.ok(pull(minimax, "headsAlone", HEADS) > 1e-12);
  assert.equal(pull(minimax, "headsAlone", BLOCKS), 0);
});
