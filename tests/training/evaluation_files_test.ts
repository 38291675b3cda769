import assert from "node:assert/strict";
import { join } from "node:path";
import { metricTable } from "lib/evaluation/metric_table.ts";
import { createRandom } from "lib/random.ts";
import {
  type EvaluationRow,
  readEvaluations,
  saveEvaluation,
} from "lib/training/evaluation_files.ts";
import {
  evaluationRecordsOf,
  readEvaluationRecord,
  saveEvaluationRecord,
} from "lib/training/evaluation_record.ts";
import { inFolder } from "../in_folder.ts";

const from = {
  run: "ff_resnet34",
  seed: 3,
  dataset: "Celeb-DF-v2",
  split: "test",
  protocol: "0123456789012345",
  data: "ab",
  distortion: "",
  differences: "",
};
const frames = [-2, 0.5, -0.4, 2].map((logOdds, i) => ({
  video: `v${i}`,
  label: i % 2,
  method: i % 2 ? "DF, new" : "real",
  logOdds,
}));
const table = (of: typeof frames): EvaluationRow[] =>
  metricTable(of, { random: createRandom(1), resamples: 20 }).map((row) => ({ ...from, ...row }));

Deno.test("saveEvaluation and readEvaluations keep every row, reasons in the place of numbers too", async () => {
  await inFolder(async (root) => {
    assert.deepEqual(await readEvaluations({ root: `${root}/nowhere` }), []);
    const rows = table(frames), undefinedOnes = table(frames.slice(0, 1));
    assert.ok(undefinedOnes.some((row) => row.value === null && row.reason !== null));
    const path = await saveEvaluation(`${root}/a`, rows);
    assert.match(path, /a\/evaluation-celeb-df-v2-test-[0-9a-f]{8}\.csv$/);
    const other = undefinedOnes.map((row) => ({ ...row, dataset: "FaceForensics++" }));
    await saveEvaluation(`${root}/b`, other);
    await Deno.writeTextFile(`${root}/b/notes.csv`, "x\n1\n");
    assert.deepEqual(await readEvaluations({ root }), [...rows, ...other]);
  });
});

Deno.test("saveEvaluation keeps results on other pictures apart, and names that only signs tell", async () => {
  await inFolder(async (root) => {
    const others = [
      { data: "cd" },
      { data: "ef", distortion: "GB:3" },
      { dataset: "Celeb-DF-v2++" },
      { split: "validation" },
    ];
    const all = [{}, ...others].map((change) =>
      table(frames).map((row) => ({ ...row, ...change }))
    );
    for (const rows of all) await saveEvaluation(`${root}/a`, rows);
    const read = await readEvaluations({ root });
    assert.equal(read.length, all.flat().length);
    assert.equal(new Set(read.map(({ data, dataset, split }) => data + dataset + split)).size, 5);
  });
});

Deno.test("saveEvaluation replaces the result on the same pictures, and needs rows", async () => {
  await inFolder(async (root) => {
    await saveEvaluation(`${root}/a`, table(frames));
    const again = table(frames.map((row) => ({ ...row, logOdds: -row.logOdds })));
    await saveEvaluation(`${root}/a`, again);
    assert.deepEqual(await readEvaluations({ root }), again);
    await assert.rejects(saveEvaluation(root, []), /without rows/);
  });
});

Deno.test("readEvaluationRecord and evaluationRecordsOf refuse what is no evaluation, or one of another version", async () => {
  await inFolder(async (folder) => {
    const of = { dataset: "FF++", split: "test", data: "ab" };
    assert.equal(await readEvaluationRecord(folder, of), undefined);
    assert.deepEqual(await evaluationRecordsOf(join(folder, "none")), []);
    const path = await saveEvaluationRecord(folder, {
      detector: { name: "theirs", seed: null, sha256: "cd", scores: "file" },
      protocol: "ef",
      data: { dataset: of.dataset, split: of.split, sha256: of.data, distortion: "" },
      differences: "",
      intervals: { level: 0.95, resamples: 0, method: "none" },
      coverage: [],
      metrics: [],
      equalScores: [],
    });
    const record = await readEvaluationRecord(folder, of);
    assert.deepEqual([record?.format, record?.version], ["forgery-clues evaluation", 1]);
    assert.deepEqual(await evaluationRecordsOf(folder), [record]);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"version": 1', '"version": 2'));
    await assert.rejects(
      readEvaluationRecord(folder, of),
      /\.json" is of version 2, and 1 is known/,
    );
    for (const other of ["{}", "[", "null"]) {
      await Deno.writeTextFile(path, other);
      await assert.rejects(evaluationRecordsOf(folder), /\.json" is no evaluation/);
    }
  });
});
