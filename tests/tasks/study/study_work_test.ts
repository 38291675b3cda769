import assert from "node:assert/strict";
import { parseStudyOptions } from "lib/tasks/study/study_options.ts";
import { fromCSV } from "arquero";
import type { ResultRow } from "lib/studies/paired_differences.ts";
import { studyRuns } from "lib/studies/planted_clues/study_rows.ts";
import { mergeRows } from "lib/tasks/study/study_job.ts";
import { runsOf, withoutKept } from "lib/tasks/study/study_work.ts";

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

Deno.test("withoutKept leaves out the runs that the kept table holds with the same settings", async () => {
  const file = new URL("../../../results/06_ablations/runs.csv", import.meta.url);
  const kept = fromCSV(await Deno.readTextFile(file)).objects() as ResultRow[];
  const all = runs(), left = withoutKept(all, kept);
  assert.equal(left.length, all.length - kept.length);
  const changed = kept.map((row) => ({ ...row, protocol: "of other settings" }));
  assert.equal(withoutKept(all, changed).length, all.length);
});

Deno.test("mergeRows takes new rows for old ones of the same run and keeps all others, in the study's order", () => {
  const row = (name: string, seed: number, step: number, value: number) => ({
    setting: "A8",
    row: name,
    seed,
    step,
    value,
  });
  const old = [
    row("GIL", 1, 0, 1),
    row("GIL", 1, 25, 2),
    row("none", 2, 0, 3),
    row("gone", 1, 0, 4),
  ];
  const fresh = [row("none", 1, 0, 5), row("GIL", 1, 0, 6), row("GIL", 1, 25, 7)];
  const merged = mergeRows(old, fresh, studyRuns("full"));
  assert.deepEqual(merged.map(({ value }) => value), [5, 6, 7, 3, 4]);
});
