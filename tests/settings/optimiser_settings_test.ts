/** The optimiser's settings: idle ones are refused, and runs from before there were any keep their hashes. */
import assert from "node:assert/strict";
import {
  effectiveFields,
  plainConfiguration,
  presetOf,
  vary,
} from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { readConfiguration } from "lib/detectors/read_configuration.ts";
import { xception } from "lib/detectors/xception.ts";
import { changeSettings } from "lib/settings/field_rules.ts";
import {
  frozenStages,
  PAPER_TRAINING,
  TRAINING_RULES,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import { protocolHash } from "lib/training/protocol.ts";
import { runFolder } from "lib/training/run_folder.ts";

const NEW = [
  "optimiser",
  "momentum",
  "nesterov",
  "samRho",
  "clipNorm",
  "averageDecay",
  "labelSmoothing",
  "layerDecay",
  "frozen",
] as const;

const change = (changes: Partial<TrainingSettings>) =>
  changeSettings(TRAINING_RULES, PAPER_TRAINING, changes);

Deno.test("momentum and nesterov are refused where the optimiser has none", () => {
  assert.throws(() => change({ momentum: 0.5 }), /momentum cannot.*optimiser is not "sgd"/);
  assert.throws(() => change({ optimiser: "adamW", nesterov: true }), /nesterov cannot/);
  assert.throws(
    () => change({ optimiser: "sgd", momentum: 0, nesterov: true }),
    /nesterov cannot.*momentum is 0/,
  );
  assert.equal(change({ optimiser: "sgd", nesterov: true }).momentum, 0.9);
  assert.deepEqual(frozenStages(change({ frozen: "conv1+layer1" })), ["conv1", "layer1"]);
  assert.deepEqual(frozenStages(PAPER_TRAINING), []);
  for (const wrong of [{ layerDecay: 0 }, { averageDecay: 1 }, { samRho: -1 }, { frozen: "a+" }]) {
    assert.throws(() => change(wrong), RangeError);
  }
});

Deno.test("configurations from before there was a choice of optimisers read the same, with their hashes", () => {
  // Of the kit before, for the paper's preset and Xception's.
  const before = [
    { configuration: PAPER, protocol: "62d5c73176c72441", folder: "old-f380f2df" },
    { configuration: presetOf(xception), protocol: "4b3a686fc01c9210", folder: "old-abaa6370" },
  ];
  for (const { configuration, protocol, folder } of before) {
    assert.equal(protocolHash(configuration, { training: "ab" }), protocol);
    assert.equal(runFolder("old", configuration, { root: "" }), folder);
    const { detector, data, training } = plainConfiguration(configuration);
    const old = Object.fromEntries(
      Object.entries(training).filter(([field]) => !NEW.includes(field as typeof NEW[number])),
    );
    const read = readConfiguration({ detector, data, training: old });
    assert.deepEqual(plainConfiguration(read), plainConfiguration(configuration));
    assert.deepEqual(effectiveFields(read), effectiveFields(configuration));
    const named = effectiveFields(configuration).map(([field]) => field);
    assert.ok(NEW.every((field) => !named.includes(`training.${field}`)));
  }
});

Deno.test("each optimiser's setting is another protocol", () => {
  const changes = [
    { optimiser: "adamW" },
    { optimiser: "sgd" },
    { optimiser: "sgd", momentum: 0.5 },
    { optimiser: "sgd", nesterov: true },
    { samRho: 0.05 },
    { clipNorm: 1 },
    { averageDecay: 0.999 },
    { labelSmoothing: 0.1 },
    { layerDecay: 0.75 },
    { frozen: "layer1" },
    { schedule: "linearDecay" },
  ] as const;
  const hashes = changes.map((each) => protocolHash(vary(PAPER, each), { training: "ab" }));
  assert.equal(
    new Set([protocolHash(PAPER, { training: "ab" }), ...hashes]).size,
    hashes.length + 1,
  );
});
