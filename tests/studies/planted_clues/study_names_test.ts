import assert from "node:assert/strict";
import { STUDY_GROUPS, studyPlace } from "lib/studies/planted_clues/study_names.ts";
import { STUDY_ROWS } from "lib/studies/planted_clues/study_rows.ts";

Deno.test("STUDY_GROUPS has every row of the study once, and no name twice in a group", () => {
  const named = STUDY_GROUPS.flatMap(({ rows }) => Object.keys(rows));
  assert.deepEqual(named.toSorted(), STUDY_ROWS.map(({ name }) => name).toSorted());
  for (const { rows } of STUDY_GROUPS) {
    const titles = Object.values(rows);
    assert.equal(new Set(titles).size, titles.length);
  }
  const places = named.map((name) => JSON.stringify(studyPlace(name)));
  assert.equal(new Set(places).size, named.length);
  assert.throws(() => studyPlace("toString"), /no row "toString"/);
});
