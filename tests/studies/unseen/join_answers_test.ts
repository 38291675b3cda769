import assert from "node:assert/strict";
import { joinAnswers } from "lib/studies/unseen/join_answers.ts";
import { runKey } from "lib/studies/unseen/join_runs.ts";
import { answerRows, differenceRows, testRows } from "lib/studies/unseen/unseen_table.ts";
import { madeUpResult } from "./made_up_results.ts";

const FEW = { resamples: 32 }, NONE = new Set<string>();
const of = (row: string, ...seeds: number[]) =>
  seeds.map((seed) => madeUpResult("all", row, seed, 1));
const [paper, heads] = [of("paper", 1, 2), of("heads", 1, 2)];
const names = ["paper", "heads"];

Deno.test("joinAnswers takes what is made of all runs, in the table's order", () => {
  const results = [...paper, ...heads], rows = results.flatMap(testRows);
  const made = answerRows(results, FEW), kept = answerRows(of("paper", 1), FEW);
  const joined = joinAnswers(made.toReversed(), kept, { rows, changed: NONE, names });
  const order = joined.rows.map(({ row, question }) => `${row} ${question}`);
  assert.deepEqual([...new Set(order)], [
    "paper unseen people",
    "paper distorted pictures",
    "heads unseen people",
    "heads distorted pictures",
  ]);
  assert.deepEqual(new Set(joined.rows), new Set(made));
  assert.deepEqual(joined.remarks, []);
});

Deno.test("joinAnswers keeps what rests on runs without scores, and says so where seeds have come since", () => {
  const rows = [...paper, ...heads].flatMap(testRows), kept = answerRows([...paper, ...heads], FEW);
  const same = joinAnswers(answerRows(paper, FEW), kept, { rows, changed: NONE, names });
  assert.deepEqual(same, { rows: kept, remarks: [] }); // no score of heads is there
  const more = [...rows, ...of("heads", 3).flatMap(testRows)];
  const made = answerRows([...paper, ...of("heads", 3)], FEW);
  const joined = joinAnswers(made, kept, { rows: more, changed: NONE, names });
  assert.deepEqual(joined.rows, kept); // two seeds say more than one
  assert.equal(joined.remarks.length, 2); // two questions
  assert.match(joined.remarks[0], /heads, unseen people: of 2 of 3 seeds/);
});

Deno.test("joinAnswers drops what rested on a run that has changed or is gone", () => {
  const kept = answerRows([...paper, ...heads], FEW), rows = [...paper, heads[0]].flatMap(testRows);
  const changed = new Set([runKey(heads[1])]);
  const joined = joinAnswers(answerRows(paper, FEW), kept, { rows, changed, names });
  assert.deepEqual(joined.rows, answerRows(paper, FEW));
});

Deno.test("joinAnswers counts the seeds that both sides of a difference have", () => {
  const effects = [{ label: "losses", with: "paper", without: "heads" }];
  const results = [...paper, ...heads], rows = results.flatMap(testRows);
  const kept = differenceRows(results, effects, FEW);
  const made = differenceRows([...paper, heads[0]], effects, FEW);
  const options = { rows, changed: NONE, names: ["losses"] };
  assert.deepEqual(joinAnswers(made, kept, options).rows, kept);
  const fewer = rows.filter((row) => row.row === "paper" || row.seed === 1);
  assert.deepEqual(joinAnswers(made, [], { ...options, rows: fewer }).rows, made);
});

Deno.test("joinAnswers keeps a difference of two questions as long as the runs of both sides are the same", () => {
  const questions = { with: "trained on self-blended", without: "unseen people" };
  const effects = [{ label: "blended", with: "paper", without: "paper", questions }];
  const results = [
    ...paper,
    madeUpResult("SBI", "paper", 1, 1),
    madeUpResult("SBI", "paper", 2, 1),
  ];
  const rows = results.flatMap(testRows), kept = differenceRows(results, effects, FEW);
  const options = { rows, changed: NONE, names: ["blended"] };
  assert.deepEqual(joinAnswers([], kept, options), { rows: kept, remarks: [] });
  for (const gone of [paper[1], results[3]]) {
    const changed = new Set([runKey(gone)]);
    assert.deepEqual(joinAnswers([], kept, { ...options, changed }).rows, []);
  }
});
