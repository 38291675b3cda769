/** PCL against PyTorch in float64, on weights, images and masks of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { pcl, type PclOutputs, type PclSettings } from "lib/detectors/pcl.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { layerItself } from "lib/explain/grad_cam.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { consistencyTargets } from "lib/losses/consistency_targets.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { type Mode, openLayers, type Updates } from "lib/networks/layers.ts";
import {
  consistencyMap,
  consistencyParameters,
  consistencyVolume,
} from "lib/networks/pair_consistency.ts";
import { disposeParameters, isLearnt, type Parameters } from "lib/networks/parameters.ts";
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
import { squares } from "./squares.ts";

await startEngine();

interface Case {
  readonly input: { name: string; shape: [batch: number, channels: number, side: number] };
  readonly labels: number[];
  readonly mask_sum: number;
  readonly patch_logits: Summary;
  readonly mean_logits: number[][];
  readonly volume: Summary;
  readonly target: Summary;
  readonly consistency_map0: Summary;
  readonly bce: number;
  readonly ce_patch: number;
  readonly ce_mean: number;
  readonly loss_mean: number;
  readonly loss_patch: number;
  readonly probes: Readonly<Record<string, Summary>>;
  readonly grad: Readonly<Record<string, number>>;
  readonly grad_head: Readonly<Record<string, number>>;
  readonly running_after?: Readonly<Record<string, Summary>>;
}
const fixture = await readFixture<
  & { keys: Record<string, number[]>; keys_head: Record<string, number[]> }
  & { params: Record<"network" | "head" | "network_to_layer3", number> }
  & Record<"eval64" | "train64" | "eval64_layer3_classifier", Case>
  & { tiny: Record<string, unknown> & { bce: number } }
>("pcl_i2g.json");

/** The fixture's name of a parameter. */
const published = (name: string) => name.replace("net.", "");

/** Gives parameters the fixture's values: its names are without the trunk's. */
function fillPublished(parameters: Parameters): void {
  const named = Object.fromEntries(
    Object.entries(parameters).map(([name, variable]) => [published(name), variable]),
  );
  fillParameters(named, 3);
  fillParameters(
    Object.fromEntries(["theta.weight", "phi.weight"].map((name) => [name, named[name]])),
    0.3,
  );
}

/** Filled once for all cases of a network: it takes a while. */
const filled = new Map<number, Parameters>();
Deno.test.afterAll(() => filled.values().forEach(disposeParameters));

function made(changes: Partial<PclSettings> = {}) {
  const { detector } = vary(presetOf(pcl), { imageSize: 64, ...changes });
  const { classifierStage } = detector.settings;
  const parameters = filled.get(classifierStage) ?? blankParameters(detector);
  if (!filled.has(classifierStage)) fillPublished(parameters);
  filled.set(classifierStage, parameters);
  return { detector, parameters };
}

/** The fixture's masks: a soft oval in every other picture. */
function masksOf(batch: number, side: number): tf.Tensor4D {
  const values = new Float32Array(batch * side * side);
  for (let i = 0; i < batch; i += 2) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const down = (y - 0.45 * side) / (0.3 * side);
        const across = (x - (0.4 + 0.1 * i) * side) / (0.25 * side);
        const value = (1.2 - Math.hypot(down, across)) / 0.4;
        values[(i * side + y) * side + x] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return tf.tensor4d(values, [batch, side, side, 1]);
}

