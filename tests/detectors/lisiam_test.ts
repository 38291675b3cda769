/** LiSiam against a PyTorch edition of its code in float64, on weights and pictures of the formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { LossInputs } from "lib/detectors/detector.ts";
import { degradedView } from "lib/detectors/lisiam/degraded_view.ts";
import { lisiam, type LisiamOutputs } from "lib/detectors/lisiam/lisiam.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Mode } from "lib/networks/layers.ts";
import { lisiamParameters } from "lib/networks/lisiam.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
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
  readonly input: { name: string; batch: number; side: number };
  readonly logits: number[][];
  readonly places: Summary;
  readonly auxiliary: Summary;
  readonly crossEntropy: number;
  readonly places_loss: number;
  readonly auxiliary_loss: number;
  readonly total: number;
  readonly probes: Record<string, Summary>;
  readonly grad: Record<string, number>;
}
const fixture = await readFixture<
  { keys: Record<string, number[]>; params: number } & Record<"eval64" | "train64", Case>
>("lisiam.json");

const { detector } = vary(presetOf(lisiam), { dropout: 0, invarianceWeight: 0 });
const parameters = blankParameters(detector);
fillParameters(parameters, 3);

/** How far a pass, its losses and its gradients are from a case. */
function errorsOf(expected: Case, isTraining: boolean) {
  const { input: { name, batch, side } } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  tf.tidy(() => {
    const labels = Array.from({ length: batch }, (_, i) => i % 2);
    const noise = fill(`${name}.masks`, batch * side ** 2, { amplitude: 0.5, offset: 0.5 })
      .map((x, i) => x * labels[Math.floor(i / side ** 2)]);
    const mode: Mode = {
      ...isTraining ? { training: { seed: tf.tensor1d([0, 0], "int32"), updates: {} } } : {},
      tap: (name, x) => {
        const summary = expected.probes[name];
        if (summary) errors[name] = summaryError(torchValues(x, "activation"), summary);
        return x;
      },
    };
    const images = fillImages(name, batch, side);
    const run = () => {
      const { total, terms } = detector.loss({
        images,
        targets: {
          classes: tf.tensor2d(labels.map((label) => [1 - label, label])),
          masks: tf.tensor4d(noise, [batch, side, side, 1]),
        },
        parameters,
        forward: () => {
          const outputs = detector.forward(images, parameters, mode);
          errors.logits = relativeError(outputs.logits.dataSync(), expected.logits.flat());
          for (const map of ["places", "auxiliary"] as const) {
            const values = torchValues(outputs[map], "activation");
            errors[`${map} map`] = summaryError(values, expected[map]);
          }
          return outputs;
        },
        updates: {},
      });
      const wanted = {
        crossEntropy: expected.crossEntropy,
        places: expected.places_loss,
        auxiliary: expected.auxiliary_loss,
      };
      for (const [name, value] of Object.entries(wanted)) {
        errors[name] = Math.abs(terms[name].dataSync()[0] / value - 1);
      }
      errors.total = Math.abs(total.dataSync()[0] / expected.total - 1);
      return total;
    };
    if (!isTraining) return void run();
    const { grads } = tf.variableGrads(run);
    for (const [name, norm] of Object.entries(expected.grad)) {
      const found = tf.norm(grads[parameters[name].name]).dataSync()[0];
      gradients[name] = Math.abs(found - norm) / Math.max(norm, LEAST);
    }
  });
  return { errors, gradients };
}

/** Below this a gradient is compared absolutely: biases before a batch norm have none but for rounding. */
const LEAST = 1e-2;

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("lisiam has the code's names, shapes and count", () => {
  const own = detector.parameters.map(({ name, shape }) => [name, torchShape(shape)] as const);
  assert.deepEqual(new Map(own), new Map(Object.entries(fixture.keys)));
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(learnt, fixture.params);
  const half = lisiamParameters(0.5).find(({ name }) => name === "getScore.0.weight");
  assert.deepEqual(half?.shape, [512, 512]);
});

Deno.test("lisiam equals PyTorch in inference: activations, losses", () => {
  within(errorsOf(fixture.eval64, false).errors, 1e-4);
});

