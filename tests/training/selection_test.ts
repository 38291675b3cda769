import assert from "node:assert/strict";
import fc from "fast-check";
import { vary } from "lib/detectors/configuration.ts";
import { QUICK } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { endsEarly, isValidated, selectionOf } from "lib/training/selection.ts";

const record = (step: number, auc: number | undefined): StepRecord => ({
  step,
  learningRate: 1e-3,
  seconds: step,
  total: 1,
  ...(auc === undefined ? {} : { validationAuc: auc }),
});

Deno.test("selectionOf finds the first of the highest AUCs and counts what came after", () => {
  const aucs = fc.array(
    fc.option(fc.integer({ min: 0, max: 5 }).map((k) => k / 5), { nil: undefined }),
  );
  fc.assert(fc.property(aucs, (list) => {
    const { best, since } = selectionOf(list.map((auc, step) => record(step, auc)));
    const validated = list.flatMap((auc, step) => auc === undefined ? [] : [{ step, auc }]);
    const top = Math.max(...validated.map((v) => v.auc));
    const first = validated.findIndex((v) => v.auc === top);
    assert.deepEqual(best, validated[first]);
    assert.equal(since, first < 0 ? 0 : validated.length - 1 - first);
  }));
});

Deno.test("endsEarly waits for patience validations without a better one, and for ever at 0", () => {
  const since = (n: number) => ({ best: { step: 0, auc: 0.5 }, since: n });
  assert.deepEqual([0, 1, 2, 3].map((n) => endsEarly(since(n), { patience: 2 })), [
    false,
    false,
    true,
    true,
  ]);
  assert.equal(endsEarly(since(1000), { patience: 0 }), false);
});

Deno.test("isValidated is true every so many steps, or at each epoch's end, and at the last step", () => {
  const validated = (validateEvery: number) => {
    const run = { ...vary(QUICK, { steps: 10, validateEvery }), batchesPerEpoch: 4 };
    return Array.from({ length: 10 }, (_, s) => s).filter((step) => isValidated(step, run));
  };
  assert.deepEqual(validated(0), [3, 7, 9]);
  assert.deepEqual(validated(3), [2, 5, 8, 9]);
  assert.deepEqual(validated(100), [9]);
});
