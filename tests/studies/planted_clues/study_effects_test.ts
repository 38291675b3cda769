import assert from "node:assert/strict";
import { STUDY_EFFECTS } from "lib/studies/planted_clues/study_effects.ts";
import { studyRow, studyRuns } from "lib/studies/planted_clues/study_rows.ts";

Deno.test("STUDY_EFFECTS compare rows that there are, with seeds in common", () => {
  const seeds = (row: string) =>
    studyRuns("full").filter((run) => run.setting === "A8" && run.row === row).length;
  assert.equal(new Set(STUDY_EFFECTS.map(({ label }) => label)).size, STUDY_EFFECTS.length);
  for (const { with: changed, without } of STUDY_EFFECTS) {
    assert.notDeepEqual(studyRow(changed), studyRow(without));
    assert.ok(Math.min(seeds(changed), seeds(without)) >= 5);
  }
});
