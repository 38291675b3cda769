/** Face X-ray and its HRNet against PyTorch in float64, on weights and images of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { faceXRay, type FaceXRaySettings } from "lib/detectors/face_x_ray.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { hrnet, hrnetParameters } from "lib/networks/hrnet.ts";
import { hrnetWidened, hrnetWideningParameters } from "lib/networks/hrnet_widening.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { type Mode, openLayers, type Updates } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt, type Parameters } from "lib/networks/parameters.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
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
  readonly input: { name: string; shape: [batch: number, channels: number, side: number] };
  readonly labels: number[];
  readonly branches: Summary[];
  readonly concat: Summary;
  readonly xray: Summary;
  readonly logits: number[][];
  readonly bce: number;
  readonly ce: number;
  readonly total: number;
  readonly grad_groups: Record<string, number>;
  readonly grad?: Record<string, number>;
  readonly running_after?: Record<string, Summary>;
}
interface LossCase {
  readonly pred: number[];
  readonly target: number[];
  readonly bce_per_element: number[];
  readonly bce: number;
}
const fixture = await readFixture<
  & { keys_trunk: Record<string, number[]>; params_trunk_by_width: Record<string, number> }
  & { keys_incre: Record<string, number[]>; params: { incre: number } }
  & {
    probes_eval64: Record<"layer1" | "stage2" | "stage3" | "incre", Summary[]>;
    loss_cases: LossCase[];
  }
  & Record<"paper_eval64" | "paper_eval64_ac_false" | "pool128_eval64" | "paper_train64", Case>
>("face_x_ray.json");

const filled = (specifications: ReturnType<typeof hrnetParameters>) => {
  const parameters = blankParameters({ parameters: specifications });
  fillParameters(parameters, 1);
  return parameters;
};

/** HRNet-W32 with the fixtures' weights, for all cases: it takes a while to fill. */
const trunk = filled(hrnetParameters(32));

/** The published network on pictures of 64, with the fixtures' weights. */
function made(changes: Partial<FaceXRaySettings>) {
  const { detector } = vary(presetOf(faceXRay), { imageSize: 64, ...changes });
  const head = filled(detector.parameters.slice(Object.keys(trunk).length));
  fillParameters({ "xray_conv.weight": head["xray_conv.weight"] }, 3);
  return { detector, head, parameters: { ...trunk, ...head } };
}

/** The fixtures' masks: of fakes t, of reals 0. */
function masksOf(labels: readonly number[], side: number): tf.Tensor4D {
  const t = fill("mask", labels.length * side * side).map((x) => (x + 1) / 2);
  return tf.mul(
    tf.tensor4d(t, [labels.length, side, side, 1]),
    tf.tensor4d([...labels], [labels.length, 1, 1, 1]),
  );
}

const numbersIn = (specifications: ReturnType<typeof hrnetParameters>) =>
  specifications.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);

/** What differs from a case, in inference or training. */
function compare(
  expected: Case,
  changes: Partial<FaceXRaySettings>,
  training?: { updates: Updates },
) {
  const { detector, head, parameters } = made(changes);
  const { input: { name, shape: [batch, , side] }, labels } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  let statistics: number[] = [];
  tf.tidy(() => {
    const images = fillImages(name, batch, side);
    const classes = tf.cast(
      tf.oneHot(tf.tensor1d([...labels], "int32"), 2),
      "float32",
    ) as tf.Tensor2D;
    const against = (summary: Summary | undefined, x: tf.Tensor, key: string) => {
      if (summary) errors[key] = summaryError(torchValues(x, "activation"), summary);
    };
    const mode: Mode = {
      tap: (name, x) => {
        const [stage, branch = "0"] = name.split(".");
        const probes = expected === fixture.paper_eval64 ? fixture.probes_eval64 : undefined;
        against(probes?.[stage as "layer1"]?.[Number(branch)], x, name);
        if (stage === "stage4") against(expected.branches[Number(branch)], x, name);
        if (name === "branches") against(expected.concat, x, name);
        if (name === "x-ray") against(expected.xray, x, name);
        return x;
      },
      ...training ? { training: { ...training, seed: tf.tensor1d([0, 0], "int32") } } : {},
    };
    const { value, grads } = tf.variableGrads(() => {
      const { total, terms } = detector.loss({
        images,
        targets: { classes, masks: masksOf(labels, side) },
        parameters,
        forward: () => {
          const outputs = detector.forward(images, parameters, mode);
          errors.logits = relativeError(outputs.logits.dataSync(), expected.logits.flat());
          return outputs;
        },
        updates: {},
      });
      statistics = Object.entries(expected.running_after ?? {}).map(([name, summary]) =>
        summaryError(Float32Array.from(training!.updates[name].dataSync()), summary)
      );
      errors.bce = Math.abs(terms.xRay.dataSync()[0] / expected.bce - 1);
      errors.ce = Math.abs(terms.crossEntropy.dataSync()[0] / expected.ce - 1);
      return total;
    });
    errors.total = Math.abs(value.dataSync()[0] / expected.total - 1);
    const groups: Record<string, number> = {};
    for (const [name, variable] of Object.entries(parameters)) {
      const gradient = grads[variable.name];
      if (!gradient) continue;
      const norm = tf.norm(gradient).dataSync()[0], group = name.split(".")[0];
      groups[group] = Math.hypot(groups[group] ?? 0, norm);
      if (expected.grad) gradients[name] = Math.abs(norm / expected.grad[name] - 1);
    }
    for (const [group, norm] of Object.entries(expected.grad_groups)) {
      gradients[group] = Math.abs(groups[group] / norm - 1);
    }
  });
  disposeParameters(head);
  return { errors, gradients, statistics };
}

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("hrnetParameters has the published names, order, shapes and counts", () => {
  const published = Object.entries(fixture.keys_trunk)
    .filter(([name]) => !name.endsWith("num_batches_tracked"));
  const ours = hrnetParameters(32).map(({ name, shape }) => [name, torchShape(shape)]);
  assert.deepEqual(ours, published);
  for (const [channels, count] of Object.entries(fixture.params_trunk_by_width)) {
    assert.equal(numbersIn(hrnetParameters(Number(channels))), count);
  }
});

