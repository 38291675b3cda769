import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { FULL_SIZES } from "lib/studies/planted_clues/study_pictures.ts";
import { studyConfiguration } from "lib/studies/planted_clues/study_run.ts";
import type { StudyResult } from "lib/studies/planted_clues/study_run.ts";
import { STUDY_ROWS } from "lib/studies/planted_clues/study_rows.ts";
import { studyProtocol } from "lib/studies/planted_clues/study_store.ts";
import { readResult, resultFile, saveResult } from "lib/studies/study_results.ts";
import { inFolder } from "../../in_folder.ts";

const RUN = { setting: "A8", row: "n = 1, wide", seed: 2 } as const;
const protocolOf = (run: { setting: "A8" | "B8"; row: string; seed: number }) =>
  studyProtocol(run, { configuration: studyConfiguration(run), sizes: FULL_SIZES });

Deno.test("saveResult and readResult keep a result, and another protocol's is not taken for it", async () => {
  await inFolder(async (folder) => {
    const protocol = protocolOf(RUN);
    assert.equal(await readResult(RUN, protocol, folder), undefined);
    const result = { ...RUN, protocol, auc: { shifted: 0.7 } } as unknown as StudyResult;
    await saveResult(result, folder);
    assert.deepEqual(await readResult(RUN, protocol, folder), result);
    assert.equal(await readResult(RUN, "other", folder), undefined);
  });
});

Deno.test("studyProtocol is one word for all seeds of a row, and another for other settings", () => {
  assert.equal(protocolOf({ ...RUN, seed: 9 }), protocolOf(RUN));
  assert.notEqual(protocolOf({ ...RUN, setting: "B8" }), protocolOf(RUN));
  const configuration = studyConfiguration(RUN), sizes = { ...FULL_SIZES, fakes: 10 };
  assert.notEqual(studyProtocol(RUN, { configuration, sizes }), protocolOf(RUN));
  const longer = vary(configuration, { steps: 501 });
  assert.notEqual(
    studyProtocol(RUN, { configuration: longer, sizes: FULL_SIZES }),
    protocolOf(RUN),
  );
});

Deno.test("resultFile gives every row of the study a file of its own", () => {
  const files = STUDY_ROWS.map(({ name }) => resultFile({ ...RUN, row: name }, "x"));
  assert.equal(new Set(files).size, files.length);
});