Deno.test("lisiam equals PyTorch in training: activations, losses, every gradient", () => {
  const { errors, gradients } = errorsOf(fixture.train64, true);
  within(errors, 1e-3);
  within(gradients, 1e-2);
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role)).map(({ name }) => name);
  assert.deepEqual(Object.keys(gradients).sort(), learnt.sort());
});

Deno.test("degradedView draws by the seed, leaves some pictures as they are, and stays a constant", () =>
  tf.tidy(() => {
    const images = tf.clipByValue(fillImages("view", 48, 32), -1, 1) as tf.Tensor4D;
    const view = (step: number) => degradedView(images, tf.tensor1d([1, step], "int32"));
    const apart = tf.max(tf.abs(tf.sub(view(1), images)), [1, 2, 3]).dataSync();
    const kept = apart.filter((x) => x < 1e-5).length; // of an eighth no coin says anything
    assert.ok(kept >= 1 && kept <= 15, `${kept} of 48`);
    assert.deepEqual(view(1).dataSync(), view(1).dataSync());
    assert.notDeepEqual(view(1).dataSync(), view(2).dataSync());
    const slope = tf.grad((x) =>
      tf.sum(degradedView(x as tf.Tensor4D, tf.tensor1d([1, 1], "int32")))
    );
    assert.throws(() => slope(images), /Cannot compute gradient/);
    const [least, most] = [tf.min(view(1)), tf.max(view(1))].map((x) => x.dataSync()[0]);
    assert.ok(least >= -1.0001 && most <= 1.0001);
  }));

Deno.test("lisiam's loss asks for like maps of a worse copy, and for places where masks are above a half", () => {
  const { detector: made } = vary(presetOf(lisiam, "smoke"), { imageSize: 32 });
  const own = initialiseParameters(made.parameters, createRandom(2));
  tf.tidy(() => {
    const images = tf.clipByValue(fillImages("loss", 2, 32), -1, 1) as tf.Tensor4D;
    const drawn = [0, 1].map((value) => tf.fill([2, 4, 4, 2], value) as tf.Tensor4D);
    const seen: tf.Tensor4D[] = [];
    const inputs: LossInputs<LisiamOutputs> = {
      images,
      targets: {
        classes: tf.tensor2d([[1, 0], [0, 1]]),
        masks: tf.tensor4d(Float32Array.from({ length: 2048 }, (_, i) => i < 1024 ? 0 : 0.6), [
          2,
          32,
          32,
          1,
        ]),
      },
      parameters: own,
      forward: (given = images) => {
        seen.push(given);
        const places = drawn[seen.length - 1];
        return { places, auxiliary: drawn[0], features: drawn[0], logits: tf.zeros([2, 2]) };
      },
      seed: tf.tensor1d([1, 1], "int32"),
      updates: {},
    };
    const { total, terms } = made.loss(inputs);
    const value = (x: tf.Tensor) => x.dataSync()[0];
    assert.equal(seen.length, 2);
    assert.ok(Math.abs(value(terms.invariance) - 1) < 1e-6); // every logit is one apart
    assert.ok(Math.abs(value(terms.places) - Math.LN2) < 1e-6);
    assert.ok(Math.abs(value(total) - (2.4 * Math.LN2 + 1)) < 1e-5);
  });
  disposeParameters(own);
});

Deno.test("lisiam takes ImageNet's Xception into its trunk, without what lies behind block 12", async () => {
  const { detector: made } = presetOf(lisiam, "smoke"), { width } = made.settings;
  const own = initialiseParameters(made.parameters, createRandom(1));
  const imageNet = initialiseParameters(
    xceptionParameters({ classes: 10, width }),
    createRandom(7),
  );
  const { loaded, skipped } = made.loadPretrained(own, await storeParameters(imageNet));
  assert.ok(skipped.every((name) => /^(conv|bn)[34]\.|^last_linear\./.test(name)));
  for (const name of loaded) {
    const published = imageNet[name.replace("backbone_net.", "")];
    assert.deepEqual(own[name].dataSync(), published.dataSync(), name);
  }
  assert.equal(loaded.length, Object.keys(own).filter((n) => n.startsWith("backbone_net.")).length);
  [own, imageNet].forEach(disposeParameters);
});
