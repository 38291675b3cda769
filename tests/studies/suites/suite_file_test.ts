/** Suites' files: those of the project are sound, and what is wrong is named. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseSuite, readSuite, suiteCells } from "lib/studies/suites/suite_file.ts";
import { configurationFrom } from "lib/tasks/configuration_arguments.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";

const SOUND = "question: Why?\ndetectors: [{}]\nseeds: [1]\ntrain: a\ntest: [a, b]\n";

Deno.test("every suite in data/suites is sound, and its detectors are there", async () => {
  const folder = join(PROJECT.root, "data", "suites");
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  assert.ok(names.length >= 2);
  for (const name of names) {
    const suite = await readSuite(join(folder, name));
    for (const { detector, preset, changes } of suite.detectors) {
      await configurationFrom({
        changes,
        ...detector === undefined ? {} : { detector },
        ...preset === undefined ? {} : { preset },
      });
    }
  }
});

Deno.test("suiteCells has a training for each seed, method and detector, and every one a name of its own", () => {
  const text = SOUND.replace("[{}]", "[{ name: x }, { name: y, set: { blocks: 3 } }]")
    .replace("[1]", "[1, 2]");
  const suite = parseSuite(text + "leaveOneMethodOut: true\n", "s.yaml");
  assert.deepEqual(suite.detectors[1].changes, ["blocks=3"]);
  const cells = suiteCells(suite, ["F 2", "DF"]);
  assert.deepEqual(cells.slice(0, 4).map(({ name }) => name), [
    "s_x_without_DF",
    "s_y_without_DF",
    "s_x_without_F-2",
    "s_y_without_F-2",
  ]);
  assert.equal(new Set(cells.map(({ name, seed }) => `${name} ${seed}`)).size, 8);
  assert.equal(suiteCells(parseSuite(SOUND, "s.yaml"), ["DF"]).length, 1);
});

Deno.test("parseSuite names the file and the field that is wrong", () => {
  const cases: readonly [string, RegExp][] = [
    [SOUND.replace("question: Why?\n", ""), /"s.yaml": question is undefined, not a sentence/],
    [SOUND.replace("seeds: [1]", "seeds: [a]"), /seeds is \["a"\], not a list of whole numbers/],
    [SOUND.replace("train: a", "train: a/b.csv"), /train is "a\/b.csv", not one name/],
    [SOUND + "job: 1/2\n", /no field "job"/],
    [SOUND.replace("[{}]", "[{ presets: x }]"), /no field "presets"/],
    [SOUND.replace("[{}]", "[{}, {}]"), /two detectors are called "paper"/],
    [SOUND.replace("[{}]", "[{ name: a b }]"), /"a b" cannot name/],
    ["[", /is not YAML/],
    ["text", /no fields/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseSuite(text, "s.yaml"), message);
});
