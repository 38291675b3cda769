import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import {
  runStudy,
  studyConfiguration,
  studyPictures,
} from "lib/studies/planted_clues/study_run.ts";
import { studyRuns } from "lib/studies/planted_clues/study_rows.ts";
import { resultRow, traceRows } from "lib/studies/planted_clues/study_table.ts";

/** The smoke profile: a handful of pictures and steps; its numbers mean nothing. */
const SIZES = { training: 64, reals: 24, fakes: 12 }, STEPS = 3;

/** Rows that differ in more than a number from those that are left out, which would take a minute more. */
const KINDS = [
  ...["none", "both", "paper both + heads", "LIL × 10", "n = 1", "tiles, both"],
  ...["both, mobilenetV1", "held heads", "minimax", "per sample", "no shortcut"],
];

Deno.test("runStudy trains and measures every kind of row of the study", async () => {
  await startEngine();
  const pictures = studyPictures(SIZES);
  const runs = studyRuns("smoke").filter(({ row }) => KINDS.includes(row));
  assert.equal(runs.length, KINDS.length);
  for (const run of runs) {
    const configuration = studyConfiguration(run, STEPS), { settings } = configuration.detector;
    const result = await runStudy(run, { pictures, protocol: "smoke", configuration });
    const { auc, crossEntropy, divergence, pull, trace, lossWeights } = result;
    assert.ok(Object.values(auc).every((value) => value >= 0 && value <= 1), run.row);
    assert.equal(Object.keys(auc).length, 6);
    assert.ok(crossEntropy.global > 0 && crossEntropy.joint > 0);
    assert.equal(divergence === undefined, settings.blocks === 1, run.row);
    assert.deepEqual(trace.map(({ step }) => step), [0, STEPS - 1]);
    assert.equal(lossWeights.length === 0, settings.lossWeights === "fixed");
    const own = ["held heads", "minimax", "per sample"].includes(run.row);
    const pulled = settings.localInformation && !own;
    assert.equal((pull.late.localInformation ?? 0) > 0, pulled, run.row);
    assert.equal(resultRow(result).row, run.row);
    assert.equal(traceRows(result).length, 2);
  }
});

Deno.test("studyConfiguration gives every row of every profile settings that hold together", () => {
  for (const run of [...studyRuns("smoke"), ...studyRuns("full")]) {
    assert.equal(studyConfiguration(run).training.seed, run.seed, run.row);
  }
});

Deno.test("runStudy gives the same numbers for the same run", async () => {
  await startEngine();
  const run = { setting: "B8", row: "heads + LIL", seed: 4 } as const;
  const [first, second] = [studyPictures(SIZES), studyPictures(SIZES)].map((pictures) =>
    runStudy(run, { pictures, protocol: "x", configuration: studyConfiguration(run, STEPS) })
  );
  const { seconds: _, trace: __, ...a } = await first;
  const { seconds: ___, trace: ____, ...b } = await second;
  assert.deepEqual(a, b);
});

Deno.test("studyPictures gives rows of one seed the same pictures, and other seeds others", () => {
  const pictures = studyPictures(SIZES);
  const of = (row: string, seed: number) => pictures.training({ setting: "A8", row, seed });
  const first = of("none", 1);
  assert.deepEqual(of("both", 1), first);
  assert.notDeepEqual(of("none", 2), first);
  assert.ok(of("no shortcut", 1).every(({ clues, sample }) => sample.label === 0 || !clues[0]));
});
