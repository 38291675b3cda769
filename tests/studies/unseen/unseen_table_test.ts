import assert from "node:assert/strict";
import { rocAuc } from "lib/evaluation/roc.ts";
import { createRandom } from "lib/random.ts";
import type { UnseenResult } from "lib/studies/unseen/unseen_run.ts";
import {
  AGAINST_PAPER,
  answerRows,
  differenceRows,
  testRows,
  UNSEEN_EFFECTS,
} from "lib/studies/unseen/unseen_table.ts";
import { scoresOf, type TestedPicture } from "lib/studies/unseen/unseen_tests.ts";

const METHODS = ["DF", "F2F", "FS", "NT", "SBI"];

/** Enough to look at. */
const FEW = { resamples: 64 };

/** Eight people: a real picture, a fake by each method, and the real picture of the self-blended one. */
const TESTED = Array.from({ length: 8 }, (_, i): TestedPicture[] => {
  const person = `${i}`, real = `${i}/real`, own = `${i}/SBI-real`;
  return [
    { person, method: "real", path: real },
    { person, method: "real", path: own },
    ...METHODS.map((method) => ({
      person,
      method,
      path: `${i}/${method}`,
      source: method === "SBI" ? own : real,
    })),
  ];
}).flat();

/** A made-up result whose fakes score higher than its reals by `gap` deviations. */
function result(setting: string, row: string, seed: number, gap: number): UnseenResult {
  const random = createRandom(seed, setting, row);
  const scores = TESTED.map(({ method }) => random.normal() + (method === "real" ? 0 : gap));
  return {
    ...{ setting, row, seed, protocol: "made up", tested: TESTED },
    ...{ trainingAuc: gap > 0 ? 0.9 : 0.5, validationAuc: 0.8, threshold: gap / 2 },
    logOdds: { none: scores, "JQ 3": scores, "GB 1": scores, "GNC 1": scores.map((x) => -x) },
    ...{ parameters: 10, seconds: 1, hardware: "made up" },
  };
}

Deno.test("scoresOf sets fakes against the real pictures that they were made of, and no others", () => {
  const logOdds = TESTED.map((_, i) => i);
  const pathsOf = (of: string) =>
    scoresOf(TESTED, logOdds, of).map((score) => TESTED[score.logOdds].path).slice(0, 2);
  assert.deepEqual(pathsOf("SBI"), ["0/SBI-real", "0/SBI"]);
  assert.deepEqual(pathsOf("NT"), ["0/real", "0/NT"]);
  assert.equal(scoresOf(TESTED, logOdds, "stand-ins").length, 8 * 5);
});

Deno.test("testRows has the AUC of each test, and marks a run that did not learn", () => {
  const one = result("all", "paper", 1, 1), rows = testRows(one);
  assert.deepEqual(rows.map(({ of, distortion }) => `${of} ${distortion}`), [
    ...["stand-ins", ...METHODS].map((of) => `${of} none`),
    ...["JQ 3", "GB 1", "GNC 1"].map((distortion) => `stand-ins ${distortion}`),
  ]);
  const scores = scoresOf(one.tested, one.logOdds.none, "FS");
  const auc = rocAuc(scores.map((s) => s.logOdds), scores.map((s) => s.label));
  assert.equal(rows[3].AUC, Number(auc.toPrecision(4)));
  assert.ok(rows.every(({ learnt }) => learnt === 1));
  assert.ok(testRows(result("all", "paper", 1, 0)).every(({ learnt }) => learnt === 0));
});

Deno.test("answerRows takes a question's parts and seeds together, and counts what did not learn", () => {
  const left = METHODS.slice(0, 4).map((method) => `without ${method}`);
  const results = [1, 2].flatMap((seed) => [
    result("all", "paper", seed, seed === 1 ? 1 : 0),
    ...left.map((setting) => result(setting, "paper", seed, 1)),
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
    result("all", "heads", seed, 0.5),
    result("all", "global head", seed, 0.5),
    result("all", "paper", seed, 3),
  ]);
  const same = results.map((one) => ({ ...one, logOdds: results[0].logOdds }));
  const [heads] = differenceRows(same, UNSEEN_EFFECTS, FEW).filter((row) => row.with === "heads");
  assert.deepEqual([heads.value, heads.half, heads.low, heads.high], [0, 0, 0, 0]);
  const both = differenceRows(results, UNSEEN_EFFECTS, FEW).find((row) => row.with === "paper")!;
  assert.ok(Number(both.value) > 0 && Number(both.low) > 0 && both.seeds === 3);
  const against = differenceRows(results, AGAINST_PAPER, FEW).find((row) => row.with === "heads")!;
  assert.equal(against.value, -Number(both.value));
});
