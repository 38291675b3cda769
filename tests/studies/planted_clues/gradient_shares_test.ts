import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type Changes, vary } from "lib/detectors/configuration.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLearner } from "lib/training/learner.ts";
import { gradientShares } from "lib/studies/planted_clues/gradient_shares.ts";
import { STUDY } from "lib/studies/planted_clues/study_rows.ts";

await startEngine();

async function shares(changes: Changes<ExposingSettings>): Promise<Record<string, number>> {
  const configuration = vary(STUDY, { blocks: 3, localInformation: true, ...changes });
  using learner = createLearner(configuration);
  const images = tf.randomNormal<tf.Rank.R4>([8, 32, 32, 3], 0, 1, "float32", 5);
  const classes = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 1, 0, 1, 0], "int32"), 2) as tf.Tensor2D;
  try {
    return await gradientShares(learner, { images, classes }, configuration.detector);
  } finally {
    tf.dispose([images, classes]);
  }
}

Deno.test("gradientShares grow with the weight of the term and name the terms that are on", async () => {
  const once = await shares({ lossWeights: "fixed" });
  const tenfold = await shares({ lossWeights: "fixed", alpha: 10 });
  assert.deepEqual(Object.keys(once), ["localInformation"]);
  assert.ok(once.localInformation > 0);
  assert.ok(Math.abs(tenfold.localInformation / once.localInformation - 10) < 1e-3);
  assert.deepEqual(await shares({ localInformation: false }), {});
});

Deno.test("gradientShares under automatic weights that are all alike are those of fixed ones", async () => {
  const fixed = await shares({ lossWeights: "fixed", globalInformation: true });
  const learnt = await shares({ lossWeights: "automatic", globalInformation: true });
  for (const term of ["localInformation", "globalInformation"]) {
    assert.ok(Math.abs(learnt[term] / fixed[term] - 1) < 1e-3, term);
  }
});
