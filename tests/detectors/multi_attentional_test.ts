/** Multi-Attentional against the official code in float64, on weights and images of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import {
  multiAttentional,
  type MultiAttentionalOutputs,
} from "lib/detectors/multi_attentional/multi_attentional.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { classActivationMaps } from "lib/explain/grad_cam.ts";
import { choiceProbabilities } from "lib/networks/attention_choice.ts";
import type { Mode, Tap, Updates } from "lib/networks/layers.ts";
import { multiAttentionParameters } from "lib/networks/multi_attention.ts";
import { isLearnt, type Parameters, type ParameterSpecification } from "lib/networks/parameters.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
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

interface Input {
  readonly input: { name: string; shape: [batch: number, channels: number, side: number] };
}
interface Inference extends Input {
  readonly labels?: number[];
  readonly layers?: Record<string, Summary>;
  readonly attention_maps: Summary;
  readonly texture?: Summary;
  readonly texture_d?: Summary;
  readonly feature_matrix?: Summary;
  readonly logits: number[][];
  readonly ce?: number;
  readonly grad?: Record<string, number>;
}
interface Training extends Input {
  readonly labels: number[];
  readonly ensemble_loss: number;
  readonly aux_loss: number;
  readonly total: number;
  readonly grad_groups: Record<string, number>;
  readonly centers_after: Summary;
  readonly chosen: number[];
  readonly AGDA_ensemble_loss: number;
  readonly match_loss: number;
  readonly running_after: Record<string, Summary>;
}
const fixture = await readFixture<
  & Record<"eval64" | "eval75", Inference>
  & { step_trainmode64: Training }
  & { keys: Record<string, number[]>; grad_cam: Record<string, { raw: Summary }> }
  & { eval128: Pick<Inference, "logits"> }
>("multi_attentional.json");

const CENTRES = "auxiliary_loss.feature_centers";

/** The published network without dropout. */
const { detector } = vary(presetOf(multiAttentional), {
  ...{ dropout: 0, mapDropout: 0, dropConnect: 0 },
  ...{ imageSize: 64, centreDecaySteps: 0 },
});

const filled = (specifications: readonly ParameterSpecification[]) => {
  const parameters = blankParameters({ parameters: specifications });
  fillParameters(parameters, { filters: 5, matrices: 27 });
  return parameters;
};

/** The fixtures' weights: all tests read them, none writes. */
const parameters = filled(detector.parameters);
const state = blankParameters({ parameters: detector.trainingState });
state[CENTRES].assign(tf.tensor2d(fill(CENTRES, 4 * 32, { amplitude: 0.25 }), [4, 32]));
const everything: Parameters = { ...parameters, ...state };

/** The EfficientNet's stages by their last blocks. */
const STAGE: Record<string, string> = {
  "net._blocks.1": "b1",
  "net._blocks.5": "b2",
  "net._blocks.9": "b3",
  "net._blocks.15": "b4",
  "net._blocks.21": "b5",
  "net._blocks.29": "b6",
  "net._blocks.31": "b7",
  "final": "final",
};

const oneHot = (labels: readonly number[]) =>
  tf.cast(tf.oneHot(tf.tensor1d([...labels], "int32"), 2), "float32") as tf.Tensor2D;

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

/** What differs from a case in inference, gradients of the cross-entropy too where it has them. */
function inferenceErrors(expected: Inference) {
  const { input: { name, shape: [batch, , side] }, labels } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  const against = (key: string, x: tf.Tensor, summary: Summary | undefined) => {
    if (!summary) return;
    const kind = x.rank === 4 ? "activation" : "weight";
    errors[key] = summaryError(torchValues(x, kind), summary);
  };
  const tap: Tap = (layer, x) => {
    if (STAGE[layer]) against(STAGE[layer], x, expected.layers?.[STAGE[layer]]);
    return x;
  };
  tf.tidy(() => {
    const images = fillImages(name, batch, side);
    const pass = () => {
      const outputs = detector.forward(images, parameters, { tap });
      errors.logits = relativeError(outputs.logits.dataSync(), expected.logits.flat());
      against("maps", outputs.maps, expected.attention_maps);
      against("means", outputs.means, expected.texture_d);
      if (expected.feature_matrix) {
        errors.pooled = summaryError(
          outputs.pooled.dataSync() as Float32Array,
          expected.feature_matrix,
        );
      }
      return outputs;
    };
    if (!labels || !expected.grad) return void pass();
    const { value, grads } = tf.variableGrads(() => {
      const { logits } = pass();
      return tf.neg(tf.mean(tf.sum(tf.mul(oneHot(labels), tf.logSoftmax(logits)), 1))) as tf.Scalar;
    });
    errors.loss = Math.abs(value.dataSync()[0] / expected.ce! - 1);
    for (const [key, norm] of Object.entries(expected.grad)) {
      const own = tf.norm(grads[parameters[key].name]).dataSync()[0];
      // What is taken away as the local mean has no part in what is left: truly 0 but for rounding.
      gradients[key] = norm < 1e-9 ? own : Math.abs(own / norm - 1);
    }
  });
  return { errors, gradients };
}

