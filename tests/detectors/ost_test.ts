/** OST: its step within a step against PyTorch in float64, and what it does around it. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { LossInputs } from "lib/detectors/detector.ts";
import { innerStep } from "lib/detectors/ost/inner_step.ts";
import { ost } from "lib/detectors/ost/ost.ts";
import type { OstSettings } from "lib/detectors/ost/ost_settings.ts";
import { drawPseudoFakes, pseudoFakes } from "lib/detectors/ost/pseudo_fakes.ts";
import { scoreImages } from "lib/detectors/score_images.ts";
import { startEngine } from "lib/engine/engine.ts";
import { amSoftmax } from "lib/losses/am_softmax.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { openLayers, type Updates } from "lib/networks/layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  disposeParameters,
  isLearnt,
  linearParameters,
  type Parameters,
} from "lib/networks/parameters.ts";
import { rectified } from "lib/networks/separable_block.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import {
  fill,
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Case {
  readonly inner_lr: number;
  readonly second_order: boolean;
  readonly inner_params: string[];
  readonly support_logits: number[][];
  readonly support_loss: number;
  readonly support_grad: Record<string, number>;
  readonly "adapted_fc.weight": number[];
  readonly "adapted_conv1.weight": Summary;
  readonly query_logits: number[][];
  readonly query_loss: number;
  readonly meta_grad: Record<string, number>;
  readonly "meta_grad_fc.weight": number[];
  readonly "meta_grad_conv1.weight": Summary;
}
const { cases } = await readFixture<{ cases: Case[] }>("ost_meta_step.json");

/** The fixture's network: two convolutions of stride 2 with batch norm by the batch and leaky ReLU, a mean, a layer. */
const NET = [
  ...convolutionParameters("conv1", { size: 3, inputs: 3, outputs: 4 }),
  ...batchNormParameters("bn1", 4),
  ...convolutionParameters("conv2", { size: 3, inputs: 4, outputs: 6 }),
  ...batchNormParameters("bn2", 6),
  ...linearParameters("fc", { inputs: 6, outputs: 2 }),
];

function netLogits(images: tf.Tensor4D, parameters: Parameters): tf.Tensor2D {
  const seed = tf.tensor1d([0, 0], "int32");
  const { convolution, batchNorm, linear } = openLayers(parameters, {
    training: { seed, updates: {}, isTwice: true },
  });
  let x = images;
  for (const k of [1, 2]) {
    const y = convolution(x, `conv${k}`, { stride: 2, padding: 0 });
    x = rectified(batchNorm(y, `bn${k}`), 0.01);
  }
  return linear(tf.mean(x, [1, 2]), "fc");
}

const CLASSES = [[1, 0], [1, 0], [0, 1], [0, 1]];

for (const [i, expected] of cases.entries()) {
  const { inner_lr: rate, second_order, inner_params: names } = expected;
  const order = second_order ? "second" : "first";
  Deno.test(`innerStep equals PyTorch's step of ${order} order, case ${i + 1}`, () => {
    const parameters = initialiseParameters(NET, createRandom(1));
    fillParameters(parameters, 3);
    tf.tidy(() => {
      const [support, query] = ["support", "query"].map((name) => fillImages(`ost.${name}`, 4, 16));
      const classes = tf.tensor2d(CLASSES), options = { margin: 0.45, scale: 30 };
      const off: Record<string, number> = {};
      const list = (x: tf.Tensor) => [...torchValues(x, "weight")];
      const { value, grads } = tf.variableGrads(() => {
        const { adapted, before } = innerStep(parameters, () => {
          const logits = netLogits(support, parameters);
          off.supportLogits = relativeError(logits.dataSync(), expected.support_logits.flat());
          return amSoftmax(logits, classes, options);
        }, { names, rate, order });
        off.supportLoss = Math.abs(before.dataSync()[0] / expected.support_loss - 1);
        for (const [name, norm] of Object.entries(expected.support_grad)) {
          const moved = tf.sub(parameters[name] as tf.Tensor, adapted[name] as tf.Tensor);
          const found = tf.norm(tf.div(moved, rate)).dataSync()[0];
          off[`support ${name}`] = Math.abs(found - norm) / Math.max(norm, 10); // rounding of θ − θ′
        }
        off.fc = relativeError(list(adapted["fc.weight"]), expected["adapted_fc.weight"]);
        off.conv1 = summaryError(
          torchValues(adapted["conv1.weight"], "weight"),
          expected["adapted_conv1.weight"],
        );
        const answers = netLogits(query, adapted);
        off.queryLogits = relativeError(answers.dataSync(), expected.query_logits.flat());
        return amSoftmax(answers, classes, options);
      });
      off.queryLoss = Math.abs(value.dataSync()[0] / expected.query_loss - 1);
      const gradient = (name: string) => grads[parameters[name].name];
      for (const [name, norm] of Object.entries(expected.meta_grad)) {
        off[`meta ${name}`] = Math.abs(tf.norm(gradient(name)).dataSync()[0] / norm - 1);
      }
      off.metaFc = relativeError(list(gradient("fc.weight")), expected["meta_grad_fc.weight"]);
      off.metaConv1 = summaryError(
        torchValues(gradient("conv1.weight"), "weight"),
        expected["meta_grad_conv1.weight"],
      );
      assert.deepEqual(Object.entries(off).filter(([, error]) => !(error < 1e-4)), []);
    });
    disposeParameters(parameters);
  });
}