/** What differs from a case, in inference or training. */
function compare(expected: Case, changes: Partial<PclSettings>, training?: { updates: Updates }) {
  const { detector, parameters } = made(changes);
  const { input: { name, shape: [batch, , side] }, labels } = expected;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  tf.tidy(() => {
    const images = fillImages(name, batch, side), masks = masksOf(batch, side);
    const classes = tf.cast(tf.oneHot(tf.tensor1d([...labels], "int32"), 2), "float32");
    const off = (key: string, found: tf.Scalar, wanted: number) =>
      errors[key] = Math.abs(found.dataSync()[0] / wanted - 1);
    off("masks", tf.sum(masks), expected.mask_sum);
    const mode: Mode = {
      tap: (layer, x) => {
        const wanted = layer === "consistency"
          ? expected.consistency_map0
          : expected.probes[published(layer)];
        if (wanted) errors[layer] = summaryError(torchValues(x, "activation"), wanted);
        return x;
      },
      ...training ? { training: { ...training, seed: tf.tensor1d([0, 0], "int32") } } : {},
    };
    const compareOutputs = ({ places, logits, volume }: PclOutputs) => {
      const height = Math.sqrt(places.shape[1]);
      const map = tf.reshape<tf.Rank.R4>(places, [batch, height, height, 2]);
      errors.places = summaryError(torchValues(map, "activation"), expected.patch_logits);
      const pairs = Float32Array.from(tf.sigmoid(volume).dataSync());
      errors.volume = summaryError(pairs, expected.volume);
      const means = tf.mean(places, 1).dataSync();
      errors.means = relativeError(means, expected.mean_logits.flat());
      if (isMean) assert.deepEqual(logits.dataSync(), means);
    };
    const isMean = detector.settings.verdict === "mean";
    const { grads } = tf.variableGrads(() => {
      const { total, terms } = detector.loss({
        images,
        targets: { classes: classes as tf.Tensor2D, masks },
        parameters,
        forward: () => {
          const outputs = detector.forward(images, parameters, mode);
          compareOutputs(outputs);
          return outputs;
        },
        updates: {},
      });
      for (const [key, summary] of Object.entries(expected.running_after ?? {})) {
        const values = Float32Array.from(training!.updates[`net.${key}`].dataSync());
        errors[key] = summaryError(values, summary);
      }
      off("consistency", terms.consistency, expected.bce);
      off("crossEntropy", terms.crossEntropy, isMean ? expected.ce_mean : expected.ce_patch);
      off("total", total, isMean ? expected.loss_mean : expected.loss_patch);
      return total;
    });
    if (isMean) { // the fixture's gradients are of the mean's verdict
      const wanted: Record<string, number> = { ...expected.grad, ...expected.grad_head };
      for (const [own, variable] of Object.entries(parameters)) {
        const norm = wanted[published(own)];
        if (norm === undefined) continue;
        gradients[own] = Math.abs(tf.norm(grads[variable.name]).dataSync()[0] / norm - 1);
      }
      assert.equal(Object.keys(gradients).length, Object.keys(wanted).length);
    }
  });
  return { errors, gradients };
}

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("pcl has the published names, shapes and counts, and ends with stage 3 where that is classified", () => {
  const listed = Object.entries({ ...fixture.keys, ...fixture.keys_head })
    .filter(([name]) => !name.endsWith("num_batches_tracked"));
  const { parameters } = presetOf(pcl).detector;
  assert.deepEqual(
    parameters.map(({ name, shape }) => [published(name), torchShape(shape)]),
    listed,
  );
  const count = (of: typeof parameters) =>
    of.filter(({ role }) => isLearnt(role))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(count(parameters), fixture.params.network + fixture.params.head);
  const short = vary(presetOf(pcl), { classifierStage: 3 }).detector.parameters;
  assert.equal(count(short), fixture.params.network_to_layer3 + fixture.params.head);
});

Deno.test("pcl equals PyTorch in inference: activations, volume, map, losses, every gradient", () => {
  const { errors, gradients } = compare(fixture.eval64, {});
  assert.ok("consistency" in errors && "net.layer4" in errors);
  within(errors, 1e-5);
  within(gradients, 1e-3);
});

Deno.test("pcl equals PyTorch where places judge, and where stage 3 is classified", () => {
  within(compare(fixture.eval64, { verdict: "places" }).errors, 1e-5);
  const { errors, gradients } = compare(fixture.eval64_layer3_classifier, { classifierStage: 3 });
  within(errors, 1e-5);
  within(gradients, 1e-3);
});

Deno.test("pcl equals PyTorch in training: activations, losses, gradients, running statistics", () => {
  const { errors, gradients } = compare(fixture.train64, {}, { updates: {} });
  assert.ok("layer4.2.bn2.running_var" in errors);
  within(errors, 1e-4);
  within(gradients, 5e-3);
});

Deno.test("pcl scores by the mean of its places' probabilities where they judge", () => {
  const { detector } = vary(presetOf(pcl, "smoke"), { verdict: "places", imageSize: 64 });
  const parameters = initialiseParameters(detector.parameters, createRandom(1));
  tf.tidy(() => {
    const outputs = detector.forward(fillImages("input", 3, 64), parameters);
    const each = tf.softmax(outputs.places), means = tf.mean(tf.slice(each, [0, 0, 1]), [1, 2]);
    const scores = tf.sigmoid(detector.logOdds(outputs));
    assert.ok(relativeError(scores.dataSync(), [...means.dataSync()]) < 1e-6);
  });
  disposeParameters(parameters);
});

