import assert from "node:assert/strict";
import { effectiveFields, plainConfiguration, vary } from "lib/detectors/configuration.ts";
import {
  OFFICIAL_CODE,
  PAPER,
  profileConfiguration,
  QUICK,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";

Deno.test("presets pass their own rules and are frozen", () => {
  for (const preset of [PAPER, OFFICIAL_CODE, QUICK, SMOKE]) {
    assert.deepEqual(plainConfiguration(vary(preset, {})), plainConfiguration(preset));
    const { detector, data, training } = preset;
    for (const part of [preset, detector, detector.settings, data, training]) {
      assert.ok(Object.isFrozen(part));
    }
    assert.throws(() => Object.assign(detector.settings, { blocks: 5 }), TypeError);
    assert.throws(() => (detector.settings.crossEntropyTerms as string[]).push("x"), TypeError);
  }
});

Deno.test("PAPER holds what the paper states", () => {
  assert.equal(PAPER.detector.settings.blocks, 4);
  assert.equal(PAPER.detector.settings.imageSize, 224);
  assert.equal(PAPER.training.learningRate, 5e-4);
  assert.equal(PAPER.data.batchSize, 256);
  assert.equal(PAPER.detector.settings.lossForm, "paper");
});

Deno.test("OFFICIAL_CODE differs from PAPER only where findings say so", () => {
  const [paper, official] = [PAPER, OFFICIAL_CODE].map((one) => {
    const { detector, data, training } = plainConfiguration(one);
    return { ...detector.settings, ...data, ...training } as Record<string, unknown>;
  });
  assert.deepEqual(Object.keys(official), Object.keys(paper));
  const differs = (field: string) => String(paper[field]) !== String(official[field]);
  assert.deepEqual(Object.keys(paper).filter(differs), [
    "channelOrder",
    "lossForm",
    "temperature",
    "detachJoint",
    "epochs",
    "learningRate",
    "schedule",
  ]);
});

Deno.test("profileConfiguration knows three profiles and names them to who asks for a fourth", () => {
  assert.equal(profileConfiguration("smoke"), SMOKE);
  assert.equal(profileConfiguration("quick"), QUICK);
  assert.deepEqual(
    plainConfiguration(profileConfiguration("full")),
    plainConfiguration(vary(PAPER, { epochs: 0, steps: 10_000 })),
  );
  assert.throws(() => profileConfiguration("fast"), /no profile "fast".*smoke, quick, full/);
});

/** What else has to be changed for a field to matter, and a value that it can then be given. */
const IDLE = [
  ["alpha", 2, /lossWeights are "fixed"/, { lossWeights: "fixed" }],
  ["beta", 2, /lossWeights are "fixed"/, { lossWeights: "fixed" }],
  ["dropConnect", 0.5, /only backbone "efficientnetB0"/, { backbone: "efficientnetB0" }],
] as const;

Deno.test("vary refuses a field of the paper's detector that has no effect, and takes it where it has", () => {
  for (const [field, value, why, needed] of IDLE) {
    assert.throws(() => vary(PAPER, { [field]: value }), (e: Error) => {
      assert.ok(e instanceof RangeError, String(e));
      assert.match(
        e.message,
        new RegExp(`${field} cannot be changed from .* to ${value}.*no effect`),
      );
      assert.match(e.message, why);
      return true;
    });
    const taken = vary(PAPER, { ...needed, [field]: value });
    assert.equal(taken.detector.settings[field], value);
    assert.ok(effectiveFields(taken).some(([name]) => name === `detector.${field}`));
  }
  const fixed = vary(PAPER, { lossWeights: "fixed" });
  assert.throws(() => vary(fixed, { lossWeightsRate: 0.1 }), /lossWeightsRate.*no effect.*"fixed"/);
  assert.equal(vary(PAPER, { lossWeightsRate: 0.1 }).detector.settings.lossWeightsRate, 0.1);
  const sinkhorn = vary(PAPER, { divergence: "sinkhorn" });
  assert.throws(() => vary(sinkhorn, { lossForm: "official" }), /lossForm.*no effect.*"kl"/);
  const single = vary(PAPER, { blocks: 1 });
  assert.throws(() => vary(single, { view: "tiles" }), /view.*no effect.*one block/);
  assert.throws(
    () => vary(single, { localInformation: false }),
    /localInformation.*no effect.*one block/,
  );
});

Deno.test("alpha and beta have no effect where their loss is off, or there is one block", () => {
  const fixed = vary(PAPER, { lossWeights: "fixed" });
  const without = vary(fixed, { localInformation: false });
  assert.throws(() => vary(without, { alpha: 2 }), /alpha.*no effect.*local information/);
  assert.throws(() => vary(vary(fixed, { blocks: 1 }), { alpha: 2 }), /alpha.*no effect/);
  const global = vary(fixed, { globalInformation: false });
  assert.throws(() => vary(global, { beta: 2 }), /beta.*no effect.*global information/);
});

Deno.test("two configurations of the paper's detector that compute the same have equal fields", () => {
  const same = (one: typeof PAPER, other: typeof PAPER) => {
    assert.notDeepEqual(one.detector.settings, other.detector.settings);
    assert.deepEqual(effectiveFields(one), effectiveFields(other));
  };
  const weighed = vary(PAPER, { lossWeights: "fixed", alpha: 3, beta: 4 });
  same(vary(weighed, { lossWeights: "automatic" }), PAPER);
  const fixed = vary(PAPER, { lossWeights: "fixed" });
  same(vary(vary(PAPER, { lossWeightsRate: 0.1 }), { lossWeights: "fixed" }), fixed);
  const skipping = vary(PAPER, { backbone: "efficientnetB0", dropConnect: 0.4 });
  same(vary(skipping, { backbone: "resnet34" }), PAPER);
  const sinkhorn = vary(PAPER, { divergence: "sinkhorn" });
  same(vary(vary(PAPER, { lossForm: "official" }), { divergence: "sinkhorn" }), sinkhorn);
  const single = vary(PAPER, { blocks: 1 });
  same(vary(vary(PAPER, { view: "tiles" }), { blocks: 1 }), single);
  same(vary(vary(PAPER, { localInformation: false }), { blocks: 1 }), single);
});
