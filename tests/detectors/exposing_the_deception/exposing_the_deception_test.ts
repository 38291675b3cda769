import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  OFFICIAL_CODE,
  PAPER,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { LOSS_WEIGHTS } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Mode, Updates } from "lib/networks/layers.ts";
import {
  countParameters,
  disposeParameters,
  isLearnt,
  type Parameters,
} from "lib/networks/parameters.ts";
import { BACKBONES } from "lib/networks/backbones.ts";
import { tilesOf } from "lib/detectors/exposing_the_deception/tiles.ts";
import { storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import { recordedOperations } from "../../engine/recorded_operations.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../../networks/fixture_formula.ts";

const { backend } = await startEngine();

const small = SMOKE.detector;

type Key = [name: string, shape: number[], type: string];
const keys = await readFixture<{
  MI_Net_resnet_n4: Key[];
  MI_Net_heads: Record<string, Key[]>;
  param_counts: Record<string, { total: number; by_module: Record<string, number> }>;
}>("state_dict_keys.json");

const counted = ([name]: Key) => !name.endsWith("num_batches_tracked");

Deno.test("parameters are the official state dict of four blocks, in its order", () => {
  const ours = PAPER.detector.parameters.map(({ name, shape }) => [name, torchShape(shape)]);
  const theirs = keys.MI_Net_resnet_n4.filter(counted).map(([name, shape]) => [name, shape]);
  assert.deepEqual(ours, theirs);
});

for (const blocks of [2, 3, 5, 6, 7]) {
  Deno.test(`parameters are the official ones for ${blocks} blocks`, () => {
    const all = vary(PAPER, { blocks }).detector.parameters;
    const heads = all.filter(({ name }) => !name.startsWith("region_model"));
    assert.deepEqual(
      heads.map(({ name, shape }) => [name, torchShape(shape)]),
      keys.MI_Net_heads[`resnet_n${blocks}`].filter(counted).map(([name, shape]) => [name, shape]),
    );
    const learnt = all.filter(({ role }) => isLearnt(role))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    assert.equal(learnt, keys.param_counts[`MI_Net_resnet_n${blocks}`].total);
  });
}

interface LossBlock {
  losses_f64: { ce: number; gil: number; lil: number };
  total_auto_f64: number;
  grad_norm_by_group_f64: Record<string, number>;
  grad_awl_params_f64: number[];
  /** Of the official form: a summary, or the norm alone. */
  grad_per_param_f64?: Record<string, Summary | number>;
}
interface LogitBlock {
  joint_f64: number[][];
  global_f64: number[][];
  loo_f64: number[][][];
  score_fake_f64: number[];
}
const { meta, resnet_n4_b4_64: official } = await readFixture<{
  meta: { labels: number[] };
  resnet_n4_b4_64: {
    input_name: Record<"eval" | "train", string>;
    eval_logits: LogitBlock;
    train_logits: LogitBlock;
    eval_official: LossBlock;
    eval_paper: LossBlock;
    train_official: LossBlock;
    train_paper: LossBlock;
  };
}>("minet_resnet34_n4.json");

/** The fixture's paper form trains the global head only by cross-entropy, and has no dropout. */
const FORMS: Record<"official" | "paper", ExposingConfiguration> = {
  official: vary(OFFICIAL_CODE, { dropout: 0 }),
  paper: vary(PAPER, { dropout: 0, crossEntropyTerms: ["global"] }),
};

Deno.test("forward and loss equal the official model: logits, losses, gradients", async (t) => {
  const parameters = blankParameters(FORMS.paper.detector);
  fillParameters(parameters, 3); // 85 million numbers: once for both modes
  for (const mode of ["eval", "train"] as const) {
    await t.step(`in ${mode} mode`, () => {
      const images = fillImages(official.input_name[mode], 4, 64);
      const targets = tf.tensor2d(meta.labels.map((label) => [1 - label, label]));
      const seed = tf.tensor1d([1, 2], "int32");

      for (const form of ["official", "paper"] as const) {
        const { detector } = FORMS[form], expected = official[`${mode}_${form}`];
        const state = initialiseParameters(detector.trainingState, createRandom(1));
        const lossWeights = state[LOSS_WEIGHTS];
        const tolerance = mode === "eval" ? 1e-5 : 1e-4;
        const near = (actual: number, wanted: number, limit: number, what: string) =>
          assert.ok(
            Math.abs(actual / wanted - 1) <= limit,
            `${form} ${what}: ${actual}, ${wanted}`,
          );

        const { value, grads } = tf.tidy(() =>
          tf.variableGrads(() => {
            const outputs = detector.forward(
              images,
              parameters,
              mode === "train" ? { training: { seed, updates: {} } } : {},
            );
            const { total, terms } = detector.loss({
              images,
              targets: { classes: targets },
              parameters: { ...parameters, ...state },
              forward: () => outputs,
              updates: {},
            });
            const { joint_f64, global_f64, loo_f64, score_fake_f64 } = official[`${mode}_logits`];
            const score = tf.sigmoid(detector.logOdds(outputs)).dataSync();
            const errors = [
              relativeError(outputs.joint.dataSync(), joint_f64.flat()),
              relativeError(outputs.global.dataSync(), global_f64.flat()),
              relativeError(score, score_fake_f64),
              ...outputs.leaveOneOut.map((l, i) => relativeError(l.dataSync(), loo_f64[i].flat())),
            ];
            assert.ok(Math.max(...errors) <= tolerance, `${form} logits off by ${errors}`);
            near(terms.crossEntropy.dataSync()[0], expected.losses_f64.ce, tolerance, "CE");
            near(terms.globalInformation.dataSync()[0], expected.losses_f64.gil, tolerance, "GIL");
            near(terms.localInformation.dataSync()[0], expected.losses_f64.lil, tolerance, "LIL");
            return total;
          }, [...Object.values(parameters).filter(({ trainable }) => trainable), lossWeights])
        );
        near(value.dataSync()[0], expected.total_auto_f64, tolerance, "total");
        const norms: Record<string, number> = {};
        for (const [name, variable] of Object.entries(parameters)) {
          if (!variable.trainable) continue;
          const part = name.split(".", 1)[0];
          const square = tf.tidy(() => tf.sum(tf.square(grads[variable.name])).dataSync()[0]);
          norms[part] = (norms[part] ?? 0) + square;
        }
        for (const [part, norm] of Object.entries(expected.grad_norm_by_group_f64)) {
          near(Math.sqrt(norms[part]), norm, mode === "eval" ? 1e-4 : 5e-3, `gradient in ${part}`);
        }
        for (const [name, summary] of Object.entries(expected.grad_per_param_f64 ?? {})) {
          if (mode === "train" && /^bottleneck\.model\.[04]\.bias$/.test(name)) continue; // truly 0
          const gradient = torchValues(grads[parameters[name].name], "weight");
          const whole = typeof summary === "number"
            ? { norm: summary, sum: NaN, idx: [], val: [] }
            : summary;
          const error = summaryError(gradient, whole);
          // A bias's gradient is a float32 sum over all places; one thread's order of it is 1.1e-4 off, and
          // with oneDNN's kernels for AVX-512 8e-3 through batch norm's statistics.
          const limit = mode === "eval" ? 2e-4 : 2e-2;
          assert.ok(error <= limit, `${form} gradient of ${name} off by ${error}`);
        }
        const ofWeights = grads[lossWeights.name].dataSync();
        const worst = relativeError(ofWeights, expected.grad_awl_params_f64);
        assert.ok(worst <= 1e-4, `${form} gradient of the loss weights off by ${worst}`);
        tf.dispose([value, ...Object.values(grads), lossWeights]);
      }
    });
  }
  disposeParameters(parameters);
});

Deno.test("parameters are drawn from the distributions that their roles name", () => {
  const { detector } = vary(SMOKE, { width: 0.25 });
  const parameters = initialiseParameters(detector.parameters, createRandom(3, "weights"));
  const filter = parameters["region_model1.layer4.2.conv2.weight"];
  const { mean, variance } = tf.moments(filter);
  const expected = 2 / (9 * 128); // 147,456 numbers: four standard errors of the mean and variance
  assert.ok(Math.abs(mean.dataSync()[0]) < 4 * Math.sqrt(expected / filter.size));
  assert.ok(Math.abs(variance.dataSync()[0] / expected - 1) < 4 * Math.sqrt(2 / filter.size));
  const matrix = parameters["bottleneck.model.4.weight"].dataSync();
  const limit = 1 / Math.sqrt(1000);
  assert.ok(matrix.every((x) => Math.abs(x) <= limit) && matrix.some((x) => x > 0.999 * limit));
  assert.notDeepEqual(
    parameters["region_model1.conv1.weight"].dataSync(),
    parameters["region_model2.conv1.weight"].dataSync(),
  );
  assert.deepEqual(Object.keys(countParameters(parameters)), [
    "region_model1",
    "region_model2",
    "local_linear1",
    "local_linear2",
    "bottleneck",
    "baseline_linear",
    "linear",
  ]);
});

Deno.test("forward in training drops by the seed, and leaves the parameters as they are", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const images = fillImages("input", 4, 32);
  const run = (a: number, b: number) => {
    const updates: Updates = {};
    const { global, joint } = small.forward(images, parameters, {
      training: { seed: tf.tensor1d([a, b], "int32"), updates },
    });
    return { global: [...global.dataSync()], joint: [...joint.dataSync()], updates };
  };
  const before = parameters["region_model1.bn1.running_mean"].dataSync().slice();
  const first = run(1, 2), again = run(1, 2), other = run(1, 3);
  assert.deepEqual(first.global, again.global);
  assert.notDeepEqual(first.global, other.global);
  assert.deepEqual(first.joint, other.joint); // no dropout on its way
  assert.deepEqual(parameters["region_model1.bn1.running_mean"].dataSync(), before);
  for (const [name, value] of Object.entries(first.updates)) parameters[name].assign(value);
  assert.notDeepEqual(parameters["region_model1.bn1.running_mean"].dataSync(), before);
});

