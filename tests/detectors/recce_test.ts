/** RECCE against its authors' code in float64, on weights and pictures of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { recce, type RecceSettings } from "lib/detectors/recce.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { similarities } from "lib/losses/reconstruction_losses.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Mode, Updates } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import {
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
  readonly input: {
    name: string;
    shape: [batch: number, colours: number, side: number];
    scale: number;
  };
  readonly labels: number[];
  readonly logits: number[];
  readonly recons: Summary;
  readonly probes: Record<string, Summary>;
  readonly corr: number[][][];
  readonly bce: number;
  readonly recons_loss: number;
  readonly metric_loss: number;
  readonly total: number;
  readonly grad?: Record<string, number>;
  readonly running_after?: Record<string, Summary>;
}
const fixture = await readFixture<
  & { keys: Record<string, number[]>; params_used: number }
  & Record<"eval64" | "train64" | "eval75_fake" | "eval75_real", Case>
>("recce.json");

/** The published network without what is drawn, with the fixtures' weights, for all cases. */
const { detector } = vary(presetOf(recce), { dropout: 0, noise: 0 });
const parameters = blankParameters(detector);
fillParameters(parameters, 3);

/** The attention's gradients are sums that cancel, of 5e-4 beside others' of 3: below this, errors are absolute. */
const LEAST = 0.01;

/** How far a pass, its losses and its gradients are from a case. */
function errorsOf(expected: Case, training?: { updates: Updates }) {
  const { input: { name, shape: [batch, , side], scale }, labels } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  const seed = tf.tensor1d([0, 0], "int32");
  const mode: Mode = {
    ...training ? { training: { ...training, seed } } : {},
    tap: (name, x) => {
      const summary = expected.probes[name];
      if (summary) errors[name] = summaryError(torchValues(x, "activation"), summary);
      return x;
    },
  };
  tf.tidy(() => {
    const images = tf.mul(fillImages(name, batch, side), scale) as tf.Tensor4D;
    const run = () => {
      const { total, terms } = detector.loss({
        images,
        targets: { classes: tf.tensor2d(labels.map((label) => [1 - label, label])) },
        parameters,
        forward: () => {
          const outputs = detector.forward(images, parameters, mode);
          errors.logits = relativeError(outputs.logits.dataSync(), expected.logits);
          const picture = torchValues(outputs.reconstruction, "activation");
          errors.recons = summaryError(picture, expected.recons);
          outputs.embeddings.forEach((each, i) => {
            const wanted = expected.corr[i].flat();
            errors[`corr${i}`] = relativeError(similarities(each).dataSync(), wanted);
          });
          return outputs;
        },
        updates: {},
      });
      const wanted = {
        crossEntropy: expected.bce,
        reconstruction: expected.recons_loss,
        metric: expected.metric_loss,
      };
      for (const [name, value] of Object.entries(wanted)) {
        errors[name] = Math.abs(terms[name].dataSync()[0] - value) / Math.max(value, 1e-3);
      }
      for (const [name, summary] of Object.entries(expected.running_after ?? {})) {
        const values = Float32Array.from(training!.updates[name].dataSync());
        errors[name] = summaryError(values, summary);
      }
      errors.total = Math.abs(total.dataSync()[0] / expected.total - 1);
      return total;
    };
    if (!expected.grad) return void run();
    const { grads } = tf.variableGrads(run);
    for (const [name, norm] of Object.entries(expected.grad)) {
      const found = tf.norm(grads[parameters[name].name]).dataSync()[0];
      gradients[name] = Math.abs(found - norm) / Math.max(norm, LEAST);
    }
  });
  seed.dispose();
  return { errors, gradients };
}

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("recce has the code's names, order, shapes and count, without ImageNet's idle classifier", () => {
  const published = Object.entries(fixture.keys)
    .filter(([name]) => !/num_batches_tracked$|^encoder\.fc\./.test(name));
  assert.deepEqual(
    detector.parameters.map(({ name, shape }) => [name, torchShape(shape)]),
    published,
  );
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(learnt, fixture.params_used);
});

Deno.test("recce equals the code in inference: activations, losses, every gradient", () => {
  const { errors, gradients } = errorsOf(fixture.eval64);
  within(errors, 1e-5);
  within(gradients, 1e-3);
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role)).map(({ name }) => name);
  assert.deepEqual(Object.keys(gradients).sort(), learnt.sort());
});

