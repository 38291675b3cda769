import assert from "node:assert/strict";
import {
  type Configuration,
  OFFICIAL_CODE,
  PAPER,
  profileConfiguration,
  QUICK,
  SMOKE,
  vary,
} from "lib/config.ts";

Deno.test("presets pass their own rules and are frozen", () => {
  for (const preset of [PAPER, OFFICIAL_CODE, QUICK, SMOKE]) {
    assert.deepEqual(vary(preset, {}), preset);
    assert.ok(Object.isFrozen(preset));
    assert.throws(() => Object.assign(preset, { blocks: 5 }), TypeError);
    assert.throws(() => (preset.crossEntropyTerms as string[]).push("x"), TypeError);
  }
});

Deno.test("PAPER holds what the paper states", () => {
  assert.equal(PAPER.blocks, 4);
  assert.equal(PAPER.imageSize, 224);
  assert.equal(PAPER.learningRate, 5e-4);
  assert.equal(PAPER.batchSize, 256);
  assert.equal(PAPER.lossForm, "paper");
});

Deno.test("OFFICIAL_CODE differs from PAPER only where findings say so", () => {
  const differing = Object.keys(PAPER).filter((k) =>
    PAPER[k as keyof Configuration] !== OFFICIAL_CODE[k as keyof Configuration]
  );
  assert.deepEqual(differing, [
    "channelOrder",
    "lossForm",
    "temperature",
    "detachJoint",
    "epochs",
    "learningRate",
    "schedule",
  ]);
});

Deno.test("vary changes a copy and freezes it", () => {
  const terms: ("global" | "joint")[] = ["global"];
  const changed = vary(PAPER, { blocks: 2, crossEntropyTerms: terms });
  terms.push("joint");
  assert.equal(changed.blocks, 2);
  assert.deepEqual(changed.crossEntropyTerms, ["global"]);
  assert.ok(Object.isFrozen(changed) && Object.isFrozen(changed.crossEntropyTerms));
  assert.equal(PAPER.blocks, 4);
});

Deno.test("vary names a field that does not exist, and the fields that do", () => {
  const changes = { block: 3 } as unknown as Partial<Configuration>;
  assert.throws(() => vary(PAPER, changes), (e: Error) => {
    assert.ok(e instanceof TypeError);
    assert.match(e.message, /no field "block"/);
    assert.match(e.message, /blocks, imageSize/);
    return true;
  });
});

Deno.test("vary refuses values outside a field's range, naming field, value and range", () => {
  const wrong: [Partial<Record<keyof Configuration, unknown>>, RegExp][] = [
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
  ];
  for (const [change, words] of wrong) {
    assert.throws(() => vary(PAPER, change as Partial<Configuration>), (e: Error) => {
      assert.ok(e instanceof RangeError, String(e));
      assert.match(e.message, words);
      return true;
    });
  }
});

Deno.test("profileConfiguration knows three profiles and names them to who asks for a fourth", () => {
  assert.equal(profileConfiguration("smoke"), SMOKE);
  assert.equal(profileConfiguration("quick"), QUICK);
  assert.deepEqual(profileConfiguration("full"), vary(PAPER, { epochs: 0, steps: 10_000 }));
  assert.throws(() => profileConfiguration("fast"), /no profile "fast".*smoke, quick, full/);
});