Deno.test("forward uses what a tap returns, at the layers Grad-CAM needs", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const images = fillImages("input", 2, 64);
  const names: string[] = [];
  const { features } = small.forward(images, parameters, {
    tap: (name, activation) => {
      names.push(name);
      return name === "region_model2.layer4" ? tf.zerosLike(activation) : activation;
    },
  });
  assert.ok(names.includes("region_model1.layer4") && names.includes("region_model1.layer3.5"));
  assert.equal(new Set(names).size, names.length);
  assert.ok(features[0].dataSync().some((x) => x !== 0));
  assert.ok(features[1].dataSync().every((x) => x === 0));
});

Deno.test("forward of one block has no leave-one-out heads", () => {
  const { detector } = vary(SMOKE, { blocks: 1 });
  const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
  const outputs = detector.forward(fillImages("input", 2, 32), parameters);
  assert.deepEqual(outputs.leaveOneOut, []);
  assert.deepEqual(outputs.joint.shape, [2, 2]);
});

Deno.test("forward refuses images of another shape, and parameters of another setting", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const training = { seed: tf.tensor1d([1, 2], "int32"), updates: {} };
  assert.throws(() => small.forward(tf.zeros([2, 32, 32, 1]), parameters), {
    name: "TypeError",
    message: /\[2,32,32,1\]/,
  });
  assert.throws(
    () => small.forward(tf.zeros([1, 32, 32, 3]), parameters, { training }),
    { name: "TypeError", message: /two images or more/ },
  );
  const { detector } = vary(SMOKE, { blocks: 3 });
  assert.throws(() => detector.forward(tf.zeros([2, 32, 32, 3]), parameters), {
    name: "TypeError",
    message: /no parameter region_model3.conv1.weight/,
  });
});

