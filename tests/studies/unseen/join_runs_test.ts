import assert from "node:assert/strict";
import { joinRuns, type UnseenRuns } from "lib/studies/unseen/join_runs.ts";
import type { UnseenResult } from "lib/studies/unseen/unseen_run.ts";
import { testRows } from "lib/studies/unseen/unseen_table.ts";
import { madeUpResult } from "./made_up_results.ts";

const seed1 = madeUpResult("all", "paper", 1, 1), seed2 = madeUpResult("all", "paper", 2, 1);
const order = [seed1, seed2].map(({ setting, row, seed }) => ({ setting, row, seed }));
const options = { order, protocolOf: () => "made up" };

const tablesOf = (results: readonly UnseenResult[], scored = results): UnseenRuns => ({
  rows: results.flatMap(testRows),
  results: scored,
});

Deno.test("joinRuns adds runs in the benchmark's order and keeps those that are in the tables", () => {
  const joined = joinRuns(tablesOf([seed2]), [seed1], options);
  assert.deepEqual(joined.results, [seed1, seed2]);
  assert.deepEqual(joined.rows, [seed1, seed2].flatMap(testRows));
  assert.deepEqual([joined.conflicts, joined.changed.size], [[], 0]);
});

Deno.test("joinRuns takes a run that is trained again with the same numbers for the same, seconds aside", () => {
  const again = { ...seed1, seconds: 99, hardware: "another" };
  const joined = joinRuns(tablesOf([seed1]), [again], options);
  assert.deepEqual(joined.conflicts, []);
  assert.deepEqual(joined.results, [seed1]); // as it is in the tables
  assert.equal(joined.rows[0].seconds, 1);
  const withoutScores = joinRuns(tablesOf([seed1], []), [again], options);
  assert.deepEqual(withoutScores.results, [again]); // its scores come in
  assert.equal(withoutScores.rows[0].seconds, 1);
});

Deno.test("joinRuns names a number that two places have differently, and takes the newest", () => {
  const other = { ...madeUpResult("all", "paper", 1, 2), threshold: seed1.threshold };
  const { conflicts, changed, results } = joinRuns(tablesOf([seed1, seed2]), [other], options);
  const [before, now] = [seed1, other].map((result) => testRows(result)[0].AUC);
  const said =
    `AUC of stand-ins, distortion none is ${before} in runs.csv, ${now} in the runs here`;
  assert.ok(conflicts[0].startsWith("all · paper · seed 1: ") && conflicts[0].endsWith(said));
  assert.ok(conflicts.every((line) => !line.includes("seed 2")));
  assert.deepEqual([results, changed.size], [[other, seed2], 1]);
});

Deno.test("joinRuns leaves out a run of other settings, and one that the benchmark has no more", () => {
  const old = { ...seed1, protocol: "of old" }, gone = madeUpResult("all", "gone", 1, 1);
  const { conflicts, results, rows } = joinRuns(tablesOf([old, gone]), [seed2], options);
  assert.match(conflicts[0], /all · gone · seed 1: the benchmark has no such run/);
  assert.match(conflicts[1], /all · paper · seed 1: .*runs\.csv.*\(of old, now made up\)/);
  assert.deepEqual(results, [seed2]);
  assert.deepEqual(rows, testRows(seed2));
});

Deno.test("joinRuns goes on from tables whose scores were written and whose metrics were not", () => {
  const joined = joinRuns({ rows: testRows(seed1), results: [seed1, seed2] }, [], options);
  assert.deepEqual(joined.rows, [seed1, seed2].flatMap(testRows));
  assert.deepEqual(joined.conflicts, []);
});
