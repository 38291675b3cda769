/** FST-Matching against a PyTorch edition of the authors' code in float64, on weights and pictures of the formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { LossInputs } from "lib/detectors/detector.ts";
import { fstMatching, type FstMatchingOutputs } from "lib/detectors/fst_matching.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { crossedMargin, ownMargin } from "lib/losses/feature_interaction.ts";
import { fstPeople, type FstSide } from "lib/networks/fst_matching.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { type Mode, openLayers } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { resnetParameters } from "lib/networks/resnet.ts";
import type { StoredTensor } from "lib/networks/weights/safetensors.ts";
import { parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
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
  readonly input: { name: string; shape: [batch: number, colours: number, side: number] };
  readonly labels: number[];
  readonly source_labels: number[];
  readonly target_labels: number[];
  readonly logits: number[][];
  readonly source_logits: Summary;
  readonly target_logits: Summary;
  readonly source_unrelated: Summary;
  readonly target_unrelated: Summary;
  readonly ce_det: number;
  readonly ce_source: number;
  readonly ce_target: number;
  readonly loss_without_interaction: number;
  readonly probes: Record<string, Summary>;
  readonly grad: Record<string, number>;
}
const fixture = await readFixture<{
  readonly keys_outside_encoders: Record<string, number[]>;
  readonly encoder_keys: Record<string, number[]>;
  readonly params: number;
  readonly eval64: Case;
  readonly train64: Case;
  readonly interaction: {
    cases: {
      labels: number[];
      as_published: number;
      grad: number[][];
      per_sample_reading: number;
    }[];
  };
}>("fst_matching.json");

const { detector } = presetOf(fstMatching);
const parameters = blankParameters(detector);
fillParameters(parameters, 3);

const oneHot = (labels: readonly number[]) =>
  tf.tensor2d(labels.map((label) => [1 - label, label]));

/** How far a pass, its losses and its gradients are from a case. */
function errorsOf(expected: Case, isTraining: boolean) {
  const { input: { name, shape: [batch, , side] }, labels } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  tf.tidy(() => {
    const seed = tf.tensor1d([0, 0], "int32");
    const mode: Mode = {
      ...isTraining ? { training: { seed, updates: {} } } : {},
      tap: (name, x) => {
        const summary = expected.probes[name];
        if (summary) errors[name] = summaryError(torchValues(x, "activation"), summary);
        return x;
      },
    };
    const summed = (x: tf.Tensor, summary: Summary) =>
      summaryError(Float32Array.from(x.dataSync()), summary);
    const people = expected.target_labels.map((target, i) => [target, expected.source_labels[i]]);
    const images = fillImages(name, batch, side);
    const objective = () => {
      const { total, terms } = detector.loss({
        images,
        targets: { classes: oneHot(labels), identities: tf.tensor2d(people, [batch, 2], "int32") },
        parameters,
        forward: () => {
          const outputs = detector.forward(images, parameters, mode);
          const layers = openLayers(parameters, {});
          errors.logits = relativeError(outputs.logits.dataSync(), expected.logits.flat());
          for (const side of ["source", "target"] as FstSide[]) {
            const logits = fstPeople(outputs[side], { side, layers });
            errors[`${side} people`] = summed(logits, expected[`${side}_logits`]);
            const { unrelated } = outputs[side];
            errors[`${side} unrelated`] = summed(unrelated, expected[`${side}_unrelated`]);
          }
          return outputs;
        },
        updates: {},
      });
      const wanted = {
        crossEntropy: expected.ce_det,
        source: expected.ce_source,
        target: expected.ce_target,
      };
      for (const [name, value] of Object.entries(wanted)) {
        errors[name] = Math.abs(terms[name].dataSync()[0] / value - 1);
      }
      errors.total = Math.abs(total.dataSync()[0] / expected.loss_without_interaction - 1);
      errors.interaction = Math.abs(terms.interaction.dataSync()[0]);
      return total;
    };
    const { grads } = tf.variableGrads(objective);
    for (const [name, norm] of Object.entries(expected.grad)) {
      const found = tf.norm(grads[parameters[name].name]).dataSync()[0];
      gradients[name] = Math.abs(found - norm) / Math.max(norm, 1e-2);
    }
  });
  return { errors, gradients };
}

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("fst_matching has the code's names, shapes and count", () => {
  const published = new Map(Object.entries(fixture.keys_outside_encoders));
  for (const side of ["source", "target"]) {
    for (const [name, shape] of Object.entries(fixture.encoder_keys)) {
      if (!name.endsWith("num_batches_tracked")) published.set(`${side}_encoder.${name}`, shape);
    }
  }
  const own = detector.parameters.map(({ name, shape }) => [name, torchShape(shape)] as const);
  assert.deepEqual(new Map(own), published);
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(learnt, fixture.params);
});

Deno.test("fst_matching equals the code in inference: activations, losses, every gradient", () => {
  const { errors, gradients } = errorsOf(fixture.eval64, false);
  within(errors, 1e-5);
  within(gradients, 1e-3);
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role)).map(({ name }) => name);
  assert.deepEqual(Object.keys(gradients).sort(), learnt.sort());
});

Deno.test("fst_matching equals the code in training: activations, losses, every gradient", () => {
  const { errors, gradients } = errorsOf(fixture.train64, true);
  within(errors, 1e-4);
  within(gradients, 5e-3);
});

