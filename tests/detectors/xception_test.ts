/** Xception as a detector; that its network is the published one is tested beside the networks. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { plainConfiguration, presetOf, vary } from "lib/detectors/configuration.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { classActivationMaps } from "lib/explain/grad_cam.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { disposeParameters, isLearnt, type Parameters } from "lib/networks/parameters.ts";
import { type StoredTensor, storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
} from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

const { detector: tiny } = vary(presetOf(xception, "smoke"), { imageSize: 64, width: 1 / 16 });

/** Parameters that do not answer alike for all pictures. */
function filled(): Parameters {
  const parameters = initialiseParameters(tiny.parameters, createRandom(1, "weights"));
  fillParameters(parameters, 3);
  return parameters;
}

Deno.test("xception is in the register, and its presets pass their rules", () => {
  assert.ok(DETECTORS.includes(xception as unknown as typeof DETECTORS[number]));
  const sizes = Object.keys(xception.presets).map((name) => {
    const preset = presetOf(xception, name);
    const { detector, data, training } = xception.presets[name];
    assert.deepEqual(plainConfiguration(preset), {
      detector: { name: "xception", settings: detector },
      data,
      training,
    });
    const { input, settings, parameters } = preset.detector;
    assert.equal(input.size, settings.imageSize);
    assert.deepEqual(
      parameters,
      xceptionParameters({ classes: 2, width: settings.width }),
    );
    return [name, input.size];
  });
  assert.deepEqual(Object.fromEntries(sizes), {
    faceforensics: 299,
    deepfakeBench: 256,
    paper: 299,
    quick: 96,
    smoke: 32,
  });
});

Deno.test("xception's paper preset has the published network's parameters, and the table's training", () => {
  const { detector, data, training } = presetOf(xception, "paper");
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role));
  const count = learnt.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(count, 20_811_050);
  assert.deepEqual([data.batchSize, training.epochs, data.mixup], [256, 20, 0]);
  assert.deepEqual(detector.input.normalisation.mean, [0.5, 0.5, 0.5]);
  assert.deepEqual([detector.wants, detector.trainingState, detector.ownRates], [[], [], {}]);
});

Deno.test("xception's loss is the cross-entropy of its logits, and its log-odds their difference", () => {
  const logits = tf.tensor2d([[2, -1], [0.5, 0.5], [-3, 1]]);
  const classes = tf.tensor2d([[1, 0], [0, 1], [0.25, 0.75]]);
  const { total, terms } = tiny.loss({
    images: tf.zeros([3, 64, 64, 3]),
    targets: { classes },
    parameters: {},
    forward: () => logits,
    updates: {},
  });
  const minusLog = (gap: number) => Math.log1p(Math.exp(gap)); // −log softmax, from the other's lead
  const expected = (minusLog(-3) + Math.LN2 + 0.25 * minusLog(4) + 0.75 * minusLog(-4)) / 3;
  assert.ok(Math.abs(total.dataSync()[0] - expected) < 1e-6);
  assert.deepEqual(Object.keys(terms), ["crossEntropy"]);
  assert.equal(terms.crossEntropy.dataSync()[0], total.dataSync()[0]);
  assert.deepEqual([...tiny.logOdds(logits).dataSync()], [-3, 0, 4]);
});

Deno.test("xception's one part is the whole network, explained at bn4 or where it is asked", () => {
  assert.deepEqual(tiny.parts(), [{ name: "whole network", layer: "bn4" }]);
  assert.deepEqual(tiny.parts("block11"), [{ name: "whole network", layer: "block11" }]);
});

Deno.test("xception's stages are its blocks and the convolutions beside them with their norms", () => {
  const stages = [...new Set(tiny.parameters.map(({ name }) => tiny.stageOf(name)))];
  const blocks = Array.from({ length: 12 }, (_, i) => `block${i + 1}`);
  assert.deepEqual(stages, ["conv1", "conv2", ...blocks, "conv3", "conv4", "last_linear"]);
});

Deno.test("xception refuses images of another shape, and a batch of one to train on", () => {
  const parameters = filled(), seed = tf.tensor1d([1, 2], "int32");
  assert.throws(() => tiny.forward(tf.zeros([2, 64, 64, 1]), parameters), {
    name: "TypeError",
    message: /\[2,64,64,1\]/,
  });
  const training = { seed, updates: {} };
  assert.throws(
    () => tiny.forward(tf.zeros([1, 64, 64, 3]), parameters, { training }),
    /two images or more/,
  );
  disposeParameters(parameters);
});

