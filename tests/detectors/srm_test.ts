/** Luo et al. as a detector; that its network is the authors' is tested beside the networks. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { srm } from "lib/detectors/srm.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { STREAMS } from "lib/networks/two_stream_xception.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { inFolder } from "../in_folder.ts";
import { squares } from "./squares.ts";

await startEngine();

const smoke = presetOf(srm, "smoke"), { detector } = smoke;
const fresh = (of = detector, seed = 1) =>
  initialiseParameters(of.parameters, createRandom(seed, "weights"));

Deno.test("srm's official preset is the code's network, and its paper preset the paper's filters and loss", () => {
  const { detector, data, training } = presetOf(srm);
  const numbers = (wanted: (role: typeof detector.parameters[number]["role"]) => boolean) =>
    detector.parameters.filter(({ role }) => wanted(role))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.deepEqual([detector.input.size, data.batchSize, training.learningRate], [256, 32, 2e-4]);
  assert.deepEqual([numbers(isLearnt), numbers((role) => role === "idle")], [53_238_380, 4098]);
  const paper = presetOf(srm, "paper").detector;
  assert.equal(paper.parameters.length, detector.parameters.length - 1); // cosines have no bias
  assert.deepEqual([paper.settings.head, paper.settings.noiseOrder], ["angular", "everyFilter"]);
  assert.throws(() => vary(presetOf(srm), { margin: 0.4 }), /angular/);
  const stages = new Set(detector.parameters.map(({ name }) => detector.stageOf(name)));
  assert.equal(stages.size, 2 * 17 + 8);
});

Deno.test("srm's attention begins with γ of 0, its kernels as they are, its weights as in the code", () => {
  const parameters = fresh();
  assert.deepEqual([...parameters["dual_cma1.gamma1"].dataSync()], [0]);
  const deviation = (name: string) => {
    const values = parameters[name].dataSync() as Float32Array;
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };
  // xavier_normal_(gain=.02) of 46 channels, and kaiming_normal_(a=1) of 2 · 49 inputs.
  assert.ok(Math.abs(deviation("dual_cma0.value_conv1.weight") / (0.02 / Math.sqrt(46)) - 1) < 0.1);
  assert.ok(Math.abs(deviation("srm_sa.pa.conv.weight") * Math.sqrt(98) - 1) < 0.3);
  assert.equal(parameters["srm_conv1.kernel"].trainable, false);
  disposeParameters(parameters);
});

Deno.test("srm's angular head: log-odds are scaled differences of cosines, the loss has the margin", () => {
  const { detector } = vary(smoke, { head: "angular", margin: 0.25, scale: 2 });
  const cosines = tf.tensor2d([[0.5, -0.25], [-1, 1]]);
  assert.deepEqual([...detector.logOdds(cosines).dataSync()], [-1.5, 4]);
  const { total, terms } = detector.loss({
    images: tf.zeros([2, 32, 32, 3]),
    targets: { classes: tf.tensor2d([[1, 0], [0, 1]]) },
    parameters: {},
    forward: () => cosines,
    updates: {},
  });
  // Real leads by .75, less the margin, times 2; fake by 2, less the margin, times 2.
  const expected = (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(-3.5))) / 2;
  assert.ok(Math.abs(total.dataSync()[0] - expected) < 1e-6);
  assert.deepEqual(Object.keys(terms), ["amSoftmax"]);
  const parameters = fresh(detector);
  tf.tidy(() => {
    const cosines = detector.forward(
      tf.randomUniform([2, 32, 32, 3], -1, 1, "float32", 1),
      parameters,
    );
    assert.ok((cosines as tf.Tensor).dataSync().every((x) => x >= -1 && x <= 1 && x !== 0));
  });
  disposeParameters(parameters);
});

Deno.test("srm's loadPretrained puts an Xception of ImageNet into both streams", async () => {
  const width = 1 / 16, imageNet = xceptionParameters({ classes: 1000, width });
  const published = initialiseParameters(imageNet, createRandom(7));
  const file = await storeParameters(published), parameters = fresh();
  const head = parameters[`${STREAMS.picture}last_linear.1.weight`].dataSync().slice();
  detector.loadPretrained(parameters, file);
  for (const prefix of Object.values(STREAMS)) {
    for (const [name, variable] of Object.entries(published)) {
      if (name.startsWith("last_linear.")) continue;
      assert.deepEqual(parameters[prefix + name].dataSync(), variable.dataSync(), name);
    }
  }
  assert.deepEqual(parameters[`${STREAMS.picture}last_linear.1.weight`].dataSync(), head);
  const { "conv1.weight": _, ...others } = Object.fromEntries(file.tensors);
  const without = { ...file, tensors: new Map(Object.entries(others)) };
  assert.throws(() => detector.loadPretrained(parameters, without), /missing: conv1.weight/);
  [published, parameters].forEach(disposeParameters);
});

Deno.test("srm's loadPretrained takes a whole network of the authors' code, and no other order of filters", async () => {
  const theirs = fresh(detector, 2), ours = fresh();
  const file = await storeParameters(theirs);
  detector.loadPretrained(ours, file);
  for (const [name, variable] of Object.entries(theirs)) {
    assert.deepEqual(ours[name].dataSync(), variable.dataSync(), name);
  }
  const other = vary(smoke, { noiseOrder: "everyFilter" }).detector, others = fresh(other);
  assert.throws(() => other.loadPretrained(others, file), /srm_conv1.kernel.*"published"/s);
  const small = vary(smoke, { imageSize: 64 }).detector, smalls = fresh(small);
  assert.throws(() => small.loadPretrained(smalls, file), /misshapen: dual_cma0.linear1.weight/);
  [theirs, ours, others, smalls].forEach(disposeParameters);
});

Deno.test("srm resumes bit for bit from what a killed run has kept", () =>
  inFolder(async (folder) => {
    const configuration = vary(smoke, { steps: 3, dropout: 0.5 });
    await using source = cropSource(squares(16, 32), configuration);
    const run = async (folder: string, onStep: (step: number) => Promise<void>) => {
      using learner = createLearner(configuration);
      const options = { source, configuration, folder, keepEvery: 1, replay: false };
      const steps: number[] = [];
      for await (const { step } of train(learner, options)) {
        steps.push(step);
        await onStep(step);
      }
      const learnt = Object.entries(learner.parameters)
        .map(([name, variable]) => [name, variable.dataSync().slice()]);
      return { steps, learnt: Object.fromEntries(learnt) };
    };
    await Deno.mkdir(`${folder}/b`);
    const whole = await run(`${folder}/a`, async (step) => {
      if (step > 0) return;
      for await (const { name } of Deno.readDir(`${folder}/a`)) {
        await Deno.copyFile(`${folder}/a/${name}`, `${folder}/b/${name}`);
      }
    });
    const resumed = await run(`${folder}/b`, () => Promise.resolve());
    assert.deepEqual([whole.steps, resumed.steps], [[0, 1, 2], [1, 2]]);
    assert.deepEqual(resumed.learnt, whole.learnt);
  }));
