import assert from "node:assert/strict";
import { parseStudyOptions } from "lib/tasks/study.ts";

const parse = (...args: string[]) => {
  const job = parseStudyOptions(args);
  assert.ok(job !== "help");
  return job;
};

Deno.test("parseStudyOptions splits all runs among jobs, each once", () => {
  const all = parse().runs.map((run) => JSON.stringify(run));
  const jobs = [1, 2, 3].flatMap((k) => parse("--job", `${k}/3`).runs);
  assert.deepEqual(jobs.map((run) => JSON.stringify(run)).sort(), all.sort());
});

Deno.test("parseStudyOptions chooses rows and seeds", () => {
  const { runs } = parse("--rows", "none; n = 1, wide", "--seeds", "2");
  assert.deepEqual([...new Set(runs.map(({ row }) => row))].sort(), ["n = 1, wide", "none"]);
  assert.ok(runs.every(({ seed }) => seed <= 2));
});

Deno.test("parseStudyOptions refuses what there is not, saying what there is", () => {
  assert.throws(() => parse("--rows", "nothing"), /no row "nothing".*"none"/);
  assert.throws(() => parse("--job", "4/3"), /--job is "4\/3"/);
  assert.throws(() => parse("--seeds", "0"), /--seeds is "0".*from 1/);
  assert.throws(() => parse("--sedes", "1"), /sedes/);
  assert.equal(parseStudyOptions(["--help"]), "help");
});
