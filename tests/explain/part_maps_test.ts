import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { batchesInOrder, disposeBatch } from "lib/batches/batches.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { openPartMapper, partMaps } from "lib/explain/part_maps.ts";
import {
  blockEvidence,
  jointEvidence,
} from "lib/detectors/exposing_the_deception/head_evidence.ts";
import { classActivationMaps } from "lib/explain/grad_cam.ts";
import { gradCamPlusPlus } from "lib/explain/grad_cam_plus_plus.ts";
import { xception } from "lib/detectors/xception.ts";
import { BACKBONES } from "lib/networks/backbones.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();
const configuration = vary(SMOKE, { imageSize: 32, blocks: 3 }), { detector } = configuration;
const crops = madeUpCrops(3);

Deno.test("partMaps gives a map a part, their sum, and the score that the detector gives", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const before = tf.memory().numTensors;
  const maps = await partMaps(crops, { detector, parameters, layer: "layer3" });
  assert.equal(tf.memory().numTensors, before);
  const scores = await scoreCrops(crops, { detector, parameters });
  assert.equal(maps.length, 3);
  for (const [i, { parts, whole, score }] of maps.entries()) {
    assert.ok(Math.abs(score - scores[i]) < 1e-5);
    assert.equal(parts.length, 3);
    for (const [y, row] of whole.entries()) {
      for (const [x, value] of row.entries()) {
        const sum = parts.reduce((s, map) => s + map[y][x], 0);
        assert.ok(Math.abs(value - sum) < 1e-6);
      }
    }
    assert.deepEqual([whole.length, whole[0].length], [2, 2]); // 32 pixels over 16
  }
});

Deno.test("partMaps equals the maps of one part at a time, uncaptured, in evaluation mode", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const maps = await partMaps(crops, { detector, parameters });
  const [batch] = batchesInOrder(crops, { batchSize: crops.length });
  for (let block = 0; block < 3; block++) {
    const { explained, maps: [map] } = classActivationMaps({
      forward: (tap) =>
        detector.forward(normaliseImages(batch.images, detector.input.normalisation), parameters, {
          tap,
        }).global,
      layers: [`region_model${block + 1}.layer4`],
      explain: (logits) => {
        const [real, fake] = tf.unstack(logits, 1) as tf.Tensor1D[];
        return tf.sub(fake, real);
      },
    });
    for (const [i, values] of map.arraySync().entries()) {
      const difference = Math.abs(values[0][0] - maps[i].parts[block][0][0]); // a grid of one cell
      assert.ok(difference <= 1e-5 * Math.max(1, Math.abs(values[0][0])), `${difference}`);
    }
    tf.dispose([explained, map]);
  }
  assert.ok(maps.some(({ whole }) => whole[0][0] !== 0));
  disposeBatch(batch);
});

Deno.test("partMaps of no crops is empty", async () => {
  using learner = createLearner(configuration);
  assert.deepEqual(await partMaps([], { detector, parameters: learner.parameters }), []);
});

Deno.test("partMaps takes each backbone's last layer where none is named", async () => {
  for (const [backbone, { lastLayer }] of Object.entries(BACKBONES)) {
    const { detector } = vary(configuration, { backbone, blocks: 2 });
    const parameters = initialiseParameters(detector.parameters, createRandom(1));
    const names: string[] = [];
    const maps = await partMaps(crops.slice(0, 1), { detector, parameters });
    tf.tidy(() => {
      detector.forward(tf.zeros([1, 32, 32, 3]), parameters, {
        tap: (name, x) => (names.push(name), x),
      });
    });
    assert.equal(names.at(-1), `region_model2.${lastLayer}`);
    assert.equal(maps[0].parts.length, 2);
    await assert.rejects(
      partMaps(crops.slice(0, 1), { detector, parameters, layer: "layer9" }),
      /No layer is called region_model1.layer9, region_model2.layer9. The network's layers: region_model1./,
    );
    disposeParameters(parameters);
  }
});

Deno.test("a block's map of the joint head is that of its own evidence, and adds up to it", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const options = { detector, parameters };
  const joint = await partMaps(crops, { ...options, explain: jointEvidence });
  let bias = NaN;
  tf.tidy(() => {
    const [real, fake] = parameters["baseline_linear.bias"].dataSync();
    bias = fake - real;
  });
  const shares: number[][] = crops.map(() => []);
  for (let block = 0; block < 3; block++) {
    const own = await partMaps(crops, { ...options, explain: blockEvidence(block, parameters) });
    for (const [i, { parts, explained }] of own.entries()) {
      const scale = Math.max(1e-3, Math.abs(explained));
      assert.ok(Math.abs(parts[block][0][0] - joint[i].parts[block][0][0]) < 1e-5 * scale);
      assert.ok(Math.abs(parts[block].flat().reduce((a, b) => a + b) - explained) < 1e-5 * scale);
      // The other blocks have no part in it.
      assert.ok(parts.every((map, b) => b === block || map.flat().every((value) => value === 0)));
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
        blockEvidence(3, parameters)(detector.forward(tf.zeros([1, 32, 32, 3]), parameters))
      ),
    /There are 3 blocks, from 0; not 3/,
  );
});