Deno.test("hrnetWidened equals PyTorch's bottlenecks behind the branches", () => {
  const published = Object.entries(fixture.keys_incre)
    .filter(([name]) => !name.endsWith("num_batches_tracked"));
  const specifications = hrnetWideningParameters(32);
  assert.deepEqual(specifications.map(({ name, shape }) => [name, torchShape(shape)]), published);
  assert.equal(numbersIn(specifications), fixture.params.incre);
  const widening = filled(specifications);
  const { name, shape: [batch, , side] } = fixture.paper_eval64.input;
  tf.tidy(() => {
    const run = { layers: openLayers({ ...trunk, ...widening }, {}), channels: 32 };
    const branches = hrnet(fillImages(name, batch, side), run);
    const errors = hrnetWidened(branches, run).map((
      x,
      i,
    ) => [
      `branch ${i}`,
      summaryError(torchValues(x, "activation"), fixture.probes_eval64.incre[i]),
    ]);
    within(Object.fromEntries(errors), 1e-5);
  });
  disposeParameters(widening);
});

Deno.test("faceXRay equals PyTorch in inference: activations, losses, every gradient", () => {
  const { errors, gradients } = compare(fixture.paper_eval64, {});
  assert.equal(Object.keys(gradients).filter((name) => name.includes(".")).length, 919);
  within(errors, 1e-5);
  within(gradients, 1e-3);
});

Deno.test("faceXRay equals PyTorch with maps enlarged as areas, and with the pooled classifier", () => {
  for (
    const [expected, changes] of [
      [fixture.paper_eval64_ac_false, { enlarging: "areas" }],
      [fixture.pool128_eval64, { classifier: "pooled" }],
    ] as const
  ) {
    const { errors, gradients } = compare(expected, changes);
    within(errors, 1e-5);
    within(gradients, 1e-3);
  }
});

Deno.test("faceXRay equals PyTorch in training: activations, losses, gradients, running statistics", () => {
  const { errors, gradients, statistics } = compare(fixture.paper_train64, {}, { updates: {} });
  within(errors, 1e-4);
  within(gradients, 3e-3);
  assert.ok(statistics.length > 0 && Math.max(...statistics) < 1e-4);
});

Deno.test("binaryCrossEntropy is PyTorch's, also where a prediction is exactly 0 or 1", () => {
  for (const { pred, target, bce, bce_per_element } of fixture.loss_cases) {
    // The logit of 0 or 1 is infinite; any that float32's sigmoid takes for them does.
    const logits = pred.map((p) => p === 0 ? -200 : p === 1 ? 200 : Math.log(p / (1 - p)));
    const of = (zs: number[], ts: number[]) =>
      binaryCrossEntropy(tf.tensor1d(zs), tf.tensor1d(ts)).dataSync()[0];
    assert.ok(Math.abs(of(logits, target) - bce) < 1e-5 * bce);
    bce_per_element.forEach((expected, i) =>
      assert.ok(Math.abs(of([logits[i]], [target[i]]) - expected) < 1e-5 * Math.max(1, expected))
    );
  }
  assert.equal(binaryCrossEntropy(tf.tensor1d([-200]), tf.tensor1d([1])).dataSync()[0], 100);
  assert.throws(() => binaryCrossEntropy(tf.zeros([2]), tf.zeros([3])), /one shape/);
});

Deno.test("faceXRay takes ImageNet's weights into its trunk and passes over the classifier", async () => {
  const { detector } = presetOf(faceXRay, "smoke");
  const fresh = initialiseParameters(detector.parameters, createRandom(1));
  const published: Parameters = initialiseParameters(
    hrnetParameters(detector.settings.channels),
    createRandom(2),
  );
  const extra = { "classifier.weight": tf.variable(tf.zeros([8, 1000])) };
  const head = fresh["cls_fc.weight"].dataSync().slice();
  detector.loadPretrained(fresh, await storeParameters({ ...published, ...extra }));
  for (const [name, variable] of Object.entries(published)) {
    assert.deepEqual(fresh[name].dataSync(), variable.dataSync(), name);
  }
  assert.deepEqual(fresh["cls_fc.weight"].dataSync(), head);
  [fresh, published, extra].forEach(disposeParameters);
});
