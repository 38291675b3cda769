/** Files of predictions: exact, checked, and in little memory whatever their length. */
import assert from "node:assert/strict";
import { fromCSV } from "arquero";
import {
  type PredictionRow,
  readPredictions,
  writePredictions,
} from "lib/evaluation/prediction_file.ts";
import { inFolder } from "../in_folder.ts";

const row: PredictionRow = {
  path: 'odd, "name".png',
  label: 1,
  dataset: "made up",
  method: "DF",
  video: "DF/000_003",
  split: "test",
  frame: 5,
  score: Math.fround(0.1),
};

Deno.test("writePredictions and readPredictions keep every digit, and Arquero reads the file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/predictions.csv`;
    const rows = [row, { ...row, label: 0 as const, method: "real", score: 0 }];
    await writePredictions(path, rows);
    assert.deepEqual(await Array.fromAsync(readPredictions(path)), rows);
    const frame = fromCSV(await Deno.readTextFile(path)).objects() as PredictionRow[];
    assert.deepEqual(frame.map((r) => [r.score, r.label]), rows.map((r) => [r.score, r.label]));
  });
});

Deno.test("writePredictions leaves the old file when the rows end in an error", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/predictions.csv`;
    await writePredictions(path, [row]);
    async function* broken() {
      yield row;
      throw new Error("the run was stopped");
    }
    await assert.rejects(writePredictions(path, broken()), /the run was stopped/);
    assert.deepEqual(await Array.fromAsync(readPredictions(path)), [row]);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["predictions.csv"]);
  });
});

Deno.test("readPredictions names the line of a label or score that is none", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/predictions.csv`;
    await writePredictions(path, [row]);
    const good = await Deno.readTextFile(path);
    for (const [bad, words] of [["2", /line 2.*label is "2"/], ["", /label is ""/]] as const) {
      await Deno.writeTextFile(path, good.replace(",1,made up", `,${bad},made up`));
      await assert.rejects(Array.fromAsync(readPredictions(path)), words);
    }
    for (const score of ["NaN", "1.5", ""]) {
      await Deno.writeTextFile(path, good.replace(String(row.score), score));
      await assert.rejects(Array.fromAsync(readPredictions(path)), /line 2.*the score is/);
    }
  });
});

Deno.test("200,000 frames of predictions and their metrics need less than 500 MB", async () => {
  await inFolder(async (folder) => {
    const program = `
      import { metricTable } from "lib/evaluation/metric_table.ts";
      import { readPredictions, writePredictions } from "lib/evaluation/prediction_file.ts";
      import { createRandom } from "lib/random.ts";
      const random = createRandom(1), path = ${JSON.stringify(folder)} + "/predictions.csv";
      function* rows() {
        for (let i = 0; i < 200_000; i++) {
          const video = Math.floor(i / 100), method = ["real", "DF", "F2F", "FS", "NT"][video % 5];
          const label = method === "real" ? 0 : 1;
          const score = 1 / (1 + Math.exp(-label - random.normal()));
          yield { path: method + "/" + i + ".png", label, dataset: "made up", method,
            video: method + "/" + video, split: "test", frame: i % 100, score };
        }
      }
      await writePredictions(path, rows());
      const read = await Array.fromAsync(readPredictions(path), ({ video, label, method, score }) =>
        ({ video, label, method, score }));
      const table = metricTable(read, { random, resamples: 2 });
      const auc = table.find((row) => row.method === "all" && row.metric === "AUC");
      const peak = /VmHWM:\\s*(\\d+) kB/.exec(await Deno.readTextFile("/proc/self/status"));
      console.log(JSON.stringify({ auc: auc.value, samples: auc.samples, peak: peak && Number(peak[1]) }));
    `;
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--v8-flags=--max-old-space-size=256", program],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { auc, samples, peak } = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(samples, 200_000);
    assert.ok(Math.abs(auc - 0.76) < 0.01, `AUC ${auc}`); // Φ(1/√2)
    assert.ok(peak === null || peak < 500_000, `${peak} kB`); // only Linux tells
  });
});
