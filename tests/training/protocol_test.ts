import assert from "node:assert/strict";
import { type Changes, type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { protocolHash, protocolRemark } from "lib/training/protocol.ts";
import { runFolder } from "lib/training/run_folder.ts";

const data = { training: "ab", test: "cd" };

/** What else must change for a field to have an effect at all. */
const NEEDED: Readonly<Record<string, Changes<ExposingSettings>>> = {
  dropConnect: { backbone: "efficientnetB0" },
  alpha: { lossWeights: "fixed" },
  beta: { lossWeights: "fixed" },
};

Deno.test("protocolHash changes with every field but those of the method and the seed", () => {
  const others: Changes<ExposingSettings> = {
    imageSize: 96,
    batchSize: 64,
    balance: "equal",
    realRepeats: 5,
    augmentation: "flip",
    mixup: 0,
    forge: "SBI",
    epochs: 10,
    learningRate: 1e-3,
    schedule: "official",
    weightDecay: 0,
    optimiser: "sgd",
    samRho: 0.05,
    clipNorm: 1,
    averageDecay: 0.9,
    labelSmoothing: 0.1,
    layerDecay: 0.75,
    frozen: "conv1",
    microBatchSize: 8,
    normDevices: 4,
    validateEvery: 100,
    patience: 3,
    precision: "bfloat16",
    compiler: "xla",
    lossScaling: "dynamic",
  };
  const method: Changes<ExposingSettings> = {
    channelOrder: "bgr",
    lossWeightsRate: 1e-2,
    backbone: "mobilenetV1",
    blocks: 3,
    width: 0.5,
    view: "tiles",
    dropout: 0,
    dropConnect: 0,
    localInformation: false,
    globalInformation: false,
    lossForm: "official",
    divergence: "sinkhorn",
    temperature: 2,
    detachJoint: true,
    crossEntropyTerms: ["global"],
    lossWeights: "fixed",
    alpha: 2,
    beta: 2,
    seed: 9,
  };
  const ofSgd = ["momentum", "nesterov"]; // tests/settings/optimiser_settings_test.ts
  const pairs: Changes<ExposingSettings> = { balance: "pairs" };
  const apart = ["steps", "mixupWith", ...ofSgd]; // they need another field's value
  const covered = new Set([...Object.keys(others), ...Object.keys(method), ...apart]);
  const { detector, data: batches, training } = PAPER;
  const fields = Object.keys({ ...detector.settings, ...batches, ...training });
  assert.deepEqual(fields.filter((field) => !covered.has(field)), []);

  const hash = protocolHash(PAPER, data);
  assert.match(hash, /^[0-9a-f]{16}$/);
  for (const [field, value] of Object.entries(method)) {
    const changes = { ...NEEDED[field], [field]: value };
    assert.equal(protocolHash(vary(PAPER, changes), data), hash, field);
  }
  const hashes = Object.entries(others).map(([field, value]) =>
    protocolHash(vary(PAPER, { [field]: value }), data)
  );
  hashes.push(
    protocolHash(vary(PAPER, { epochs: 0, steps: 9 }), data),
    protocolHash(vary(PAPER, pairs), data),
    protocolHash(vary(PAPER, { ...pairs, mixupWith: "pair" }), data),
  );
  hashes.push(
    protocolHash(PAPER, { ...data, training: "x" }),
    protocolHash(PAPER, { training: "ab" }),
  );
  assert.equal(new Set([hash, ...hashes]).size, hashes.length + 1);
});

Deno.test("protocolHash looks at micro-batches where a batch norm sees them, and nowhere else", () => {
  const encoder = presetOf(foundationEncoder, "smoke"), parts = { microBatchSize: 2 };
  assert.equal(protocolHash(vary(encoder, parts), data), protocolHash(encoder, data));
  assert.notEqual(protocolHash(vary(PAPER, parts), data), protocolHash(PAPER, data));
  assert.notEqual(runFolder("try", vary(encoder, parts)), runFolder("try", encoder));
});

Deno.test("protocolHash does not look at the order of fields", () => {
  const reverse = <T extends object>(part: T) =>
    Object.fromEntries(Object.entries(part).reverse()) as T;
  const { detector, data: batches, training } = PAPER;
  const reversed: Configuration = {
    training: reverse(training),
    data: reverse(batches),
    detector: detector as Configuration["detector"],
  };
  assert.equal(protocolHash(reversed, data), protocolHash(PAPER, data));
});

Deno.test("protocolRemark is silent about one protocol and names the runs of several", () => {
  const a = { run: "a", protocol: "1" }, b = { run: "b", protocol: "1" };
  assert.equal(protocolRemark([]), undefined);
  assert.equal(protocolRemark([a, b]), undefined);
  const remark = protocolRemark([a, b, { run: "c", protocol: "2" }]);
  assert.match(remark!, /2 different protocols.*a, b \(1\); c \(2\)/);
});
