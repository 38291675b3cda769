/** F3-Net against yyk-wew's code in float64 on the fixtures' formula; its parts are tested beside the networks. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { f3Net, type F3NetSettings } from "lib/detectors/f3_net.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Mode, Updates } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import {
  fillFrequencyFilters,
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Case {
  readonly input: {
    name: string;
    shape: [batch: number, colours: number, side: number];
    scale: number;
  };
  readonly labels: number[];
  readonly logits: number[][];
  readonly loss: number;
  readonly grad: Record<string, number>;
  readonly running_after?: Record<string, Summary>;
  readonly f32_rel: { logits: number; loss: number };
}
const fixture = await readFixture<
  & { keys_both299: Record<string, number[]>; params_both299: number }
  & Record<"both_eval64" | "fad_train80" | "both_train64", Case>
>("f3_net.json");

/** A detector with the fixtures' weights. */
function filled(changes: Partial<F3NetSettings>) {
  const { detector } = vary(presetOf(f3Net, "yykWew"), { dropout: 0, ...changes });
  const parameters = blankParameters(detector);
  fillParameters(parameters, 3);
  fillFrequencyFilters(parameters);
  return { detector, parameters };
}

/** How far a pass is from a case. */
function errorsOf(
  { detector, parameters }: ReturnType<typeof filled>,
  expected: Case,
  training?: { updates: Updates },
) {
  const { input: { name, shape: [batch, , side], scale }, labels } = expected;
  const seed = tf.tensor1d([0, 0], "int32");
  const mode: Mode = training ? { training: { ...training, seed } } : {};
  const gradients: Record<string, number> = {}, errors: Record<string, number> = {};
  tf.tidy(() => {
    const images = tf.mul(fillImages(name, batch, side), scale) as tf.Tensor4D;
    const classes = tf.tensor2d(labels.map((label) => [1 - label, label]));
    const { value, grads } = tf.variableGrads(() => {
      const { total } = detector.loss({
        images,
        targets: { classes },
        parameters,
        forward: () => {
          const logits = detector.forward(images, parameters, mode);
          errors.logits = relativeError(logits.dataSync(), expected.logits.flat());
          return logits;
        },
        updates: {},
      });
      for (const [name, summary] of Object.entries(expected.running_after ?? {})) {
        const values = Float32Array.from(training!.updates[name].dataSync());
        errors[name] = summaryError(values, summary);
      }
      return total;
    });
    errors.loss = Math.abs(value.dataSync()[0] / expected.loss - 1);
    for (const [name, norm] of Object.entries(expected.grad)) {
      const found = tf.norm(grads[parameters[name].name]).dataSync()[0];
      gradients[name] = Math.abs(found / norm - 1);
    }
  });
  seed.dispose();
  return { errors, gradients };
}

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

/** In the code's state dict, and neither learnt nor run: what sizes decide, and single streams' classifiers. */
const UNUSED = /(_DCT_\w+|\.base|\.ft_num|num_batches_tracked)$|_xcep\.fc\./;

Deno.test("f3Net has the code's names, shapes and count of learnt numbers, without what never runs", () => {
  const { parameters } = vary(presetOf(f3Net, "yykWew"), {}).detector;
  const published = Object.entries(fixture.keys_both299).filter(([name]) => !UNUSED.test(name));
  assert.deepEqual(
    Object.fromEntries(parameters.map(({ name, shape }) => [name, torchShape(shape)])),
    Object.fromEntries(published),
  );
  const learnt = parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  assert.equal(learnt, fixture.params_both299 - 2 * (2048 + 1));
});

Deno.test("f3Net equals the code with both streams, in inference and training, with every gradient", () => {
  const made = filled({ imageSize: 64 }), learnt = Object.keys(fixture.both_eval64.grad);
  assert.deepEqual(
    learnt.sort(),
    made.detector.parameters.filter(({ role }) => isLearnt(role)).map(({ name }) => name).sort(),
  );
  const inference = errorsOf(made, fixture.both_eval64);
  within(inference.errors, 1e-5);
  within(inference.gradients, 3e-2);
  // Logarithms of coefficients near zero amplify rounding: PyTorch in float32 is off by f32_rel itself.
  const { f32_rel } = fixture.both_train64;
  const { errors: { logits, loss, ...running }, gradients } = errorsOf(
    made,
    fixture.both_train64,
    { updates: {} },
  );
  within({ logits }, 8 * f32_rel.logits);
  within({ loss }, 8 * f32_rel.loss);
  within(running, 5e-3);
  within(gradients, 0.1);
  disposeParameters(made.parameters);
});

