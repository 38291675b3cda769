import assert from "node:assert/strict";
import type { ResultRow } from "lib/studies/paired_differences.ts";
import { meanTraces } from "lib/studies/planted_clues/study_table.ts";

Deno.test("meanTraces averages the seeds of a row at each step, and leaves gaps where there is nothing", () => {
  const trace = (row: string, seed: number, step: number, loss: number | null): ResultRow => ({
    setting: "A8",
    row,
    seed,
    step,
    loss,
  });
  const traces = [
    trace("a", 1, 0, 1),
    trace("a", 2, 0, 3),
    trace("a", 1, 25, null),
    trace("b", 1, 0, 9),
  ];
  assert.deepEqual(meanTraces(traces, { rows: ["a"], terms: { loss: "Loss" }, setting: "A8" }), [
    { run: "a", term: "Loss", step: 0, value: 2 },
    { run: "a", term: "Loss", step: 25, value: null },
  ]);
});
