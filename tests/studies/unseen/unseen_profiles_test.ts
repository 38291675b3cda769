import assert from "node:assert/strict";
import { DETECTORS } from "lib/detectors/register.ts";
import {
  unseenConfiguration,
  unseenProfile,
  unseenProtocol,
  unseenRuns,
} from "lib/studies/unseen/unseen_profiles.ts";
import { UNSEEN_ROWS, UNSEEN_SETTINGS, unseenRow } from "lib/studies/unseen/unseen_rows.ts";

const QUICK = unseenProfile("quick");

Deno.test("unseenRuns has every row on its settings with every seed, once, the paper first", () => {
  const runs = unseenRuns(QUICK, { hasWeights: true }), all = Object.keys(UNSEEN_SETTINGS);
  for (const { name, settings = all } of UNSEEN_ROWS) {
    const own = runs.filter(({ row }) => row === name);
    assert.deepEqual(new Set(own.map(({ setting }) => setting)), new Set(settings), name);
    assert.equal(own.length, settings.length * QUICK.seeds, name);
  }
  assert.equal(new Set(runs.map((run) => JSON.stringify(run))).size, runs.length);
  assert.deepEqual(runs[0], { setting: "all", row: "paper", seed: 1 });
  const without = new Set(unseenRuns(QUICK).map(({ row }) => row));
  const withheld = UNSEEN_ROWS.filter(({ name }) => !without.has(name)).map(({ name }) => name);
  assert.deepEqual(withheld, ["CLIP, head", "CLIP, norms", "CLIP, adapters"]);
  assert.throws(() => unseenProfile("slow"), /no profile "slow".*smoke, quick, full/);
});

Deno.test("UNSEEN_ROWS has every detector of the register", () => {
  const kinds = new Set(UNSEEN_ROWS.map(({ configuration }) => configuration.detector.kind));
  assert.deepEqual(kinds, new Set(DETECTORS));
});

Deno.test("unseenConfiguration is the row's, of the profile's size and length, and differs by one thing between rows", () => {
  const of = (row: string) => unseenConfiguration({ row, seed: 2 }, QUICK);
  for (const { name } of UNSEEN_ROWS) {
    const { detector, training } = of(name);
    assert.equal(detector.input.size, QUICK.sizes.size);
    const { longer = 1 } = unseenRow(name);
    assert.deepEqual([training.steps, training.seed], [longer * QUICK.steps, 2]);
  }
  const differing = (a: string, b: string) => {
    const [one, two] = [a, b].map((row) => of(row).detector.settings as Record<string, unknown>);
    return Object.keys(one).filter((field) =>
      JSON.stringify(one[field]) !== JSON.stringify(two[field])
    );
  };
  assert.deepEqual(differing("heads", "heads + LIL"), ["localInformation"]);
  assert.deepEqual(differing("heads", "heads + GIL"), ["globalInformation"]);
  assert.deepEqual(differing("heads", "paper"), ["localInformation", "globalInformation"]);
  assert.deepEqual(differing("heads", "global head"), ["crossEntropyTerms"]);
  assert.deepEqual(differing("one block", "global head"), ["blocks"]);
  assert.throws(() => unseenRow("mine"), /no row "mine".*"paper"/);
});

Deno.test("unseenProtocol is one word for all seeds, and another for other pictures, settings or lengths", () => {
  const run = { setting: "all", row: "heads", seed: 1 }, given = { profile: QUICK, content: "ab" };
  const word = unseenProtocol(run, given);
  assert.equal(unseenProtocol({ ...run, seed: 3 }, given), word);
  assert.notEqual(unseenProtocol(run, { ...given, content: "cd" }), word);
  assert.notEqual(unseenProtocol({ ...run, setting: "SBI" }, given), word);
  const longer = { ...QUICK, steps: QUICK.steps + 1 };
  assert.notEqual(unseenProtocol(run, { ...given, profile: longer }), word);
  assert.equal(unseenProtocol(run, { ...given, weights: "cd" }), word); // it begins with none
  const clip = { ...run, row: "CLIP, head" };
  const [one, other] = ["ab", "cd"].map((weights) => unseenProtocol(clip, { ...given, weights }));
  assert.notEqual(one, other);
  assert.notEqual(unseenProtocol({ ...run, row: "heads, unpaired" }, given), word);
});