Deno.test("innerStep names what its loss does not depend on", () => {
  const w = tf.variable(tf.scalar(1)), idle = tf.variable(tf.scalar(1));
  const step = { names: ["w", "idle"], rate: 1, order: "first" } as const;
  assert.throws(
    () => tf.tidy(() => void innerStep({ w, idle }, () => tf.square(w), step)),
    /depend on idle/,
  );
  tf.dispose([w, idle]);
});

const pictures = (name: string, count: number, side = 32) =>
  tf.tidy(() => tf.clipByValue(fillImages(name, count, side), -1, 1) as tf.Tensor4D);

Deno.test("pseudoFakes are the other face's surroundings outside, its colours inside, and stay a constant", () =>
  tf.tidy(() => {
    const faces = pictures("a", 3), around = pictures("b", 3);
    const numbers = drawPseudoFakes(3, { seed: tf.tensor1d([1, 2], "int32"), variety: 1 });
    const made = pseudoFakes(faces, around, numbers), corner = [0, 0, 0, 0], size = [3, 2, 2, 3];
    const apart = tf.sub(tf.slice(made, corner, size), tf.slice(around, corner, size));
    assert.ok(tf.max(tf.abs(apart)).dataSync()[0] < 0.02);
    const centre = (x: tf.Tensor4D) => tf.slice(x, [0, 14, 14, 0], [3, 4, 4, 3]);
    assert.ok(tf.max(tf.abs(tf.sub(centre(made), centre(around)))).dataSync()[0] > 0.1);
    const grey = tf.fill([3, 32, 32, 3], 0.25) as tf.Tensor4D;
    const flat = pseudoFakes(faces, grey, numbers); // colours go to the new place's
    assert.ok(Math.abs(tf.mean(flat).dataSync()[0] - 0.25) < 0.01);
    const slope = tf.grad((x) => tf.sum(pseudoFakes(x as tf.Tensor4D, around, numbers)));
    assert.throws(() => slope(faces), /Cannot compute gradient/);
  }));

Deno.test("drawPseudoFakes draws by the seed, less with less variety, nothing with none", () =>
  tf.tidy(() => {
    const draw = (
      step: number,
      variety: number,
    ) => [...drawPseudoFakes(4, { seed: tf.tensor1d([1, step], "int32"), variety }).dataSync()];
    assert.deepEqual(draw(1, 1), draw(1, 1));
    assert.notDeepEqual(draw(1, 1), draw(2, 1));
    assert.ok(draw(1, 0.5).every((x) => x >= 0.25 && x <= 0.75));
    assert.deepEqual(draw(1, 0), Array(20).fill(0.5));
  }));

interface OnXception {
  readonly meta: { readonly imageSize: number; readonly innerRate: number };
  readonly first: ObjectiveCase;
  readonly second: ObjectiveCase;
  readonly scores: number[];
  /** Of the loss along the numbers of the formula. */
  readonly finiteDifference: number;
}

interface ObjectiveCase {
  readonly support: number;
  readonly query: number;
  /** Of each parameter the L2 norm, and the inner product with numbers of the formula. */
  readonly grad: Record<string, [norm: number, along: number]>;
}

const onXception = await readFixture<OnXception>("ost_xception.json");

/** The smallest OST, with the fixture's weights and templates. */
const small = (changes: Partial<OstSettings> = {}) => {
  const { meta: { imageSize, innerRate } } = onXception;
  const { detector } = vary(presetOf(ost, "smoke"), { imageSize, innerRate, ...changes });
  const { imageSize: side, templates } = detector.settings;
  const parameters = initialiseParameters(detector.parameters, createRandom(4));
  fillParameters(parameters, 3);
  const kept = pictures("templates", templates, side);
  parameters.templates.assign(kept);
  kept.dispose();
  return { detector, parameters };
};