Deno.test("f3Net equals the code with the decomposed stream alone, at another side, in training", () => {
  const made = filled({ imageSize: 80, streams: "decomposed" });
  const { errors, gradients } = errorsOf(made, fixture.fad_train80, { updates: {} });
  within(errors, 1e-4);
  within(gradients, 3e-3);
  disposeParameters(made.parameters);
});

const small = { imageSize: 64, width: 1 / 16 } as const;
const fresh = (changes: Partial<F3NetSettings>) => {
  const { detector } = vary(presetOf(f3Net, "smoke"), { ...small, ...changes });
  return { detector, parameters: initialiseParameters(detector.parameters, createRandom(1)) };
};

Deno.test("f3Net refuses a side at which its streams cannot be mixed, and fields without effect", () => {
  assert.throws(
    () => vary(presetOf(f3Net), { imageSize: 40 }),
    /imageSize is 40.*sides of 3 and 2.*multiple of 16/,
  );
  assert.equal(vary(presetOf(f3Net), { imageSize: 40, streams: "both" }).detector.input.size, 40);
  assert.throws(
    () => vary(presetOf(f3Net, "deepfakeBench"), { statistics: "sumOfLogs" }),
    /no effect, because the stream of statistics is left out/,
  );
  for (const name of Object.keys(f3Net.presets)) presetOf(f3Net, name);
});

Deno.test("f3Net's MixBlocks change nothing while their weights are 0, and something then", () => {
  const { detector, parameters } = fresh({}), both = fresh({ streams: "both" });
  fillParameters(parameters, 3);
  fillFrequencyFilters(parameters);
  for (const name of Object.keys(parameters)) {
    if (!/^mix.*(gamma|conv\.bias|bn\.bias|running_mean)$/.test(name)) continue;
    tf.tidy(() => parameters[name].assign(tf.zerosLike(parameters[name])));
  }
  tf.tidy(() => {
    const images = tf.div(fillImages("input", 2, 64), 2) as tf.Tensor4D;
    const plain = [...both.detector.forward(images, parameters).dataSync()];
    const mixed = () => detector.forward(images, parameters).dataSync();
    assert.ok(relativeError(mixed(), plain) < 1e-6);
    parameters["mix12.FAD_gamma"].assign(tf.tensor1d([1]));
    assert.ok(relativeError(mixed(), plain) > 1e-4);
  });
  [parameters, both.parameters].forEach(disposeParameters);
});

Deno.test("f3Net explains each stream that it has", () => {
  assert.deepEqual(fresh({}).detector.parts(), [
    { name: "frequency bands", layer: "FAD_xcep.bn4" },
    { name: "local frequency statistics", layer: "LFS_xcep.bn4" },
  ]);
  const { detector } = vary(presetOf(f3Net, "smoke"), { streams: "decomposed" });
  assert.deepEqual(detector.parts("block11"), [
    { name: "frequency bands", layer: "FAD_xcep.block11" },
  ]);
});

Deno.test("f3Net takes an Xception's weights into both streams, and answers grey as that did", async () => {
  const { detector, parameters } = fresh({});
  const imageNet = initialiseParameters(
    xceptionParameters({ classes: 10, width: small.width }),
    createRandom(7),
  );
  detector.loadPretrained(parameters, await storeParameters(imageNet));
  for (const [stream, repeats] of [["FAD_xcep.", 4], ["LFS_xcep.", 2]] as const) {
    const [theirs, ours] = ["", stream].map((prefix) =>
      ({ ...imageNet, ...parameters })[`${prefix}conv1.weight`]
    );
    tf.tidy(() => {
      const tiled = tf.tile(tf.div(theirs, repeats), [1, 1, repeats, 1]);
      assert.ok(relativeError(ours.dataSync(), [...tiled.dataSync()]) < 1e-6);
    });
    const block = parameters[`${stream}block5.rep.1.pointwise.weight`];
    assert.deepEqual(block.dataSync(), imageNet["block5.rep.1.pointwise.weight"].dataSync());
  }
  [parameters, imageNet].forEach(disposeParameters);
});