Deno.test("forward keeps no tensor beyond the scope that calls it", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const images = fillImages("input", 2, 32);
  const training = { seed: tf.tensor1d([1, 2], "int32"), updates: {} };
  const before = tf.memory().numTensors;
  tf.tidy(() => void small.forward(images, parameters, { training }));
  tf.tidy(() => void small.forward(images, parameters));
  assert.equal(tf.memory().numTensors, before);
  disposeParameters(parameters);
  assert.equal(tf.memory().numTensors, before - Object.keys(parameters).length);
});

Deno.test("loss asks for the training state where weights are learnt, and says what they stand at", () => {
  const logits = tf.zeros<tf.Rank.R2>([2, 2]);
  const ask = ({ loss }: typeof small, parameters: Parameters = {}) =>
    loss({
      images: tf.zeros([2, 32, 32, 3]),
      targets: { classes: tf.tensor2d([[1, 0], [0, 1]]) },
      parameters,
      forward: () => ({
        joint: logits,
        leaveOneOut: [logits, logits],
        global: logits,
        features: [],
      }),
      updates: {},
    });
  assert.throws(() => ask(small), { name: "TypeError", message: /no variable "loss_weights"/ });
  const [{ name, shape, role }] = small.trainingState;
  assert.deepEqual([name, shape, role], [LOSS_WEIGHTS, [3], "lossWeight"]);
  assert.deepEqual(small.ownRates, { [LOSS_WEIGHTS]: small.settings.lossWeightsRate });
  const weights = { [LOSS_WEIGHTS]: tf.variable(tf.tensor1d([1, 2, 0.5])) };
  const { terms } = ask(small, weights);
  const found = ["weightCrossEntropy", "weightGlobalInformation", "weightLocalInformation"]
    .map((term) => terms[term].dataSync()[0]);
  assert.deepEqual(found, [0.5, 0.125, 2]); // 1 / (2p²), in the order of the official code
  const fixed = vary(SMOKE, { lossWeights: "fixed" }).detector;
  assert.deepEqual([fixed.trainingState, fixed.ownRates], [[], {}]);
  assert.ok(!Object.keys(ask(fixed).terms).some((term) => term.startsWith("weight")));
});

