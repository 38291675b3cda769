import assert from "node:assert/strict";
import { type Configuration, PAPER, vary } from "lib/config.ts";
import { protocolHash, protocolRemark } from "lib/training/protocol.ts";

const data = { training: "ab", test: "cd" };

Deno.test("protocolHash changes with every field but those of the method and the seed", () => {
  const others: Partial<Record<keyof Configuration, unknown>> = {
    imageSize: 96,
    channelOrder: "bgr",
    batchSize: 64,
    balance: "equal",
    realRepeats: 5,
    augmentation: "flip",
    mixup: 0,
    epochs: 10,
    learningRate: 1e-3,
    lossWeightsRate: 1e-2,
    schedule: "official",
    weightDecay: 0,
    validateEvery: 100,
    patience: 3,
    faceScore: 0.5,
    faceMargin: 0.3,
    precision: "bfloat16",
  };
  const method: Partial<Configuration> = {
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
  const covered = new Set([...Object.keys(others), ...Object.keys(method), "steps"]);
  assert.deepEqual(Object.keys(PAPER).filter((field) => !covered.has(field)), []);

  const hash = protocolHash(PAPER, data);
  assert.match(hash, /^[0-9a-f]{16}$/);
  for (const [field, value] of Object.entries(method)) {
    assert.equal(protocolHash(vary(PAPER, { [field]: value }), data), hash, field);
  }
  const hashes = Object.entries(others).map(([field, value]) =>
    protocolHash(vary(PAPER, { [field]: value }), data)
  );
  hashes.push(protocolHash(vary(PAPER, { epochs: 0, steps: 9 }), data));
  hashes.push(
    protocolHash(PAPER, { ...data, training: "x" }),
    protocolHash(PAPER, { training: "ab" }),
  );
  assert.equal(new Set([hash, ...hashes]).size, hashes.length + 1);
});

Deno.test("protocolHash does not look at the order of fields", () => {
  const reversed = Object.fromEntries(Object.entries(PAPER).reverse()) as unknown as Configuration;
  assert.equal(protocolHash(reversed, data), protocolHash(PAPER, data));
});

Deno.test("protocolRemark is silent about one protocol and names the runs of several", () => {
  const a = { run: "a", protocol: "1" }, b = { run: "b", protocol: "1" };
  assert.equal(protocolRemark([]), undefined);
  assert.equal(protocolRemark([a, b]), undefined);
  const remark = protocolRemark([a, b, { run: "c", protocol: "2" }]);
  assert.match(remark!, /2 different protocols.*a, b \(1\); c \(2\)/);
});