Deno.test("openPartMapper gives the same maps in batches, and those of the variables of the moment", async () => {
  using learner = createLearner(configuration);
  const { parameters } = learner;
  const together = await partMaps(crops, { detector, parameters });
  using mapper = openPartMapper({ detector, parameters, batchSize: 2 });
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
  const options = { detector, parameters: learner.parameters, layer: "layer2" };
  const before = learner.variables["region_model1.bn1.running_mean"].dataSync().slice();
  const [alone] = await partMaps(crops.slice(0, 1), options);
  const [first] = await partMaps(crops, options);
  const [again] = await partMaps(crops, options);
  assert.deepEqual(again, first);
  const difference = (a: number, b: number) => Math.abs(a - b);
  alone.whole.flat().forEach((value, i) =>
    assert.ok(difference(value, first.whole.flat()[i]) < 1e-5 * Math.max(1, Math.abs(value)))
  );
  assert.deepEqual(learner.variables["region_model1.bn1.running_mean"].dataSync(), before);
});

Deno.test("a block that sees a tile has its map at the tile's place", async () => {
  const changes = { blocks: 4, view: "tiles", imageSize: 64, backbone: "conv4" } as const;
  const { detector } = vary(configuration, changes);
  const large = crops.slice(0, 1).map(({ image, sample }) => ({
    sample,
    image: {
      width: 64,
      height: 64,
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => image.data[i % image.data.length]),
    },
  }));
  const parameters = initialiseParameters(detector.parameters, createRandom(2));
  const [{ parts, whole }] = await partMaps(large, { detector, parameters });
  assert.deepEqual([whole.length, whole[0].length], [8, 8]); // 64 pixels over 8
  parts.forEach((map, b) =>
    map.forEach((row, y) =>
      row.forEach((value, x) => {
        const tile = 2 * Math.floor(y / 4) + Math.floor(x / 4);
        if (tile === b) assert.equal(value, whole[y][x]);
        else assert.equal(value, 0);
      })
    )
  );
  assert.ok(parts.every((map) => map.flat().some((value) => value !== 0)));
  disposeParameters(parameters);
});

Deno.test("partMaps by Grad-CAM++ has no negative evidence behind a ReLU", async () => {
  using learner = createLearner(configuration);
  const options = { detector, parameters: learner.parameters, layer: "layer3" };
  const maps = await partMaps(crops, { ...options, weigh: gradCamPlusPlus() });
  assert.ok(maps.every(({ parts }) => parts.flat(2).every((value) => value >= 0)));
  assert.ok(maps.some(({ whole }) => whole.flat().some((value) => value > 0)));
});

Deno.test("partMaps refuses a picture of another size, by name", async () => {
  using learner = createLearner(configuration);
  const image = { data: new Uint8Array(48 * 48 * 3), width: 48, height: 48 };
  await assert.rejects(
    partMaps([{ ...crops[0], image }], { detector, parameters: learner.parameters }),
    { name: "TypeError", message: /"0" is 48 × 48, but the detector takes 32 × 32/ },
  );
});

Deno.test("partMaps of Xception is one map, which adds up to the log-odds with the head's bias", async () => {
  const { detector } = presetOf(xception, "smoke");
  const parameters = initialiseParameters(detector.parameters, createRandom(4));
  const before = tf.memory().numTensors;
  using mapper = openPartMapper({ detector, parameters });
  assert.deepEqual(mapper.parts, [{ name: "whole network", layer: "bn4" }]);
  const maps = await mapper.maps(crops), scores = await scoreCrops(crops, { detector, parameters });
  assert.equal(tf.memory().numTensors, before);
  // Behind the last batch norm stand a mean over places and a linear head, so the map's cells and the
  // head's bias are all of the log-odds.
  const [real, fake] = parameters["last_linear.bias"].dataSync();
  for (const [i, { parts, whole, explained, score }] of maps.entries()) {
    assert.deepEqual(parts, [whole]);
    assert.ok(Math.abs(score - scores[i]) < 1e-6);
    assert.ok(Math.abs(explained - Math.log(score / (1 - score))) < 1e-4);
    const sum = whole.flat().reduce((a, b) => a + b) + fake - real;
    assert.ok(Math.abs(sum - explained) < 1e-5 * Math.max(1, Math.abs(explained)), `${sum}`);
  }
  assert.ok(maps.some(({ whole }) => whole.flat().some((value) => value !== 0)));
  disposeParameters(parameters);
});
