import assert from "node:assert/strict";
import { plainConfiguration } from "lib/detectors/configuration.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { STUDY_ROWS, studyRow, studyRuns } from "lib/studies/planted_clues/study_rows.ts";
import { studyConfiguration } from "lib/studies/planted_clues/study_run.ts";

Deno.test("STUDY_ROWS have names of their own and settings that pass their rules", () => {
  assert.equal(new Set(STUDY_ROWS.map(({ name }) => name)).size, STUDY_ROWS.length);
  for (const { name } of STUDY_ROWS) studyConfiguration({ setting: "A8", row: name, seed: 3 });
});

Deno.test("STUDY_ROWS change one thing at a time where the issue is one thing", () => {
  const changed = (a: string, b: string) => {
    const [first, second] = [a, b].map((row): Record<string, unknown> => {
      const configuration = studyConfiguration({ setting: "A8", row, seed: 1 });
      const { detector, data, training } = plainConfiguration(configuration);
      return { ...detector.settings, ...data, ...training };
    });
    assert.ok(Object.hasOwn(first, "blocks") && Object.hasOwn(first, "seed"));
    return Object.keys(first).filter((field) =>
      JSON.stringify(first[field]) !== JSON.stringify(second[field])
    );
  };
  assert.deepEqual(changed("heads", "heads + LIL"), ["localInformation"]);
  assert.deepEqual(changed("heads", "heads + GIL"), ["globalInformation"]);
  assert.deepEqual(changed("none", "heads"), ["crossEntropyTerms"]);
  assert.deepEqual(changed("none", "LIL"), ["localInformation", "crossEntropyTerms"]);
  assert.deepEqual(changed("none", "n = 1"), ["blocks"]);
  assert.deepEqual(changed("none", "tiles, none"), ["view"]);
  assert.deepEqual(changed("paper both", "paper both, automatic"), ["lossWeights"]);
  const equations = ["lossForm", "temperature", "detachJoint"]; // of the terms, which "none" lacks
  const terms = changed("none", "paper both, automatic");
  assert.deepEqual(terms.sort(), [...equations, "localInformation", "globalInformation"].sort());
});

Deno.test("studyRuns of the full profile train every row, and ten seeds where it decides", () => {
  const runs = studyRuns("full");
  const keys = runs.map(({ setting, row, seed }) => `${setting}/${row}/${seed}`);
  assert.equal(new Set(keys).size, runs.length);
  for (const { row, setting } of runs) assert.ok(studyRow(row) && PLANTED_SETTINGS[setting]);
  const seeds = (row: string) => runs.filter((r) => r.setting === "A8" && r.row === row).length;
  for (const row of ["none", "GIL", "LIL", "both", "heads", "heads + LIL", "paper both"]) {
    assert.equal(seeds(row), 10);
  }
  assert.ok(STUDY_ROWS.every(({ name }) => seeds(name) >= 3));
});

Deno.test("studyRow names the rows there are when it knows none", () => {
  assert.throws(() => studyRow("nothing"), /no row "nothing".*"none", "GIL"/);
});
