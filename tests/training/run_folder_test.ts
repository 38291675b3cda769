import assert from "node:assert/strict";
import { dirname } from "node:path";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { PAPER, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { runFolder, RUNS } from "lib/training/run_folder.ts";

Deno.test("runFolder is the same for equal configurations, whatever the order of their fields", () => {
  const { detector: { kind, settings }, data, training } = SMOKE;
  const reversed = <T extends object>(part: T) =>
    Object.fromEntries(Object.entries(part).reverse()) as T;
  const shuffled: Configuration = {
    training: reversed(training),
    data: reversed(data),
    detector: kind.of(reversed(settings)) as Configuration["detector"],
  };
  assert.equal(runFolder("run", shuffled), runFolder("run", SMOKE));
  assert.equal(dirname(runFolder("run", SMOKE)), RUNS);
});

Deno.test("runFolder differs for every changed field, and for every name", () => {
  const folders = [
    runFolder("run", SMOKE),
    runFolder("run", PAPER),
    runFolder("run", vary(SMOKE, { localInformation: false })),
    runFolder("run", vary(SMOKE, { crossEntropyTerms: ["global"] })),
    runFolder("other", SMOKE),
    runFolder("run", SMOKE, { data: "ab" }),
    runFolder("run", SMOKE, { data: "cd" }),
  ];
  assert.equal(new Set(folders).size, folders.length);
});

Deno.test("runFolder refuses names that lead elsewhere", () => {
  for (const name of ["", "..", "a/b", "a b"]) {
    assert.throws(() => runFolder(name, SMOKE), /cannot name a run/);
  }
});
