import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  effectiveFields,
  plainConfiguration,
  presetOf,
  vary,
  withLoss,
} from "lib/detectors/configuration.ts";
import {
  OFFICIAL_CODE,
  PAPER,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { xception } from "lib/detectors/xception.ts";
import { protocolHash } from "lib/training/protocol.ts";
import { runFolder } from "lib/training/run_folder.ts";

type PaperChanges = Parameters<typeof vary<typeof PAPER.detector.settings, unknown>>[1];

Deno.test("vary changes a copy and freezes it, whichever part a field belongs to", () => {
  const terms: ("global" | "joint")[] = ["global"];
  const changes = { blocks: 2, crossEntropyTerms: terms, batchSize: 12, seed: 5 };
  const changed = vary(PAPER, changes);
  terms.push("joint");
  const { detector: { settings, input }, data, training } = changed;
  assert.equal(settings.blocks, 2);
  assert.deepEqual(settings.crossEntropyTerms, ["global"]);
  assert.deepEqual([data.batchSize, training.seed], [12, 5]);
  assert.equal(input.size, 224);
  assert.equal(vary(PAPER, { imageSize: 64 }).detector.input.size, 64);
  for (const part of [changed, changed.detector, settings, settings.crossEntropyTerms]) {
    assert.ok(Object.isFrozen(part));
  }
  assert.equal(PAPER.detector.settings.blocks, 4);
  assert.deepEqual([PAPER.data.batchSize, PAPER.training.seed], [256, 1]);
});

Deno.test("vary names a field that does not exist, and the fields that do, with their part", () => {
  const changes = { block: 3 } as unknown as PaperChanges;
  assert.throws(() => vary(PAPER, changes), (e: Error) => {
    assert.ok(e instanceof TypeError);
    assert.match(e.message, /no field "block"/);
    assert.match(e.message, /blocks, imageSize, [^;]* \(exposing_the_deception\); /);
    assert.match(e.message, /; batchSize, [^;]* \(data\); epochs, [^;]* \(training\)\.$/);
    return true;
  });
  const other = { blocks: 3 } as object;
  assert.throws(() => vary(presetOf(xception, "smoke"), other), {
    name: "TypeError",
    message: /no field "blocks".*imageSize, width, dropout \(xception\)/,
  });
});

Deno.test("vary refuses values outside a field's range, naming field, value and range", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ blocks: 0 }, /blocks is 0.*from 1 to 8/],
    [{ blocks: 2.5 }, /blocks is 2\.5/],
    [{ blocks: "4" }, /blocks is "4"/],
    [{ imageSize: 100 }, /imageSize is 100.*multiple of 16/],
    [{ learningRate: NaN }, /learningRate is NaN/],
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ schedule: "cosine" }, /schedule is "cosine".*"warmUpCosine"/],
    [{ patience: 1.5 }, /patience is 1\.5/],
    [{ steps: 100 }, /epochs is 20 and steps is 100.*one length/],
    [{ epochs: 0 }, /epochs is 0 and steps is 0.*one length/],
    [{ dropout: 1 }, /dropout is 1/],
    [{ crossEntropyTerms: [] }, /crossEntropyTerms is \[\]/],
    [{ crossEntropyTerms: ["global", "global"] }, /without repeats/],
    [{ crossEntropyTerms: ["local"] }, /"local"/],
    [{ localInformation: "False" }, /localInformation is "False"/],
    [{ batchSize: 1 }, /batchSize is 1/],
    [{ precision: "int8" }, /precision is "int8"/],
    [{ seed: -1 }, /seed is -1/],
    [{ backbone: "resnet33" }, /backbone is "resnet33".*"resnet34"/],
  ];
  for (const [change, words] of wrong) {
    assert.throws(() => vary(PAPER, change as PaperChanges), (e: Error) => {
      assert.ok(e instanceof RangeError, String(e));
      assert.match(e.message, words);
      return true;
    });
  }
});

Deno.test("vary refuses a change without effect in any part", () => {
  assert.throws(() => vary(PAPER, { alpha: 2 }), /alpha.*no effect/);
  const balanced = vary(PAPER, { balance: "equal" });
  assert.throws(() => vary(balanced, { realRepeats: 2 }), /realRepeats.*no effect/);
});

