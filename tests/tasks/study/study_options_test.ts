import assert from "node:assert/strict";
import { parseStudyOptions } from "lib/tasks/study/study_options.ts";

Deno.test("parseStudyOptions reads rows, seeds and the job's share", () => {
  const job = parseStudyOptions(["--rows", "none; n = 1, wide", "--seeds", "2", "--job", "2/3"]);
  assert.deepEqual(job, {
    rows: ["none", "n = 1, wide"],
    seeds: 2,
    share: 2,
    jobs: 3,
    threads: 1,
    missing: false,
    collect: false,
    device: {},
  });
  assert.equal(parseStudyOptions(["--help"]), "help");
});

Deno.test("parseStudyOptions refuses what there is not, saying what there is", () => {
  for (const job of ["4/3", "0/3", "1", "a/b", "1/2/3"]) {
    assert.throws(() => parseStudyOptions(["--job", job]), /--job is .*K\/N with K from 1 to N/);
  }
  assert.throws(() => parseStudyOptions(["--seeds", "0"]), /--seeds is "0".*from 1/);
  assert.throws(() => parseStudyOptions(["--sedes", "1"]), /sedes/);
});
