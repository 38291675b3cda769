import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { memoryWarning } from "lib/tasks/train/memory_warning.ts";
import { stepMemory } from "lib/training/step_memory.ts";

await startEngine();
const MB = 2 ** 20;

Deno.test("memoryWarning names a batch that fits where the configured one does not, and is silent else", async () => {
  const configuration = vary(SMOKE, { batchSize: 512 });
  const { fixed, eachPicture } = await stepMemory(configuration);
  const needed = fixed + 512 * eachPicture;
  assert.equal(await memoryWarning(configuration, needed + MB), undefined);
  const warning = await memoryWarning(configuration, fixed + 100.5 * eachPicture);
  assert.match(warning!, /512 pictures takes about \d.*--set batchSize=100 would fit/);
  assert.match(await memoryWarning(configuration, fixed) ?? "", /Not even two pictures/);
  assert.equal(await memoryWarning(configuration, 512 * 32 * 32 * 12 * 2001), undefined);
});

Deno.test("stepMemory takes 3 variables a learnt number, and grows with the picture's area", async () => {
  const small = await stepMemory(SMOKE), wide = await stepMemory(vary(SMOKE, { imageSize: 64 }));
  const ratio = wide.eachPicture / small.eachPicture;
  assert.ok(ratio > 3 && ratio < 5, `${ratio}`);
  const numbers = SMOKE.detector.parameters
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.ok(Math.abs(small.fixed - (270 * MB + 1.25 * 12 * numbers)) < 1e-3 * small.fixed);
});
