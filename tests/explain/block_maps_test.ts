import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE, vary } from "lib/config.ts";
import { batchesInOrder } from "lib/batches/batches.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/score_crops.ts";
import { blockMaps, LAST_LAYERS, openBlockMapper } from "lib/explain/block_maps.ts";
import {
  blockEvidence,
  jointEvidence,
} from "lib/detectors/exposing_the_deception/head_evidence.ts";
import { classActivationMaps } from "lib/explain/grad_cam.ts";
import { gradCamPlusPlus } from "lib/explain/grad_cam_plus_plus.ts";
import {
  createDetector,
  detect,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
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
  tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup]);
});

Deno.test("blockMaps of no crops is empty", async () => {
  using learner = createLearner(configuration);
  assert.deepEqual(await blockMaps([], { parameters: learner.parameters, configuration }), []);
});

Deno.test("blockMaps takes each backbone's last layer where none is named", async () => {
  for (const backbone of Object.keys(LAST_LAYERS) as (keyof typeof LAST_LAYERS)[]) {
    const of = vary(configuration, { backbone, blocks: 2 });
    const parameters = createDetector(of, createRandom(1));
    const names: string[] = [];
    const maps = await blockMaps(crops.slice(0, 1), { parameters, configuration: of });
    tf.tidy(() => {
      detect(tf.zeros([1, 32, 32, 3]), parameters, of, { tap: (name, x) => (names.push(name), x) });
    });
    assert.equal(names.at(-1), `region_model2.${LAST_LAYERS[backbone]}`);
    assert.equal(maps[0].blocks.length, 2);
    await assert.rejects(
      blockMaps(crops.slice(0, 1), { parameters, configuration: of, layer: "layer9" }),
      /No layer is called region_model1.layer9, region_model2.layer9. The network's layers: region_model1./,
    );
    disposeParameters(parameters);
  }
});

Deno.test("a block's map of the joint head is that of its own evidence, and adds up to it", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const options = { parameters, configuration };
  const joint = await blockMaps(crops, { ...options, explain: jointEvidence });
  let bias = NaN;
  tf.tidy(() => {
    const [real, fake] = parameters["baseline_linear.bias"].dataSync();
    bias = fake - real;
  });
  const shares: number[][] = crops.map(() => []);
  for (let block = 0; block < 3; block++) {
    const own = await blockMaps(crops, { ...options, explain: blockEvidence(block, parameters) });
    for (const [i, { blocks, explained }] of own.entries()) {
      const scale = Math.max(1e-3, Math.abs(explained));
      assert.ok(Math.abs(blocks[block][0][0] - joint[i].blocks[block][0][0]) < 1e-5 * scale);
      assert.ok(Math.abs(blocks[block].flat().reduce((a, b) => a + b) - explained) < 1e-5 * scale);
      // The other blocks have no part in it.
      assert.ok(blocks.every((map, b) => b === block || map.flat().every((value) => value === 0)));
      shares[i].push(explained);
    }
  }
  for (const [i, { explained }] of joint.entries()) {
    const sum = shares[i].reduce((a, b) => a + b, bias);
    assert.ok(Math.abs(sum - explained) < 1e-5 * Math.max(1, Math.abs(explained)));
  }
  assert.throws(
    () =>
      tf.tidy(() =>
        blockEvidence(3, parameters)(detect(tf.zeros([1, 32, 32, 3]), parameters, configuration))
      ),
    /There are 3 blocks, from 0; not 3/,
  );
});

Deno.test("openBlockMapper gives the same maps in batches, and those of the variables of the moment", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const together = await blockMaps(crops, { parameters, configuration });
  using mapper = openBlockMapper({ parameters, configuration, batchSize: 2 });
  const apart = await mapper.maps(crops);
  assert.equal(apart.length, 3);
  for (const [i, { whole, explained, score }] of apart.entries()) {
    assert.ok(Math.abs(whole[0][0] - together[i].whole[0][0]) < 1e-5);
    assert.ok(Math.abs(1 / (1 + Math.exp(-explained)) - score) < 1e-6);
  }
  const head = parameters["linear.1.weight"];
  tf.tidy(() => head.assign(tf.neg(head as tf.Tensor)));
  const [turned] = await mapper.maps(crops.slice(0, 1));
  assert.ok(Math.abs(turned.whole[0][0] + apart[0].whole[0][0]) < 1e-5);
});

Deno.test("maps are in evaluation mode: a picture's do not depend on its batch, and nothing is drawn", async () => {
  using learner = createLearner(configuration);
  const options = { parameters: learner.parameters, configuration, layer: "layer2" };
  const before = learner.variables["region_model1.bn1.running_mean"].dataSync().slice();
  const [alone] = await blockMaps(crops.slice(0, 1), options);
  const [first] = await blockMaps(crops, options);
  const [again] = await blockMaps(crops, options);
  assert.deepEqual(again, first);
  const difference = (a: number, b: number) => Math.abs(a - b);
  alone.whole.flat().forEach((value, i) =>
    assert.ok(difference(value, first.whole.flat()[i]) < 1e-5 * Math.max(1, Math.abs(value)))
  );
  assert.deepEqual(learner.variables["region_model1.bn1.running_mean"].dataSync(), before);
});

Deno.test("a block that sees a tile has its map at the tile's place", async () => {
  const tiles = vary(configuration, { blocks: 4, view: "tiles", imageSize: 64, backbone: "conv4" });
  const large = crops.slice(0, 1).map(({ image, sample }) => ({
    sample,
    image: {
      width: 64,
      height: 64,
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => image.data[i % image.data.length]),
    },
  }));
  const parameters = createDetector(tiles, createRandom(2));
  const [{ blocks, whole }] = await blockMaps(large, { parameters, configuration: tiles });
  assert.deepEqual([whole.length, whole[0].length], [8, 8]); // 64 pixels over 8
  blocks.forEach((map, b) =>
    map.forEach((row, y) =>
      row.forEach((value, x) => {
        const tile = 2 * Math.floor(y / 4) + Math.floor(x / 4);
        if (tile === b) assert.equal(value, whole[y][x]);
        else assert.equal(value, 0);
      })
    )
  );
  assert.ok(blocks.every((map) => map.flat().some((value) => value !== 0)));
  disposeParameters(parameters);
});

Deno.test("blockMaps by Grad-CAM++ has no negative evidence behind a ReLU", async () => {
  using learner = createLearner(configuration);
  const options = { parameters: learner.parameters, configuration, layer: "layer3" };
  const maps = await blockMaps(crops, { ...options, weigh: gradCamPlusPlus() });
  assert.ok(maps.every(({ blocks }) => blocks.flat(2).every((value) => value >= 0)));
  assert.ok(maps.some(({ whole }) => whole.flat().some((value) => value > 0)));
});

Deno.test("blockMaps refuses a picture of another size, by name", async () => {
  using learner = createLearner(configuration);
  const image = { data: new Uint8Array(48 * 48 * 3), width: 48, height: 48 };
  await assert.rejects(
    blockMaps([{ ...crops[0], image }], { parameters: learner.parameters, configuration }),
    { name: "TypeError", message: /"0" is 48 × 48, but the detector takes 32 × 32/ },
  );
});