Deno.test("parts are the blocks, of tiles with the area that each sees", () => {
  assert.deepEqual(vary(SMOKE, { blocks: 2 }).detector.parts(), [
    { name: "block 1", layer: "region_model1.layer4" },
    { name: "block 2", layer: "region_model2.layer4" },
  ]);
  assert.equal(small.parts("layer3.5")[1].layer, "region_model2.layer3.5");
  const tiles = vary(SMOKE, { blocks: 6, imageSize: 48, view: "tiles" }).detector.parts();
  const expected = tilesOf(6, [48, 48]);
  tiles.forEach(({ area }, i) => {
    const { top, left, height, width } = expected[i];
    const inPixels = [area!.top, area!.left, area!.height, area!.width].map((share) => 48 * share);
    [top, left, height, width].forEach((pixels, k) =>
      assert.ok(Math.abs(inPixels[k] - pixels) < 1e-9)
    );
  });
});

Deno.test("stageOf gathers a stage of all blocks, and the heads as one", () => {
  for (const backbone of Object.keys(BACKBONES)) {
    const { parameters, stageOf } = vary(SMOKE, { backbone }).detector;
    const stages = new Set(parameters.map(({ name }) => stageOf(name)));
    assert.ok(stages.has("heads") && stages.size > 4, backbone);
    for (const { name } of parameters) {
      assert.equal(stageOf(name) === "heads", !name.startsWith("region_model"));
      assert.equal(stageOf(name), stageOf(name.replace("region_model1.", "region_model2.")));
    }
  }
  assert.equal(small.stageOf("region_model2.layer4.2.conv2.weight"), "layer4");
});

Deno.test("loadPretrained puts a backbone's published weights into every block, and leaves its classifier", async () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const first = parametersUnder("region_model1.", parameters);
  const other = initialiseParameters(small.parameters, createRandom(2, "weights"));
  const { tensors } = await storeParameters(parametersUnder("region_model1.", other));
  const head = parameters["linear.1.weight"].dataSync().slice();
  const published = new Map([
    ...tensors,
    ["fc.weight", storeFloat32(new Float32Array(8), [2, 4])] as const,
    ["fc.bias", storeFloat32(new Float32Array(2), [2])] as const,
  ]);
  small.loadPretrained(parameters, { tensors: published, metadata: {} });
  for (const name of Object.keys(first)) {
    const expected = other[`region_model1.${name}`].dataSync();
    for (const block of ["region_model1", "region_model2"]) {
      assert.deepEqual(parameters[`${block}.${name}`].dataSync(), expected, name);
    }
  }
  assert.deepEqual(parameters["linear.1.weight"].dataSync(), head);
  published.delete("conv1.weight");
  assert.throws(
    () => small.loadPretrained(parameters, { tensors: published, metadata: {} }),
    /missing: conv1.weight/,
  );
  disposeParameters(parameters);
  disposeParameters(other);
});

Deno.test("in inference a block begins when the one before it is done, in training at once", {
  ignore: backend !== "tensorflow",
}, () => {
  const { detector } = vary(SMOKE, { blocks: 3 }), parameters = blankParameters(detector);
  const images = tf.zeros<tf.Rank.R4>([2, 32, 32, 3]), seed = tf.tensor1d([1, 2], "int32");
  const waits = (mode: Mode) =>
    recordedOperations((x) => detector.forward(x as tf.Tensor4D, parameters, mode).global, images)
      .filter(({ operation, after }) => operation === "Identity" && after.length > 0);
  const inference = waits({});
  assert.equal(inference.length, 2);
  assert.equal(new Set(inference.flatMap(({ after }) => after)).size, 2); // each for another block
  assert.equal(waits({ training: { seed, updates: {} } }).length, 0);
  disposeParameters(parameters);
});