Deno.test("multiAttentional has the published names, order and shapes", () => {
  const own = /^attentions\.mask$|^auxiliary_loss\./;
  const published = Object.entries(fixture.keys).filter(([name]) => !own.test(name));
  assert.deepEqual(
    multiAttentionParameters(detector.settings)
      .map(({ name, shape }) => [name, torchShape(shape)]),
    published,
  );
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(learnt, 18_826_068 - 2 * 1793); // the classifier that no pass runs
});

Deno.test("multiAttentional equals the official code in inference: stages, maps, every gradient", () => {
  const { errors, gradients } = inferenceErrors(fixture.eval64);
  assert.equal(Object.keys(gradients).length, 455);
  within(errors, 1e-5);
  within(gradients, 1e-3);
});

Deno.test("multiAttentional equals it where sides are odd, which are padded as for 380 pixels", () => {
  const { errors } = inferenceErrors(fixture.eval75);
  assert.ok("maps" in errors && "b7" in errors);
  within(errors, 1e-5);
});

/** Where to point among a picture's maps to meet the wanted one. */
const placesOf = (maps: tf.Tensor4D, chosen: readonly number[]) =>
  tf.tensor1d(
    (choiceProbabilities(maps).arraySync() as number[][]).map((row, i) =>
      row.slice(0, chosen[i]).reduce((a, b) => a + b, 0) + row[chosen[i]] / 2
    ),
  );

/** What differs in a training step whose second pass is pinned as the fixture's. */
function trainingErrors(expected: Training) {
  const { input: { name, shape: [batch, , side] }, labels, chosen } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  const relative = (key: string, x: tf.Tensor, value: number) =>
    errors[key] = Math.abs(x.dataSync()[0] - value) / Math.max(1, value); // logits are near 5
  tf.tidy(() => {
    const images = fillImages(name, batch, side), updates: Updates = {};
    const mode: Mode = { training: { seed: tf.tensor1d([0, 0], "int32"), updates } };
    const forward = (seen = images): MultiAttentionalOutputs => {
      const outputs = detector.forward(seen, parameters, mode);
      const noise = tf.zeros<tf.Rank.R4>([batch, side / 2, side / 2, 3]);
      const places = placesOf(outputs.maps, chosen);
      return {
        ...outputs,
        draws: { places, threshold: tf.scalar(0.5), zoom: tf.scalar(4), noise },
      };
    };
    const { value, grads } = tf.variableGrads(() => {
      const targets = { classes: oneHot(labels) };
      const { total, terms } = detector.loss({
        images,
        targets,
        parameters: everything,
        forward,
        updates,
      });
      relative("crossEntropy", terms.crossEntropy, expected.ensemble_loss);
      relative("regions", terms.regionIndependence, expected.aux_loss);
      relative("dropped", terms.droppedCrossEntropy, expected.AGDA_ensemble_loss);
      relative("match", terms.match, expected.match_loss);
      const stored = { ...expected.running_after, [CENTRES]: expected.centers_after };
      for (const [key, summary] of Object.entries(stored)) {
        errors[key] = summaryError(updates[key].dataSync() as Float32Array, summary);
      }
      return total;
    });
    relative("total", value, expected.total);
    const groups: Record<string, number> = {};
    for (const [key, variable] of Object.entries(parameters)) {
      const gradient = grads[variable.name];
      if (!gradient) continue;
      const parts = key.split("."), isBlock = parts[1] === "_blocks";
      const group = parts.slice(0, isBlock ? 3 : 2).join(".");
      groups[group] = Math.hypot(groups[group] ?? 0, tf.norm(gradient).dataSync()[0]);
    }
    for (const [group, norm] of Object.entries(expected.grad_groups)) {
      gradients[group] = Math.abs(groups[group] / norm - 1);
    }
  });
  return { errors, gradients };
}

Deno.test("a whole training step equals the official code's: both passes, every loss, running statistics", () => {
  const { errors, gradients } = trainingErrors(fixture.step_trainmode64);
  within(errors, 1e-4);
  within(gradients, 3e-3);
});

Deno.test("Grad-CAM of multiAttentional equals PyTorch's, at its last features and at shallow ones", () => {
  tf.tidy(() => {
    const layers = Object.keys(fixture.grad_cam);
    const { maps, reported } = classActivationMaps({
      forward: (tap) => detector.forward(fillImages("input128", 2, 128), parameters, { tap }),
      layers,
      explain: ({ logits }) => tf.slice(logits, [0, 1], [-1, 1]).as1D(),
      report: ({ logits }) => [logits],
    });
    const { logits } = fixture.eval128;
    assert.ok(relativeError(reported[0].dataSync(), logits.flat()) < 1e-5);
    maps.forEach((map, i) => {
      const first = tf.slice(map, [0, 0, 0], [1, -1, -1]).dataSync() as Float32Array;
      const error = summaryError(first, fixture.grad_cam[layers[i]].raw);
      assert.ok(error < 1e-4, `${layers[i]}: off by ${error}`);
    });
  });
});
