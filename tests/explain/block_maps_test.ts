import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE, vary } from "lib/config.ts";
import { batchesInOrder } from "lib/data/batches.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/score_crops.ts";
import { blockMaps } from "lib/explain/block_maps.ts";
import { classActivationMaps } from "lib/explain/grad_cam.ts";
import { detect } from "lib/models/detector.ts";
import { normaliseImages } from "lib/models/normalise_images.ts";
import { createLearner } from "lib/training/learner.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();
const configuration = vary(SMOKE, { imageSize: 32, blocks: 3 });
const crops = madeUpCrops(3);

Deno.test("blockMaps gives a map a block, their sum, and the score that the detector gives", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const before = tf.memory().numTensors;
  const maps = await blockMaps(crops, { parameters, configuration, layer: "layer3" });
  assert.equal(tf.memory().numTensors, before);
  const scores = await scoreCrops(crops, { parameters, configuration });
  assert.equal(maps.length, 3);
  for (const [i, { blocks, whole, score }] of maps.entries()) {
    assert.ok(Math.abs(score - scores[i]) < 1e-5);
    assert.equal(blocks.length, 3);
    for (const [y, row] of whole.entries()) {
      for (const [x, value] of row.entries()) {
        const sum = blocks.reduce((s, map) => s + map[y][x], 0);
        assert.ok(Math.abs(value - sum) < 1e-6);
      }
    }
    assert.deepEqual([whole.length, whole[0].length], [2, 2]); // 32 pixels over 16
  }
});

Deno.test("blockMaps equals the maps of one block at a time, uncaptured, in evaluation mode", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const maps = await blockMaps(crops, { parameters, configuration });
  const [batch] = batchesInOrder(crops, { batchSize: crops.length });
  for (let block = 0; block < 3; block++) {
    const { explained, maps: [map] } = classActivationMaps({
      forward: (tap) =>
        detect(normaliseImages(batch.images, configuration), parameters, configuration, { tap })
          .global,
      layers: [`region_model${block + 1}.layer4`],
      explain: (logits) => {
        const [real, fake] = tf.unstack(logits, 1) as tf.Tensor1D[];
        return tf.sub(fake, real);
      },
    });
    for (const [i, values] of map.arraySync().entries()) {
      const difference = Math.abs(values[0][0] - maps[i].blocks[block][0][0]); // a grid of one cell
      assert.ok(difference <= 1e-5 * Math.max(1, Math.abs(values[0][0])), `${difference}`);
    }
    tf.dispose([explained, map]);
  }
  assert.ok(maps.some(({ whole }) => whole[0][0] !== 0));
  tf.dispose([batch.images, batch.labels, batch.augmentation]);
});

Deno.test("blockMaps of no crops is empty", async () => {
  using learner = createLearner(configuration);
  assert.deepEqual(await blockMaps([], { parameters: learner.parameters, configuration }), []);
});
