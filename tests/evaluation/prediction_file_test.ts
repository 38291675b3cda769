/** Files of predictions: exact, checked, and in little memory whatever their length. */
import assert from "node:assert/strict";
import { fromCSV } from "arquero";
import {
  type PredictionRow,
  readPredictions,
  writePredictions,
} from "lib/evaluation/prediction_file.ts";
import { logOddsOf, probability } from "lib/evaluation/probability.ts";
import { inFolder } from "../in_folder.ts";

const row: PredictionRow = {
  path: 'odd, "name".png',
  label: 1,
  dataset: "made up",
  method: "DF",
  video: "DF/000_003",
  split: "test",
  frame: 5,
  logOdds: Math.fround(0.1),
  score: probability(Math.fround(0.1)),
};

Deno.test("writePredictions and readPredictions keep every digit, and Arquero reads the file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/predictions.csv`;
    const rows = [row, { ...row, label: 0 as const, method: "real", logOdds: -800, score: 0 }];
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
      await Deno.writeTextFile(path, good.replace(`,${row.score}`, `,${score}`));
      await assert.rejects(Array.fromAsync(readPredictions(path)), /line 2.*the score is/);
    }
    for (const logOdds of ["NaN", "Infinity", ""]) {
      await Deno.writeTextFile(path, good.replace(`,${row.logOdds},`, `,${logOdds},`));
      await assert.rejects(Array.fromAsync(readPredictions(path)), /line 2.*the log-odds are/);
    }
    await Deno.writeTextFile(path, good.replace(`,${row.logOdds},`, ",3,"));
    await assert.rejects(
      Array.fromAsync(readPredictions(path)),
      /line 2.*the score is.*log-odds of 3/,
    );
  });
});

Deno.test("readPredictions takes the log-odds of scores from files that lack them, and says so once", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/older.csv`, heading = "path,label,dataset,method,video,split,frame";
    const picture = (score: string) => `a.png,1,made up,DF,v,test,0,${score}\n`;
    await Deno.writeTextFile(path, `${heading},score\n${["0.25", "1", "0"].map(picture).join("")}`);
    const heard: string[] = [];
    const rows = await Array.fromAsync(
      readPredictions(path, { notice: (line) => heard.push(line) }),
    );
    assert.deepEqual(rows.map(({ score }) => score), [0.25, 1, 0]);
    assert.deepEqual(rows.map(({ logOdds }) => logOdds), [0.25, 1, 0].map(logOddsOf));
    assert.ok(rows.every(({ logOdds }) => Number.isFinite(logOdds)));
    assert.equal(heard.length, 1);
    assert.match(heard[0], /no column "logOdds".*ties/);

    await Deno.writeTextFile(path, `${heading},logOdds\n${picture("-2")}`);
    const [only] = await Array.fromAsync(readPredictions(path));
    assert.deepEqual([only.logOdds, only.score], [-2, probability(-2)]);
    await Deno.writeTextFile(path, `${heading}\na.png,1,made up,DF,v,test,0\n`);
    await assert.rejects(Array.fromAsync(readPredictions(path)), /neither a column "logOdds" nor/);
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
          const logOdds = label + random.normal(), score = 1 / (1 + Math.exp(-logOdds));
          yield { path: method + "/" + i + ".png", label, dataset: "made up", method,
            video: method + "/" + video, split: "test", frame: i % 100, logOdds, score };
        }
      }
      await writePredictions(path, rows());
      const read = await Array.fromAsync(readPredictions(path), ({ video, label, method, logOdds }) =>
        ({ video, label, method, logOdds }));
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
