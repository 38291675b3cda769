import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { presetOf } from "lib/detectors/configuration.ts";
import {
  defineDetector,
  type DetectorDefinition,
  requireImages,
} from "lib/detectors/define_detector.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import { DATA_RULES, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING, TRAINING_RULES } from "lib/settings/training_settings.ts";

type Definition = DetectorDefinition<{ imageSize: number }, tf.Tensor2D>;

const preset = { detector: { imageSize: 32 }, data: SMOKE_DATA, training: SMOKE_TRAINING };

const definition: Definition = {
  name: "made_up",
  source: "this test",
  rules: { fields: { imageSize: wholeNumberRule(16, 64) } },
  presets: { smoke: preset },
  build: ({ imageSize }) => ({
    input: { size: imageSize, normalisation: IMAGENET },
    parameters: [{ name: "head.weight", shape: [3, 2], role: "matrix", fanIn: 3 }],
    forward: (images) => tf.slice(tf.mean(images, [1, 2]), [0, 0], [-1, 2]) as tf.Tensor2D,
    loss: ({ forward }) => ({ total: tf.sum(forward()), terms: {} }),
    logOdds: logOddsOfFake,
    parts: () => [{ name: "picture", layer: "pixels" }],
  }),
};

Deno.test("defineDetector fills in what a detector has not, and freezes what it makes", () => {
  const kind = defineDetector(definition);
  const { detector } = presetOf(kind);
  assert.equal(detector.kind, kind);
  assert.deepEqual(
    [detector.wants, detector.trainingState, detector.ownRates],
    [[], [], {}],
  );
  assert.equal(detector.stageOf("block1.conv.weight"), "block1");
  assert.throws(() => detector.loadPretrained({}, { tensors: new Map(), metadata: {} }), {
    name: "RangeError",
    message: /made_up does not say how published weights go in/,
  });
  assert.ok(Object.isFrozen(kind) && Object.isFrozen(detector));
});

Deno.test("defineDetector refuses names that are no words", () => {
  for (const name of ["", "Made", "1st", "made-up", "made up", "../made", "_x"]) {
    assert.throws(() => defineDetector({ ...definition, name }), {
      name: "RangeError",
      message: /small letters, digits and _/,
    });
  }
  assert.equal(defineDetector({ ...definition, name: "made_2" }).name, "made_2");
});

Deno.test("defineDetector refuses a kind without presets", () => {
  assert.throws(() => defineDetector({ ...definition, presets: {} }), {
    name: "RangeError",
    message: /made_up has no preset/,
  });
});

Deno.test("defineDetector refuses settings that have a name of the data's or the training's", () => {
  const others = Object.keys({ ...DATA_RULES.fields, ...TRAINING_RULES.fields });
  assert.ok(others.length > 10);
  for (const field of others) {
    const rules = { fields: { ...definition.rules.fields, [field]: wholeNumberRule(1) } };
    assert.throws(() => defineDetector({ ...definition, rules }), (error: Error) => {
      assert.equal(error.name, "RangeError");
      assert.match(error.message, new RegExp(`made_up has settings.*already: ${field}\\.`));
      return true;
    });
  }
});

Deno.test("requireImages takes batches of RGB, of two or more in training", () => {
  const training = { seed: tf.tensor1d([1, 2], "int32"), updates: {} };
  requireImages(tf.zeros([1, 4, 4, 3]), {});
  requireImages(tf.zeros([2, 4, 4, 3]), { training });
  assert.throws(() => requireImages(tf.zeros([1, 4, 4, 3]), { training }), /two images or more/);
  assert.throws(() => requireImages(tf.zeros([1, 4, 4, 1]), {}), {
    name: "TypeError",
    message: /\[1,4,4,1\]/,
  });
});