Deno.test("recce equals the code in training: activations, losses, gradients, running statistics", () => {
  const { errors, gradients } = errorsOf(fixture.train64, { updates: {} });
  within(errors, 1e-4);
  within(gradients, 1e-2); // units beside zero fall to their other side
});

Deno.test("recce equals the code at an odd side, in batches of reals alone and fakes alone", () => {
  within(errorsOf(fixture.eval75_real).errors, 1e-5);
  within(errorsOf(fixture.eval75_fake).errors, 1e-5);
});

const small = (changes: Partial<RecceSettings>) => {
  const made = vary(presetOf(recce, "smoke"), { imageSize: 64, dropout: 0, ...changes }).detector;
  return { made, own: initialiseParameters(made.parameters, createRandom(1)) };
};

Deno.test("recce's noise is on about half of the pictures, in training alone, by the step's seed", () => {
  const { made, own } = small({ noise: 0.1 });
  tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([16, 64, 64, 3]);
    const seen = (step?: number) => {
      let first: number[] = [];
      const mode: Mode = {
        tap: (name, x) => {
          if (name === "encoder.conv1") first = [...tf.sum(tf.abs(x), [1, 2, 3]).dataSync()];
          return x;
        },
        ...step === undefined ? {} : {
          training: { seed: tf.tensor1d([1, step], "int32"), updates: {} },
        },
      };
      made.forward(images, own, mode);
      return first;
    };
    assert.deepEqual(seen(), new Array(16).fill(0));
    const noisy = seen(1).filter((sum) => sum > 0).length;
    assert.ok(noisy >= 3 && noisy <= 13, `${noisy} of 16`);
    assert.deepEqual(seen(1), seen(1));
    assert.notDeepEqual(seen(1), seen(2));
  });
  disposeParameters(own);
});

Deno.test("recce's loss floods the cross-entropy, and has DeepfakeBench's at weights of 0", () => {
  const loss = (changes: Partial<RecceSettings>) => {
    const { made, own } = small(changes), logits = tf.tensor2d([[-8], [8]]);
    const { total, terms } = made.loss({
      images: tf.zeros([2, 4, 4, 3]),
      targets: { classes: tf.tensor2d([[1, 0], [0, 1]]) },
      parameters: own,
      forward: () => ({
        logits,
        reconstruction: tf.fill([2, 4, 4, 3], 0.5),
        embeddings: [tf.eye(2), tf.eye(2), tf.eye(2)],
      }),
      updates: {},
    });
    disposeParameters(own);
    return [total, terms.crossEntropy, terms.reconstruction, terms.metric]
      .map((x) => x.dataSync()[0]);
  };
  const [total, crossEntropy, reconstruction, metric] = loss({});
  assert.ok(Math.abs(crossEntropy - Math.log1p(Math.exp(-8))) < 1e-7);
  assert.equal(reconstruction, 0.5);
  assert.ok(Math.abs(metric - 4.5) < 1e-4); // three times 1 − 0 + ½
  assert.ok(Math.abs(total - (0.08 - crossEntropy + 0.05 + 0.45)) < 1e-4);
  const [plain] = loss({ reconstructionWeight: 0, metricWeight: 0, flood: 0 });
  assert.ok(Math.abs(plain - crossEntropy) < 1e-7);
});

Deno.test("recce takes ImageNet's weights into its encoder and leaves the rest fresh", async () => {
  const { made, own } = small({});
  const width = made.settings.width;
  const imageNet = initialiseParameters(
    xceptionParameters({ classes: 10, width }),
    createRandom(7),
  );
  const before = own["decoder1.1.pointwise.weight"].dataSync().slice();
  made.loadPretrained(own, await storeParameters(imageNet));
  for (const [name, variable] of Object.entries(imageNet)) {
    if (name.startsWith("last_linear.")) continue;
    assert.deepEqual(own[`encoder.${name}`].dataSync(), variable.dataSync(), name);
  }
  assert.deepEqual(own["decoder1.1.pointwise.weight"].dataSync(), before);
  [own, imageNet].forEach(disposeParameters);
});

Deno.test("recce explains itself at the encoder's layers, or where decoding failed", () => {
  assert.deepEqual(detector.parts(), [{ name: "whole network", layer: "encoder.bn4" }]);
  assert.deepEqual(detector.parts("block11")[0].layer, "encoder.block11");
  for (const layer of ["difference", "attention.gated", "reasoning", "decoder2"]) {
    assert.equal(detector.parts(layer)[0].layer, layer);
  }
});
