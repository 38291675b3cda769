import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { FULL_SIZES } from "lib/studies/planted_clues/study_pictures.ts";
import { type StudyRow, studyRow } from "lib/studies/planted_clues/study_rows.ts";
import {
  runStudy,
  studyConfiguration,
  studyPictures,
} from "lib/studies/planted_clues/study_run.ts";
import { studyProtocol } from "lib/studies/planted_clues/study_store.ts";
import { resultRow } from "lib/studies/planted_clues/study_table.ts";

const pictures = studyPictures({ training: 64, reals: 24, fakes: 12 }), STEPS = 3;
const heads = studyRow("heads");

Deno.test("runStudy trains a row of one's own as it trains the study's, under the row's name", async () => {
  await startEngine();
  const measured = async (row: string | StudyRow) => {
    const run = { setting: "A8", row, seed: 2 } as const;
    const configuration = studyConfiguration(run, STEPS);
    return await runStudy(run, { pictures, protocol: "x", configuration });
  };
  const twin: StudyRow = { name: "the same heads", is: "a copy", changes: heads.changes };
  const [{ seconds: _, ...kits }, { seconds: __, ...own }] = [
    resultRow(await measured("heads")),
    resultRow(await measured(twin)),
  ];
  assert.deepEqual(own, { ...kits, row: "the same heads" });
});

Deno.test("runStudy minimises the loss of a row of one's own", async () => {
  await startEngine();
  let asked = 0;
  const row: StudyRow = {
    name: "joint alone",
    is: "cross-entropy on the joint head",
    changes: { lossWeights: "fixed" },
    loss: ({ forward, targets }) => {
      asked++;
      const total = crossEntropy(forward().joint, targets.classes);
      return { total, terms: { joint: total } };
    },
  };
  const run = { setting: "A8", row, seed: 1 } as const;
  const { trace } = await runStudy(run, {
    pictures,
    protocol: "x",
    configuration: studyConfiguration(run, STEPS),
  });
  assert.ok(asked > 0);
  for (const { total, joint } of trace) assert.equal(total, joint);
});

Deno.test("studyRow refuses a row of one's own that is called as one of the study's", () => {
  assert.equal(studyRow(heads), heads);
  assert.throws(() => studyRow({ ...heads, is: "mine" }), /row "heads" already.*another name/);
});

Deno.test("studyProtocol tells a row of one's own from the study's, whatever its changes", () => {
  const protocolOf = (row: string | StudyRow) => {
    const run = { setting: "A8", row, seed: 1 } as const;
    return studyProtocol(run, { configuration: studyConfiguration(run), sizes: FULL_SIZES });
  };
  assert.notEqual(protocolOf({ ...heads, name: "mine" }), protocolOf("heads"));
});
