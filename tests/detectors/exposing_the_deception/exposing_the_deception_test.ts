import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  OFFICIAL_CODE,
  PAPER,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLossWeights } from "lib/losses/automatic_weights.ts";
import { detectorLoss } from "lib/losses/detector_loss.ts";
import {
  createDetector,
  detect,
  detectorParameters,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import {
  assignParameters,
  countParameters,
  disposeParameters,
  isLearnt,
  trainableVariables,
} from "lib/networks/parameters.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../../networks/fixture_formula.ts";

await startEngine();

type Key = [name: string, shape: number[], type: string];
const keys = await readFixture<{
  MI_Net_resnet_n4: Key[];
  MI_Net_heads: Record<string, Key[]>;
  param_counts: Record<string, { total: number; by_module: Record<string, number> }>;
}>("state_dict_keys.json");

const counted = ([name]: Key) => !name.endsWith("num_batches_tracked");

Deno.test("detectorParameters are the official state dict of four blocks, in its order", () => {
  const ours = detectorParameters(PAPER).map(({ name, shape }) => [name, torchShape(shape)]);
  const theirs = keys.MI_Net_resnet_n4.filter(counted).map(([name, shape]) => [name, shape]);
  assert.deepEqual(ours, theirs);
});

for (const blocks of [2, 3, 5, 6, 7]) {
  Deno.test(`detectorParameters are the official ones for ${blocks} blocks`, () => {
    const all = detectorParameters(vary(PAPER, { blocks }));
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

for (const mode of ["eval", "train"] as const) {
  Deno.test(`detect equals the official model in ${mode} mode: logits, losses, gradients`, () => {
    const parameters = createDetector(FORMS.paper, { ...createRandom(1), normal: () => 0 });
    fillParameters(parameters, 3);
    const images = fillImages(official.input_name[mode], 4, 64);
    const targets = tf.tensor2d(meta.labels.map((label) => [1 - label, label]));
    const training = { seed: tf.tensor1d([1, 2], "int32") };

    for (const form of ["official", "paper"] as const) {
      const configuration = FORMS[form], expected = official[`${mode}_${form}`];
      const lossWeights = createLossWeights(configuration);
      const tolerance = mode === "eval" ? 1e-5 : 1e-4;
      const near = (actual: number, wanted: number, limit: number, what: string) =>
        assert.ok(Math.abs(actual / wanted - 1) <= limit, `${form} ${what}: ${actual}, ${wanted}`);

      const { value, grads } = tf.tidy(() =>
        tf.variableGrads(() => {
          const outputs = detect(
            images,
            parameters,
            configuration,
            mode === "train" ? { training } : {},
          );
          const { total, terms } = detectorLoss(outputs, targets, { configuration, lossWeights });
          const { joint_f64, global_f64, loo_f64, score_fake_f64 } = official[`${mode}_logits`];
          const score = tf.softmax(outputs.global).arraySync().map(([, fake]) => fake);
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
        }, [...trainableVariables(parameters), lossWeights])
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
        near(Math.sqrt(norms[part]), norm, mode === "eval" ? 1e-4 : 1e-3, `gradient in ${part}`);
      }
      for (const [name, summary] of Object.entries(expected.grad_per_param_f64 ?? {})) {
        if (mode === "train" && /^bottleneck\.model\.[04]\.bias$/.test(name)) continue; // truly 0
        const gradient = torchValues(grads[parameters[name].name], "weight");
        const whole = typeof summary === "number"
          ? { norm: summary, sum: NaN, idx: [], val: [] }
          : summary;
        const error = summaryError(gradient, whole);
        const limit = mode === "eval" ? 1e-4 : 5e-3;
        assert.ok(error <= limit, `${form} gradient of ${name} off by ${error}`);
      }
      const ofWeights = grads[lossWeights.name].dataSync();
      const worst = relativeError(ofWeights, expected.grad_awl_params_f64);
      assert.ok(worst <= 1e-4, `${form} gradient of the loss weights off by ${worst}`);
      tf.dispose([value, ...Object.values(grads), lossWeights]);
    }
    disposeParameters(parameters);
  });
}

Deno.test("createDetector draws from the distributions it names", () => {
  const configuration = vary(SMOKE, { width: 0.25 });
  const parameters = createDetector(configuration, createRandom(3, "weights"));
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

Deno.test("detect in training drops by the seed, and leaves the parameters as they are", () => {
  const parameters = createDetector(SMOKE, createRandom(1, "weights"));
  const images = fillImages("input", 4, 32);
  const run = (a: number, b: number) => {
    const { global, joint, statistics } = detect(images, parameters, SMOKE, {
      training: { seed: tf.tensor1d([a, b], "int32") },
    });
    return { global: [...global.dataSync()], joint: [...joint.dataSync()], statistics };
  };
  const before = parameters["region_model1.bn1.running_mean"].dataSync().slice();
  const first = run(1, 2), again = run(1, 2), other = run(1, 3);
  assert.deepEqual(first.global, again.global);
  assert.notDeepEqual(first.global, other.global);
  assert.deepEqual(first.joint, other.joint); // no dropout on its way
  assert.deepEqual(parameters["region_model1.bn1.running_mean"].dataSync(), before);
  assignParameters(parameters, first.statistics);
  assert.notDeepEqual(parameters["region_model1.bn1.running_mean"].dataSync(), before);
});

Deno.test("detect uses what a tap returns, at the layers Grad-CAM needs", () => {
  const parameters = createDetector(SMOKE, createRandom(1, "weights"));
  const images = fillImages("input", 2, 64);
  const names: string[] = [];
  const { features } = detect(images, parameters, SMOKE, {
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

Deno.test("detect of one block has no leave-one-out heads", () => {
  const configuration = vary(SMOKE, { blocks: 1 });
  const parameters = createDetector(configuration, createRandom(1, "weights"));
  const outputs = detect(fillImages("input", 2, 32), parameters, configuration);
  assert.deepEqual(outputs.leaveOneOut, []);
  assert.deepEqual(outputs.joint.shape, [2, 2]);
});

Deno.test("detect refuses images of another shape, and parameters of another setting", () => {
  const parameters = createDetector(SMOKE, createRandom(1, "weights"));
  const seed = tf.tensor1d([1, 2], "int32");
  assert.throws(() => detect(tf.zeros([2, 32, 32, 1]), parameters, SMOKE), {
    name: "TypeError",
    message: /\[2,32,32,1\]/,
  });
  assert.throws(
    () => detect(tf.zeros([1, 32, 32, 3]), parameters, SMOKE, { training: { seed } }),
    { name: "TypeError", message: /two images or more/ },
  );
  assert.throws(() => detect(tf.zeros([2, 32, 32, 3]), parameters, vary(SMOKE, { blocks: 3 })), {
    name: "TypeError",
    message: /no parameter region_model3.conv1.weight/,
  });
});

Deno.test("detect keeps no tensor beyond the scope that calls it", () => {
  const parameters = createDetector(SMOKE, createRandom(1, "weights"));
  const images = fillImages("input", 2, 32);
  const seed = tf.tensor1d([1, 2], "int32");
  const before = tf.memory().numTensors;
  tf.tidy(() => void detect(images, parameters, SMOKE, { training: { seed } }));
  tf.tidy(() => void detect(images, parameters, SMOKE));
  assert.equal(tf.memory().numTensors, before);
  disposeParameters(parameters);
  assert.equal(tf.memory().numTensors, before - Object.keys(parameters).length);
});