/** The loss of four pictures, the second and the last of them real, with what comes of it. */
function lossOf(changes: Partial<OstSettings>) {
  const { detector, parameters } = small({ variety: 0, ...changes });
  const result = tf.tidy(() => {
    const images = pictures("batch", 4, detector.settings.imageSize);
    const seed = tf.tensor1d([3, 5], "int32"), updates: Updates = {};
    const inputs: LossInputs<tf.Tensor2D> = {
      images,
      targets: { classes: tf.tensor2d([[0, 1], [1, 0], [0, 1], [1, 0]]) },
      parameters,
      forward: (seen = images, own = parameters) =>
        detector.forward(seen, own, { training: { seed, updates } }),
      seed,
      updates,
    };
    let templates = new Float32Array(), support = 0;
    const { value, grads } = tf.variableGrads(() => {
      const { total, terms } = detector.loss(inputs);
      support = terms.support.dataSync()[0];
      templates = updates.templates.dataSync() as Float32Array<ArrayBuffer>;
      return total;
    });
    const learnt = detector.parameters.filter(({ role }) => isLearnt(role));
    const gradients = Object.fromEntries(
      learnt.map(({ name }) => [name, torchValues(grads[parameters[name].name], "weight")]),
    );
    return { query: value.dataSync()[0], support, templates, gradients };
  });
  disposeParameters(parameters);
  return result;
}

for (const order of ["first", "second"] as const) {
  Deno.test(`ost's loss and every gradient of ${order} order equal PyTorch's`, () => {
    const expected = onXception[order], found = lossOf({ order });
    assert.ok(Math.abs(found.support / expected.support - 1) < 1e-4);
    assert.ok(Math.abs(found.query / expected.query - 1) < 1e-4);
    assert.deepEqual(Object.keys(found.gradients).sort(), Object.keys(expected.grad).sort());
    let slope = 0, squares = 0, worst = 0;
    for (const [name, [norm, along]] of Object.entries(expected.grad)) {
      const gradient = found.gradients[name], way = fill(`way.${name}`, gradient.length);
      const product = gradient.reduce((sum, g, i) => sum + g * way[i], 0);
      const errors = [Math.hypot(...gradient) - norm, product - along];
      worst = Math.max(worst, ...errors.map((x) => Math.abs(x) / norm));
      slope += product;
      squares += norm ** 2;
    }
    assert.ok(worst < 1e-4, `a gradient is off by ${worst}`);
    const apart = Math.abs(slope - onXception.finiteDifference) / Math.sqrt(squares);
    assert.ok(order === "second" ? apart < 1e-3 : apart > 1e-2, `off by ${apart}`);
  });
}

Deno.test("ost scores as PyTorch does, each picture by a step of its own, whatever stands beside it", () => {
  const { detector, parameters } = small(), { imageSize } = onXception.meta;
  tf.tidy(() => {
    const images = pictures("scored", 2, imageSize);
    const together = scoreImages(detector, images, parameters).dataSync();
    assert.ok(relativeError(together, onXception.scores) < 1e-3, `${together}`);
    const plain = detector.logOdds(detector.forward(images, parameters)).dataSync();
    tf.split(images, 2).forEach((image, i) => {
      const [alone] = scoreImages(detector, image as tf.Tensor4D, parameters).dataSync();
      assert.ok(Math.abs(alone - together[i]) < 1e-4, `${alone}, among others ${together[i]}`);
      assert.ok(Math.abs(alone - plain[i]) > 1e-2);
    });
    const { detector: unmoved } = small({ testSteps: 0 });
    assert.deepEqual(scoreImages(unmoved, images, parameters).dataSync(), plain);
  });
  disposeParameters(parameters);
});

Deno.test("ost keeps the last real pictures, and the others where a batch has fewer", () =>
  tf.tidy(() => {
    const side = 32, { templates } = lossOf({ imageSize: side, templates: 3, order: "first" });
    const batch = pictures("batch", 4, side).dataSync();
    const before = pictures("templates", 3, side).dataSync(), area = side * side * 3;
    const at = (values: ArrayLike<number>, i: number) =>
      Array.from(values).slice(i * area, (i + 1) * area);
    assert.deepEqual(at(templates, 0), at(batch, 1));
    assert.deepEqual(at(templates, 1), at(batch, 3));
    assert.deepEqual(at(templates, 2), at(before, 2));
  }));

Deno.test("ost takes ImageNet's Xception but for classifier and templates, the shallow one without its middle", async () => {
  const { detector, parameters } = small(), { width } = detector.settings;
  const imageNet = initialiseParameters(
    xceptionParameters({ classes: 10, width }),
    createRandom(7),
  );
  const { loaded, skipped } = detector.loadPretrained(parameters, await storeParameters(imageNet));
  const own = Object.keys(parameters).filter((name) => !/^(last_linear|templates)/.test(name));
  assert.deepEqual([...loaded].sort(), own.sort());
  assert.ok(skipped.some((name) => name.startsWith("block7.")));
  for (const name of own) {
    assert.deepEqual(parameters[name].dataSync(), imageNet[name].dataSync(), name);
  }
  [parameters, imageNet].forEach(disposeParameters);
});