Deno.test("xception's maps at its layers are the published port's Grad-CAM", async () => {
  const { meta, maps } = await readFixture<{
    meta: { image: string };
    maps: Record<"bn4" | "block11", { logits: number[][]; raw: number[][] }>;
  }>("xception_grad_cam.json");
  const { detector } = presetOf(xception, "paper");
  const parameters = initialiseParameters(
    detector.parameters,
    { ...createRandom(1), normal: () => 0 },
  );
  fillParameters(parameters, 3);
  for (const [asked, { raw, logits }] of Object.entries(maps)) {
    tf.tidy(() => {
      const images = fillImages(meta.image, 1, 128);
      const layers = detector.parts(asked).map(({ layer }) => layer);
      const { maps: [map], explained } = classActivationMaps({
        forward: (tap) => detector.forward(images, parameters, { tap }),
        layers,
        explain: (outputs) => tf.slice(outputs, [0, 1], [-1, 1]).as1D(), // the fixture's: fake's logit
      });
      assert.ok(relativeError(explained.dataSync(), [logits[0][1]]) < 1e-5);
      assert.ok(relativeError(map.dataSync(), raw.flat()) < 1e-5, asked);
    });
  }
  disposeParameters(parameters);
});

Deno.test("openPartMapper explains an xception's log-odds by the map of its one part", async () => {
  const parameters = filled(), crops = squares(3, 64);
  const pixels = crops.flatMap(({ image }) => [...image.data]);
  for (const layer of [undefined, "block11"]) {
    using mapper = openPartMapper({
      detector: tiny,
      parameters,
      batchSize: 2,
      ...layer ? { layer } : {},
    });
    const found = await mapper.maps(crops);
    tf.tidy(() => {
      const images = tf.tensor4d(pixels, [3, 64, 64, 3], "int32");
      const x = normaliseImages(images, tiny.input.normalisation);
      const { maps: [map], explained } = classActivationMaps({
        forward: (tap) => tiny.forward(x, parameters, { tap }),
        layers: [layer ?? "bn4"],
        explain: (outputs) => tiny.logOdds(outputs),
      });
      const [expected, odds] = [map.arraySync() as number[][][], explained.arraySync() as number[]];
      found.forEach(({ parts, whole, explained, score }, i) => {
        assert.deepEqual(parts, [whole]);
        assert.ok(relativeError(whole.flat(), expected[i].flat()) < 1e-4);
        assert.ok(Math.abs(explained - odds[i]) < 1e-4);
        assert.ok(Math.abs(score - 1 / (1 + Math.exp(-explained))) < 1e-6);
      });
    });
  }
  disposeParameters(parameters);
});

Deno.test("foldBatchNorm keeps what an xception answers, with no batch norm left", () => {
  const parameters = filled(), folded = foldBatchNorm(parameters, tiny.parameters);
  tf.tidy(() => {
    const images = fillImages("input", 3, 64);
    const original = tiny.forward(images, parameters);
    const answer = tiny.forward(images, folded, { folded: true });
    const error = relativeError(answer.dataSync(), [...original.dataSync()]);
    assert.ok(error < 1e-4, `off by ${error}`);
  });
  assert.deepEqual(Object.keys(folded).filter((name) => /running|bn\d?\.weight/.test(name)), []);
  disposeParameters(folded);
  disposeParameters(parameters);
});

Deno.test("loadPretrained puts ImageNet's weights into an xception and leaves its classifier fresh", async () => {
  const imageNet = initialiseParameters(
    xceptionParameters({ classes: 1000, width: 1 / 16 }),
    createRandom(7),
  );
  const { tensors } = await storeParameters(imageNet);
  // As timm names it: the classifier is called fc.
  const named = new Map<string, StoredTensor>(
    [...tensors].map(([name, array]) => [name.replace("last_linear.", "fc."), array]),
  );
  const parameters = initialiseParameters(tiny.parameters, createRandom(1, "weights"));
  const head = parameters["last_linear.weight"].dataSync().slice();
  tiny.loadPretrained(parameters, { tensors: named, metadata: {} });
  for (const [name, variable] of Object.entries(parameters)) {
    if (name.startsWith("last_linear.")) continue;
    assert.deepEqual(variable.dataSync(), imageNet[name].dataSync(), name);
  }
  assert.deepEqual(parameters["last_linear.weight"].dataSync(), head);
  named.set("conv1.weight", storeFloat32(new Float32Array(4 * 9 * 2), [2, 4, 3, 3]));
  assert.throws(
    () => tiny.loadPretrained(parameters, { tensors: named, metadata: {} }),
    { name: "TypeError", message: /misshapen: conv1.weight/ },
  );
  disposeParameters(imageNet);
  disposeParameters(parameters);
});

Deno.test("train teaches a narrow xception to tell squares from noise", async () => {
  const configuration = vary(presetOf(xception, "smoke"), {
    imageSize: 64,
    width: 1 / 16,
    steps: 12,
    augmentation: "none",
    schedule: "constant",
  });
  await using source = cropSource(squares(16, 64), configuration);
  using learner = createLearner(configuration);
  const losses: number[] = [];
  for await (const { total, crossEntropy } of train(learner, { source, configuration })) {
    assert.equal(crossEntropy, total);
    losses.push(total);
  }
  assert.ok(losses[11] < losses[0] / 4, `losses ${losses}`);
  const mean = learner.parameters["bn4.running_mean"].dataSync();
  assert.ok(mean.some((value) => value !== 0), "running statistics moved");
});
