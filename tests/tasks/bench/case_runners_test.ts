import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import type { DetectorCase } from "lib/tasks/bench/bench_cases.ts";
import { configurationOf } from "lib/tasks/bench/case_inputs.ts";
import { trainingRunner } from "lib/tasks/bench/case_runners.ts";

await startEngine();

/** Losses of the first steps, as a burst of the bench takes them. */
async function losses(changes: readonly string[]): Promise<number[]> {
  const one: DetectorCase = {
    ...{ work: "training", precision: "float32", batch: 2, detector: "mesonet", preset: "smoke" },
    changes,
  };
  using runner = trainingRunner(one, await configurationOf(one));
  return [runner.step(), runner.step(), runner.step()];
}

Deno.test("trainingRunner scales a loss as training does: steps of float32 learn the same bits", async () => {
  const plain = await losses([]);
  assert.equal(new Set(plain).size, 3);
  assert.ok(plain.every(Number.isFinite));
  assert.deepEqual(await losses(["lossScaling=dynamic"]), plain);
});