Deno.test("consistencyVolume equals the code's numbers and gradients where all of them are kept", () => {
  const { tiny } = fixture;
  const x = fill("pcl.x", 2 * 4 * 2 * 3), shape: [number, number, number, number] = [2, 4, 2, 3];
  const parameters = initialiseParameters(consistencyParameters(4), createRandom(1));
  fillParameters(parameters, 3);
  const masks = (tiny.mask as number[][][]).flat(2);
  const { value, grads, input } = tf.tidy(() => {
    const input = tf.variable(tf.transpose(tf.tensor4d(x, shape), [0, 2, 3, 1]));
    const made = tf.variableGrads(() => {
      const volume = consistencyVolume(input as tf.Tensor as tf.Tensor4D, {
        layers: openLayers(parameters, {}),
      });
      const targets = consistencyTargets(tf.tensor4d(masks, [2, 2, 3, 1]));
      const shown = tf.sigmoid(volume).dataSync();
      assert.ok(relativeError(shown, (tiny.volume as number[][][]).flat(2)) < 1e-6);
      assert.ok(relativeError(targets.dataSync(), (tiny.target as number[][][]).flat(2)) < 1e-6);
      return binaryCrossEntropy(volume, targets);
    });
    return { ...made, input };
  });
  assert.ok(Math.abs(value.dataSync()[0] - tiny.bce) < 1e-6);
  const same = (found: ArrayLike<number>, wanted: unknown) =>
    assert.ok(relativeError(found, (wanted as number[][]).flat()) < 1e-5);
  same(torchValues(grads[input.name], "activation"), tiny.grad_x);
  for (const name of ["theta", "phi"]) {
    same(torchValues(grads[parameters[`${name}.weight`].name], "weight"), tiny[`grad_${name}`]);
    same(grads[parameters[`${name}.bias`].name].dataSync(), tiny[`grad_${name}_bias`]);
  }
  tf.dispose([value, grads, input]);
  disposeParameters(parameters);
});

Deno.test("consistencyTargets are 1 on the diagonal, symmetric, and alike for a mask and its opposite", () => {
  const mask = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(mask, (values) => {
      tf.tidy(() => {
        const of = (numbers: number[]) =>
          consistencyTargets(tf.tensor4d(numbers, [1, 2, 3, 1])).arraySync()[0];
        const targets = of(values), opposite = of(values.map((v) => 1 - v));
        targets.forEach((row, i) =>
          row.forEach((target, j) => {
            assert.ok(target >= 0 && target <= 1 && target === targets[j][i]);
            assert.ok(i !== j || target === 1);
            assert.ok(Math.abs(target - opposite[i][j]) < 1e-6);
          })
        );
      });
    }),
    { numRuns: 20 },
  );
});

Deno.test("pcl's consistency map is a map target, low where the volume says another source", async () => {
  const { detector } = vary(presetOf(pcl, "smoke"), { imageSize: 64 });
  const parameters = initialiseParameters(detector.parameters, createRandom(1));
  using mapper = openPartMapper({
    ...{ detector, parameters, batchSize: 2 },
    ...{ layer: "consistency", weigh: layerItself },
  });
  const [{ parts: [map] }] = await mapper.maps(squares(2, 64));
  assert.deepEqual([map.length, map[0].length], [4, 4]);
  assert.ok(map.flat().every((value) => value >= 0 && value <= 1));
  disposeParameters(parameters);
  tf.tidy(() => { // a volume of two sources: 3 of 16 places do not fit the others
    const other = [5, 6, 9];
    const volume = tf.tensor3d(
      Array.from({ length: 256 }, (_, at) => {
        const [i, j] = [Math.floor(at / 16), at % 16];
        return other.includes(i) === other.includes(j) ? 9 : -9;
      }),
      [1, 16, 16],
    );
    const means = consistencyMap(volume, { height: 4, width: 4 }).dataSync();
    means.forEach((mean, i) =>
      assert.ok(Math.abs(mean - (other.includes(i) ? 3 : 13) / 16) < 1e-3)
    );
  });
});

Deno.test("pcl costs ResNet-34, the two embeddings, and the pairs", async () => {
  const { macs } = await detectorCost(presetOf(pcl).detector);
  // torchvision's ResNet-34 to its last map at 256 pixels, the classifier's 512 × 2 at 8 × 8 places, and at
  // 16 × 16 places two embeddings of 256 channels and all pairs of them.
  const places = 16 ** 2, embeddings = 2 * places * 256 ** 2, pairs = places ** 2 * 256;
  const trunk = macs - 512 * 2 * 8 * 8 - embeddings - pairs;
  const torchvision = 3.664e9 - 512 * 1000; // its metadata of 224 pixels, less the classifier
  assert.ok(Math.abs(trunk / (torchvision * (256 / 224) ** 2) - 1) < 3e-4, `${trunk}`);
});