Deno.test("presetOf gives the first preset when none is named, and names all to who asks for another", () => {
  assert.deepEqual(plainConfiguration(presetOf(PAPER.detector.kind)), plainConfiguration(PAPER));
  assert.throws(() => presetOf(xception, "officialCode"), {
    name: "RangeError",
    message: /xception has no preset "officialCode".*faceforensics, deepfakeBench, paper, quick/,
  });
  assert.throws(() => presetOf(xception, "toString"), /no preset "toString"/);
});

Deno.test("plainConfiguration holds every field of all parts, and survives JSON", () => {
  const plain = plainConfiguration(OFFICIAL_CODE);
  assert.deepEqual(JSON.parse(JSON.stringify(plain)), plain);
  assert.equal(plain.detector.name, "exposing_the_deception");
  assert.deepEqual(
    Object.keys(plain.detector.settings).sort(),
    Object.keys(OFFICIAL_CODE.detector.kind.rules.fields).sort(),
  );
});

Deno.test("effectiveFields names the kind and every field that matters, in alphabetical order", () => {
  const names = effectiveFields(PAPER).map(([name]) => name);
  assert.deepEqual(names, [...names].sort());
  assert.ok(names.includes("detector.kind") && names.includes("training.seed"));
  assert.ok(names.includes("data.realRepeats") && names.includes("detector.lossWeightsRate"));
  for (const idle of ["alpha", "beta", "dropConnect"]) {
    assert.ok(!names.includes(`detector.${idle}`), idle);
  }
  const kinds = [PAPER, presetOf(xception)].map((one) =>
    new Map(effectiveFields(one)).get("detector.kind")
  );
  assert.deepEqual(kinds, ["exposing_the_deception", "xception"]);
});

/** Two ways to one run: fields without effect have another value in the second. */
const ALIKE = [
  [PAPER, vary(vary(PAPER, { lossWeights: "fixed", alpha: 3 }), { lossWeights: "automatic" })],
  [
    vary(SMOKE, { balance: "none" }),
    vary(vary(SMOKE, { balance: "repeatReals", realRepeats: 9 }), { balance: "none" }),
  ],
  [
    PAPER,
    vary(vary(PAPER, { backbone: "efficientnetB0", dropConnect: 0.7 }), {
      backbone: "resnet34",
    }),
  ],
] as const;

Deno.test("configurations that compute the same share fields, run folder and protocol", () => {
  for (const [one, other] of ALIKE) {
    assert.notDeepEqual(plainConfiguration(one), plainConfiguration(other));
    assert.deepEqual(effectiveFields(one), effectiveFields(other));
    assert.equal(runFolder("run", one), runFolder("run", other));
    const data = { training: "ab" };
    assert.equal(protocolHash(one, data), protocolHash(other, data));
  }
  const [one, other] = [1, 2].map((realRepeats) =>
    vary(SMOKE, { balance: "repeatReals", realRepeats })
  );
  assert.notEqual(runFolder("run", one), runFolder("run", other));
  assert.notEqual(protocolHash(one, { training: "ab" }), protocolHash(other, { training: "ab" }));
});

Deno.test("withLoss asks the given loss, with the settings of the moment, and vary keeps it", () => {
  const heard: number[] = [];
  const own = withLoss(SMOKE, ({ forward, targets }, { blocks }) => {
    heard.push(blocks);
    const total = tf.mean(tf.mul(forward().global, targets.classes)) as tf.Scalar;
    return { total, terms: { own: total } };
  });
  const varied = vary(own, { blocks: 3, steps: 9 });
  const outputs = { global: tf.ones<tf.Rank.R2>([1, 2]) } as never;
  for (const configuration of [own, varied]) {
    const { total, terms } = configuration.detector.loss({
      images: tf.zeros([1, 32, 32, 3]),
      targets: { classes: tf.tensor2d([[0, 1]]) },
      parameters: {},
      forward: () => outputs,
      updates: {},
    });
    assert.deepEqual([total.dataSync()[0], Object.keys(terms)], [0.5, ["own"]]);
  }
  assert.deepEqual(heard, [2, 3]);
  assert.equal(varied.training.steps, 9);
  assert.equal(varied.detector.settings.blocks, 3);
  assert.deepEqual(plainConfiguration(own), plainConfiguration(SMOKE));
  assert.equal(own.detector.kind.of(own.detector.settings).kind, own.detector.kind);
});
