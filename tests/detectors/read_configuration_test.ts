import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { parse, stringify } from "@std/yaml";
import {
  effectiveFields,
  plainConfiguration,
  presetOf,
  vary,
} from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { OFFICIAL_CODE, PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { readConfiguration } from "lib/detectors/read_configuration.ts";
import { detectorKind, DETECTORS } from "lib/detectors/register.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";

Deno.test("readConfiguration brings back every preset of every kind, through JSON and YAML", () => {
  for (const kind of DETECTORS) {
    for (const name of Object.keys(kind.presets)) {
      const preset = presetOf(kind, name), plain = plainConfiguration(preset);
      for (const written of [JSON.parse(JSON.stringify(plain)), parse(stringify(plain))]) {
        const read = readConfiguration(written);
        assert.equal(read.detector.kind, kind);
        assert.deepEqual(plainConfiguration(read), plain);
        assert.deepEqual(effectiveFields(read), effectiveFields(preset));
      }
    }
  }
});

Deno.test("readConfiguration keeps what has no effect as it is", () => {
  const idle = vary(vary(PAPER, { lossWeights: "fixed", alpha: 3 }), { lossWeights: "automatic" });
  const read = readConfiguration(plainConfiguration(idle));
  assert.deepEqual(plainConfiguration(read), plainConfiguration(idle));
});

Deno.test("readConfiguration takes records from before fakes were made online, with the same hashes", () => {
  const { detector, data: { forge, ...before }, training } = plainConfiguration(PAPER);
  assert.equal(forge, "none");
  const read = readConfiguration({ detector, data: before, training });
  assert.equal(read.data.forge, "none");
  assert.deepEqual(effectiveFields(read), effectiveFields(PAPER));
  assert.ok(!effectiveFields(read).some(([name]) => name === "data.forge"));
  const made = vary(PAPER, { forge: "SBI" });
  assert.equal(new Map(effectiveFields(made)).get("data.forge"), "SBI");
});

const plain = plainConfiguration(PAPER);
const { detector, data, training } = plain;

Deno.test("readConfiguration names the parts and fields that are missing or strange", () => {
  const { blocks: _, width: __, ...fewer } = detector.settings;
  const { seed: ___, ...seedless } = training;
  const wrong: [unknown, RegExp][] = [
    [null, /a record of settings/],
    ["paper", /a record of settings/],
    [[plain], /a record of settings/],
    [{}, /does not name its detector/],
    [{ ...plain, detector: { settings: detector.settings } }, /does not name its detector/],
    [{ ...plain, detector: { name: detector.name } }, /no part "detector exposing_the_deception"/],
    [{ detector, data }, /no part "training"/],
    [{ ...plain, data: [] }, /no part "data"/],
    [{ ...plain, detector: { ...detector, settings: fewer } }, /lacks blocks, width\./],
    [{ ...plain, data: { ...data, shuffle: true } }, /"data" has shuffle, which this version/],
    [{ ...plain, training: { ...seedless, sed: 1 } }, /"training" lacks seed and has sed,/],
  ];
  for (const [written, message] of wrong) {
    assert.throws(() => readConfiguration(written), { name: "TypeError", message });
  }
});

Deno.test("readConfiguration refuses values out of range and detectors that are not known", () => {
  const rangeErrors: [unknown, RegExp][] = [
    [{ ...plain, data: { ...data, batchSize: 1 } }, /batchSize is 1/],
    [{ ...plain, training: { ...training, steps: 5 } }, /one length/],
    [
      { ...plain, detector: { ...detector, settings: { ...detector.settings, blocks: 9 } } },
      /blocks is 9/,
    ],
    [
      { ...plain, detector: { ...detector, name: "face_y_ray" } },
      /no detector "face_y_ray".*exposing_the_deception, xception/,
    ],
  ];
  for (const [written, message] of rangeErrors) {
    assert.throws(() => readConfiguration(written), { name: "RangeError", message });
  }
});

Deno.test("readConfiguration knows kinds of one's own, which come before the register's", () => {
  const { rules, presets } = PAPER.detector.kind;
  const own = defineDetector({
    name: "exposing_the_deception",
    source: "this test",
    rules,
    presets,
    build: ({ imageSize }) => ({
      input: { size: imageSize, normalisation: IMAGENET },
      parameters: [],
      forward: (images) => tf.slice(tf.mean(images, [1, 2]), [0, 0], [-1, 2]) as tf.Tensor2D,
      loss: ({ forward }) => ({ total: tf.sum(forward()), terms: {} }),
      logOdds: logOddsOfFake,
      parts: () => [{ name: "picture", layer: "pixels" }],
    }),
  });
  assert.equal(readConfiguration(plain, [own]).detector.kind, own);
  assert.equal(readConfiguration(plain).detector.kind, PAPER.detector.kind);
  assert.equal(detectorKind("xception", [own]).name, "xception");
});

/** The paper's configuration as the first edition of the kit wrote it. */
const FIRST_EDITION = {
  backbone: "resnet34",
  blocks: 4,
  imageSize: 224,
  width: 1,
  view: "whole",
  channelOrder: "rgb",
  dropout: 0.5,
  dropConnect: 0.2,
  localInformation: true,
  globalInformation: true,
  lossForm: "paper",
  divergence: "kl",
  temperature: 1,
  detachJoint: false,
  crossEntropyTerms: ["global", "joint", "leaveOneOut"],
  lossWeights: "automatic",
  alpha: 1,
  beta: 1,
  batchSize: 256,
  balance: "repeatReals",
  realRepeats: 4,
  augmentation: "all",
  mixup: 0.5,
  epochs: 20,
  steps: 0,
  learningRate: 5e-4,
  lossWeightsRate: 1e-3,
  schedule: "paper",
  weightDecay: 1e-6,
  validateEvery: 0,
  patience: 0,
  faceScore: 0.9,
  faceMargin: 0.15,
  precision: "float32",
  seed: 1,
};

Deno.test("readConfiguration takes the first edition's flat settings for the same settings of today", () => {
  assert.deepEqual(plainConfiguration(readConfiguration(FIRST_EDITION)), plain);
  const official = {
    ...FIRST_EDITION,
    channelOrder: "bgr",
    lossForm: "official",
    temperature: 1.5,
    detachJoint: true,
    epochs: 10,
    learningRate: 1e-3,
    schedule: "official",
  };
  assert.deepEqual(
    plainConfiguration(readConfiguration(official)),
    plainConfiguration(OFFICIAL_CODE),
  );
});

Deno.test("readConfiguration names what is strange or missing in the first edition's settings too", () => {
  const { blocks: _, ...without } = FIRST_EDITION;
  assert.throws(() => readConfiguration(without), /exposing_the_deception" lacks blocks/);
  const { seed: __, ...seedless } = FIRST_EDITION;
  assert.throws(() => readConfiguration(seedless), /"training" lacks seed/);
  assert.throws(() => readConfiguration({ ...FIRST_EDITION, blcks: 4 }), /has blcks, which this/);
  assert.throws(() => readConfiguration({ ...FIRST_EDITION, blocks: 9 }), /blocks is 9/);
});
