import assert from "node:assert/strict";
import { rocAuc } from "lib/evaluation/roc.ts";
import {
  AGAINST_PAPER,
  LESSON_EFFECTS,
  UNSEEN_EFFECTS,
} from "lib/studies/unseen/unseen_effects.ts";
import { answerRows, differenceRows, testRows } from "lib/studies/unseen/unseen_table.ts";
import { scoresOf } from "lib/studies/unseen/unseen_tests.ts";
import { madeUpResult, METHODS, TESTED } from "./made_up_results.ts";

/** Enough to look at. */
const FEW = { resamples: 64 };

Deno.test("scoresOf sets fakes against the real pictures that they were made of, and no others", () => {
  const logOdds = TESTED.map((_, i) => i);
  const pathsOf = (of: string) =>
    scoresOf(TESTED, logOdds, of).map((score) => TESTED[score.logOdds].path).slice(0, 2);
  assert.deepEqual(pathsOf("SBI"), ["0/SBI-real", "0/SBI"]);
  assert.deepEqual(pathsOf("NT"), ["0/real", "0/NT"]);
  assert.equal(scoresOf(TESTED, logOdds, "stand-ins").length, 8 * 5);
});

Deno.test("testRows has the AUC of each test, and marks a run that did not learn", () => {
  const one = madeUpResult("all", "paper", 1, 1), rows = testRows(one);
  assert.deepEqual(rows.map(({ of, distortion }) => `${of} ${distortion}`), [
    ...["stand-ins", ...METHODS].map((of) => `${of} none`),
    ...["JQ 3", "GB 1", "GNC 1"].map((distortion) => `stand-ins ${distortion}`),
  ]);
  const scores = scoresOf(one.tested, one.logOdds.none, "FS");
  const auc = rocAuc(scores.map((s) => s.logOdds), scores.map((s) => s.label));
  assert.equal(rows[3].AUC, Number(auc.toPrecision(4)));
  assert.ok(rows.every(({ learnt }) => learnt === 1));
  assert.ok(testRows(madeUpResult("all", "paper", 1, 0)).every(({ learnt }) => learnt === 0));
});

Deno.test("answerRows takes a question's parts and seeds together, and counts what did not learn", () => {
  const left = METHODS.slice(0, 4).map((method) => `without ${method}`);
  const results = [1, 2].flatMap((seed) => [
    madeUpResult("all", "paper", seed, seed === 1 ? 1 : 0),
    ...left.map((setting) => madeUpResult(setting, "paper", seed, 1)),
  ]);
  const rows = answerRows(results.slice(0, -1), FEW); // seed 2 lacks a manipulation
  const of = (question: string) =>
    rows.find((row) => row.question === question && row.metric === "AUC")!;
  assert.deepEqual([of("unseen people").seeds, of("unseen people").didNotLearn], [2, 1]);
  assert.deepEqual([of("unseen manipulations").seeds, of("unseen manipulations").trainings], [
    1,
    4,
  ]);
  const each = results.filter(({ setting }) => setting === "all").map((one) =>
    testRows(one)[0].AUC
  );
  const mean = (Number(each[0]) + Number(each[1])) / 2;
  assert.ok(Math.abs(Number(of("unseen people").value) - mean) < 1e-3);
  assert.equal(rows.find(({ question }) => question === "trained on self-blended"), undefined);
});

Deno.test("differenceRows pairs seeds; a row against itself is no difference, a better one is above 0", () => {
  const results = [1, 2, 3].flatMap((seed) => [
    madeUpResult("all", "heads", seed, 0.5),
    madeUpResult("all", "global head", seed, 0.5),
    madeUpResult("all", "paper", seed, 3),
  ]);
  const same = results.map((one) => ({ ...one, logOdds: results[0].logOdds }));
  const [heads] = differenceRows(same, UNSEEN_EFFECTS, FEW).filter((row) => row.with === "heads");
  assert.deepEqual([heads.value, heads.half, heads.low, heads.high], [0, 0, 0, 0]);
  const both = differenceRows(results, UNSEEN_EFFECTS, FEW).find((row) => row.with === "paper")!;
  assert.ok(Number(both.value) > 0 && Number(both.low) > 0 && both.seeds === 3);
  const against = differenceRows(results, AGAINST_PAPER, FEW).find((row) => row.with === "heads")!;
  assert.equal(against.value, -Number(both.value));
});

Deno.test("differenceRows sets the same row, taught two ways, against itself, and says which questions", () => {
  const results = [1, 2].flatMap((seed) => [
    madeUpResult("SBI", "xception", seed, 1),
    madeUpResult("all", "xception", seed, 3),
    madeUpResult("all", "xception, unpaired", seed, 0.5),
  ]);
  const rows = differenceRows(results, LESSON_EFFECTS, FEW);
  const blended = rows.find((row) => row.label === "xception, self-blended for stand-ins")!;
  assert.deepEqual(
    [blended.question, blended.against, blended.seeds],
    ["trained on self-blended", "unseen people", 2],
  );
  assert.ok(Number(blended.high) < 0);
  const auc = (setting: string) =>
    results.filter((one) => one.setting === setting && one.row === "xception")
      .reduce((sum, one) => sum + Number(testRows(one)[0].AUC) / 2, 0);
  assert.ok(Math.abs(Number(blended.value) - (auc("SBI") - auc("all"))) < 1e-3);
  const paired = rows.find(({ label }) => label === "xception, in pairs")!;
  assert.ok(Number(paired.value) > 0 && !("against" in paired));
});