Deno.test("crossedMargin is the code's interaction term, ownMargin the one that the text means", () => {
  for (const { labels, as_published, grad, per_sample_reading } of fixture.interaction.cases) {
    tf.tidy(() => {
      const interaction = tf.tensor2d(fill("fst.I", 8), [4, 2]), classes = oneHot(labels);
      const { value, grad: found } = tf.valueAndGrad((x) =>
        tf.mul(-100, crossedMargin(x as tf.Tensor2D, classes)) as tf.Scalar
      )(interaction);
      assert.ok(Math.abs(value.dataSync()[0] - as_published) < 1e-4);
      assert.deepEqual([...found.dataSync()].map((x) => x + 0), grad.flat().map((x) => x + 0));
      const own = ownMargin(interaction, classes).dataSync()[0];
      assert.ok(Math.abs(-400 * own - per_sample_reading) < 1e-4);
    });
  }
});

/** A loss's interaction and the norm of its own gradient at the classifier, of two made-up sides. */
function interactionOf(interaction: "published" | "probability", nudge = 0) {
  const made = vary(presetOf(fstMatching, "smoke"), { interaction, interactionWeight: 100 });
  const own = initialiseParameters(made.detector.parameters, createRandom(3));
  const result = tf.tidy(() => {
    const [target, source] = ["a", "b"].map((name) => tf.tensor2d(fill(name, 3 * 32), [3, 32]));
    const weight = own["fc.weight"] as tf.Variable<tf.Rank.R2>;
    weight.assign(tf.add(weight, tf.mul(nudge, tf.tensor2d(fill("way", 128), [64, 2]))));
    const side = (unrelated: tf.Tensor2D) => ({ related: unrelated, unrelated });
    const inputs: LossInputs<FstMatchingOutputs> = {
      images: tf.zeros([3, 32, 32, 3]),
      targets: {
        classes: oneHot([0, 1, 1]),
        identities: tf.zeros<tf.Rank.R2>([3, 2], "int32"),
      },
      parameters: own,
      forward: () => ({ source: side(source), target: side(target), logits: tf.zeros([3, 2]) }),
      updates: {},
    };
    const term = () => made.detector.loss(inputs).terms.interaction;
    const { value, grads } = tf.variableGrads(term, [weight]);
    const slope = tf.sum(tf.mul(grads[weight.name], tf.tensor2d(fill("way", 128), [64, 2])));
    const norm = tf.norm(grads[weight.name]);
    return [value, slope, norm].map((x) => x.dataSync()[0]);
  });
  disposeParameters(own);
  return result;
}

Deno.test("fst_matching's published interaction is zero with its gradient, that of probabilities is neither", () => {
  const [published, , idle] = interactionOf("published");
  assert.ok(Math.abs(published) < 1e-6 && idle < 1e-6, `${published}, gradient ${idle}`);
  const [value, slope, norm] = interactionOf("probability");
  assert.ok(Math.abs(value) > 1e-3 && norm > 1e-3, `${value}, gradient ${norm}`);
  const [[above], [below]] = [1e-2, -1e-2].map((step) => interactionOf("probability", step));
  const difference = (above - below) / 2e-2; // a finite difference along a direction
  assert.ok(
    Math.abs(difference - slope) < 0.02 * Math.abs(slope) + 1e-5,
    `${difference}, ${slope}`,
  );
});

Deno.test("fst_matching takes MegEngine's batch norms of four axes, and refuses others' names", async () => {
  const { detector: made } = presetOf(fstMatching, "smoke");
  const [from, to] = [5, 6].map((seed) =>
    initialiseParameters(made.parameters, createRandom(seed))
  );
  const file = await storeParameters(from), tensors = new Map<string, StoredTensor>();
  for (const [name, array] of file.tensors) {
    if (name.endsWith("num_batches_tracked")) continue;
    const isNorm = /(bn\d|downsample\.1)\./.test(name);
    tensors.set(name, isNorm ? { ...array, shape: [1, ...array.shape, 1, 1] } : array);
  }
  const { loaded, skipped } = made.loadPretrained(to, { ...file, tensors });
  assert.deepEqual([loaded.length, skipped], [made.parameters.length, []]);
  for (const [name, variable] of Object.entries(from)) {
    assert.deepEqual(to[name].dataSync(), variable.dataSync(), name);
  }
  tensors.delete("fc.bias");
  assert.throws(() => made.loadPretrained(to, { ...file, tensors }), /missing: fc.bias/);
  [from, to].forEach(disposeParameters);
});

Deno.test("fst_matching begins with a ResNet-18's weights in both encoders", async () => {
  const { detector: made } = presetOf(fstMatching, "smoke"), { width } = made.settings;
  const own = initialiseParameters(made.parameters, createRandom(1));
  const named = initialiseParameters(
    resnetParameters("net", width, { depth: 18 }),
    createRandom(2),
  );
  const trunk = parametersUnder("net.", named), file = await storeParameters(trunk);
  const fresh = own["source_encoder.fc.weight"].dataSync().slice();
  made.loadPretrained(own, file);
  for (const [name, variable] of Object.entries(trunk)) {
    for (const side of ["source", "target"]) {
      assert.deepEqual(own[`${side}_encoder.${name}`].dataSync(), variable.dataSync(), name);
    }
  }
  assert.deepEqual(own["source_encoder.fc.weight"].dataSync(), fresh);
  [own, named].forEach(disposeParameters);
});

Deno.test("fst_matching explains each side, and has stages of both", () => {
  assert.deepEqual(detector.parts(), [
    { name: "source's side", layer: "source_encoder.layer4" },
    { name: "target's side", layer: "target_encoder.layer4" },
  ]);
  assert.equal(detector.stageOf("target_encoder.bn1.weight"), "target_encoder.conv1");
  assert.equal(detector.stageOf("source_se.fc.0.weight"), "source_se");
});
