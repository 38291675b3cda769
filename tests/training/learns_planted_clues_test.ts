/**
 * The whole pipeline on planted clues: drawing, batches, augmentation, training, scores, metric. The
 * shortened run was measured with seeds 1 to 8: AUC .837 in the mean, standard deviation .034.
 */
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { QUICK } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import type { Split } from "lib/data/samples.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";

const MEAN = 0.837, DEVIATION = 0.034;

await startEngine();
const draw = (count: number, split: Split, seed: number) =>
  drawPlantedClues(count, {
    setting: PLANTED_SETTINGS.A8,
    split,
    random: createRandom(seed, "planted", split),
  });

Deno.test("a short run on planted clues reaches its stated AUC within its stated spread, for three seeds", async () => {
  const test = draw(500, "test", 77);
  const labels = test.map(({ sample }) => sample.label);
  const aucs: number[] = [];
  for (const seed of [1, 2, 3]) {
    const configuration = vary(QUICK, {
      backbone: "conv4",
      width: 1,
      blocks: 2,
      imageSize: 48,
      batchSize: 32,
      dropout: 0.25,
      augmentation: "flip",
      lossWeights: "fixed",
      localInformation: false, // all heads have cross-entropy; the study's reference row
      globalInformation: false,
      learningRate: 5e-3,
      steps: 120,
      seed,
    });
    using learner = createLearner(configuration);
    await using source = cropSource(draw(600, "train", seed), configuration);
    await Array.fromAsync(train(learner, { source, configuration }));
    const scores = await scoreCrops(test, {
      detector: configuration.detector,
      parameters: learner.parameters,
    });
    aucs.push(rocAuc(scores, labels));
  }
  for (const auc of aucs) assert.ok(Math.abs(auc - MEAN) < 3 * DEVIATION, `${aucs}`);
  const mean = aucs.reduce((sum, auc) => sum + auc) / aucs.length;
  assert.ok(Math.abs(mean - MEAN) < 3 * DEVIATION / Math.sqrt(3), `${aucs}`);
});
