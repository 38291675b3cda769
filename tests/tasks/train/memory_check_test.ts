import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { checkMemory } from "lib/tasks/train/memory_check.ts";
import { stepMemory } from "lib/training/step_memory.ts";

await startEngine();
const MB = 2 ** 20;

Deno.test("checkMemory says what a step takes, and what would fit where it does not", async () => {
  const configuration = vary(SMOKE, { batchSize: 512 });
  const memory = await stepMemory(configuration), { fixed, eachPicture, sums, eachHeld } = memory;
  const of = (free: number, changes = {}) => checkMemory(vary(configuration, changes), free);
  const { estimate, fault } = await of(fixed + 512 * eachPicture + MB) ?? {};
  assert.match(estimate!, /512 pictures takes about \d+\.\d GB of memory, and \d+\.\d GB are free/);
  assert.equal(fault, undefined);

  const held = sums + 512 * eachHeld;
  const large = await of(fixed + held + 100 * eachPicture);
  assert.match(
    large!.fault!,
    /^--micro-batch 64 takes about .*same batch. --ignore-memory goes on/,
  );
  assert.equal(
    (await of(fixed + held + 100 * eachPicture, { microBatchSize: 64 }))?.fault,
    undefined,
  );
  const wider = await of(fixed + held + 20 * eachPicture, { microBatchSize: 64 });
  assert.match(wider!.estimate, /512 pictures, 64 at a time, takes/);
  assert.match(wider!.fault!, /^--micro-batch 16 /);
  assert.match(
    (await of(fixed + 100.5 * eachPicture, { batchSize: 509 }))!.fault!,
    /batchSize=100 would/,
  );
  assert.match((await of(fixed))!.fault!, /Not even two pictures/);
  assert.equal(await of(512 * 32 * 32 * 12 * 2001), undefined);
});

Deno.test("stepMemory takes 3 variables a learnt number, and grows with the picture's area", async () => {
  const small = await stepMemory(SMOKE), wide = await stepMemory(vary(SMOKE, { imageSize: 64 }));
  const ratio = wide.eachPicture / small.eachPicture;
  assert.ok(ratio > 3 && ratio < 5, `${ratio}`);
  const numbers = SMOKE.detector.parameters
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.ok(Math.abs(small.fixed - (270 * MB + 1.25 * 12 * numbers)) < 1e-3 * small.fixed);
});
