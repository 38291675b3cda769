import assert from "node:assert/strict";
import { parseStudyOptions } from "lib/tasks/study/options.ts";
import { runsOf } from "lib/tasks/study/run.ts";

const runs = (...args: string[]) => {
  const job = parseStudyOptions(args);
  assert.ok(job !== "help");
  return runsOf(job);
};

Deno.test("runsOf shares all runs among jobs, each once", () => {
  const all = runs().map((run) => JSON.stringify(run));
  const jobs = [1, 2, 3].flatMap((k) => runs("--job", `${k}/3`));
  assert.deepEqual(jobs.map((run) => JSON.stringify(run)).sort(), all.sort());
});

Deno.test("runsOf chooses rows and seeds, and names the rows there are when it knows none", () => {
  const chosen = runs("--rows", "none; n = 1, wide", "--seeds", "2");
  assert.deepEqual([...new Set(chosen.map(({ row }) => row))].sort(), ["n = 1, wide", "none"]);
  assert.ok(chosen.every(({ seed }) => seed <= 2));
  assert.throws(() => runs("--rows", "nothing"), /no row "nothing".*"none"/);
});
