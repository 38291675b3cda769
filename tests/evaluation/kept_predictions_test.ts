/** Scoring that ends early and goes on: what is kept, and what is made anew. */
import assert from "node:assert/strict";
import type { Sample } from "lib/data/samples.ts";
import { finishPredictions, keptPredictions } from "lib/evaluation/kept_predictions.ts";
import { type PredictionRow, readPredictions } from "lib/evaluation/prediction_file.ts";
import { probability } from "lib/evaluation/probability.ts";
import { inFolder } from "../in_folder.ts";

const BATCH = 4;

/** Ten samples whose files are there, and the file that predictions grow in. */
async function setOut(folder: string) {
  const list = Array.from({ length: 10 }, (_, i): Sample => ({
    path: `${i}, odd\n\u2028name.png`,
    label: (i % 2) as 0 | 1,
    dataset: "made up",
    method: i % 2 ? "DF" : "real",
    video: `v${i}`,
    split: "test",
    frame: i,
    identities: [],
  }));
  for (const { path } of list) await Deno.writeTextFile(`${folder}/${path}`, "");
  const asked: string[][] = [];
  /** Scores by place; ends with an error before `end`, and leaves `without` out. */
  const scoring = ({ end = Infinity, without = -1 }: { end?: number; without?: number } = {}) =>
    async function* (rest: AsyncIterable<Sample>) {
      const now: string[] = [];
      asked.push(now);
      for await (const sample of rest) {
        const place = list.indexOf(sample);
        now.push(String(place));
        if (place >= end) throw new Error(`no ${place}`);
        const logOdds = Math.fround(place / 3 - 1);
        const { identities: _, ...row } = sample;
        if (place !== without) yield { ...row, logOdds, score: probability(logOdds) };
      }
    };
  async function* samples() {
    yield* list;
  }
  const part = `${folder}/predictions.part`;
  const run = (score: ReturnType<typeof scoring>) =>
    Array.fromAsync(keptPredictions(samples, { part, root: folder, batchSize: BATCH, score }));
  return { part, run, scoring, asked, samples };
}

const placesOf = (rows: readonly PredictionRow[]) => rows.map(({ frame }) => frame);
const from = (first: number) => Array.from({ length: 10 - first }, (_, i) => String(first + i));

Deno.test("keptPredictions keeps whole batches over an error, and ends in the rows of one sitting", async () => {
  await inFolder(async (folder) => {
    const { part, run, scoring, asked } = await setOut(folder);
    await assert.rejects(run(scoring({ end: 6 })), /no 6/);
    assert.equal((await Deno.readTextFile(part)).split("\n").length, 6 + 1);
    const rows = await run(scoring());
    assert.deepEqual(asked[1], from(4)); // the batch that was not whole is scored again
    assert.deepEqual(placesOf(rows), from(0).map(Number));
    const once = await Deno.readTextFile(part);
    // All is there: nothing is scored again.
    assert.deepEqual(await run(scoring()), rows);
    assert.deepEqual(asked[2], []);
    await Deno.remove(part);
    assert.deepEqual(await run(scoring()), rows);
    assert.equal(await Deno.readTextFile(part), once);

    const table = `${folder}/predictions.csv`;
    await Deno.writeTextFile(part, once.replace('"frame":3', '"frame" :3'));
    await assert.rejects(finishPredictions(part, table), /line 4, is no prediction/);
    await assert.rejects(Deno.stat(table), Deno.errors.NotFound);
    await Deno.writeTextFile(part, once);
    await finishPredictions(part, table);
    await finishPredictions(part, table); // as a second process that was at the same work
    assert.deepEqual(await Array.fromAsync(readPredictions(table)), rows);
    await assert.rejects(Deno.stat(part), Deno.errors.NotFound);
  });
});

Deno.test("keptPredictions drops a torn last line, and all from a line on that is no prediction", async () => {
  await inFolder(async (folder) => {
    const { part, run, scoring, asked } = await setOut(folder);
    const rows = await run(scoring());
    const whole = await Deno.readTextFile(part), lines = whole.split(/(?<=\n)/);
    const cases: [text: string, first: number][] = [
      [whole.slice(0, -1), 8], // only the line's end is lacking
      [lines.slice(0, 6).join("") + lines[6].slice(0, 30), 4],
      [whole.replace('"frame":5', '"frame":"5"'), 4],
      [whole.replace('"frame":1', '"frame": 1'), 0],
      [whole.replace(/"logOdds":[^,]+/, '"logOdds":null'), 0],
      ["", 0],
      ["path,score\n1,2\n", 0],
    ];
    for (const [text, first] of cases) {
      assert.notEqual(text, whole);
      await Deno.writeTextFile(part, text);
      assert.deepEqual(await run(scoring()), rows);
      assert.deepEqual(asked.at(-1), from(first));
      assert.equal(await Deno.readTextFile(part), whole);
    }
  });
});

Deno.test("keptPredictions scores again from a picture on that changed, has another label, or was left out", async () => {
  await inFolder(async (folder) => {
    const { part, run, scoring, asked } = await setOut(folder);
    await run(scoring());
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Deno.writeTextFile(`${folder}/5, odd\n\u2028name.png`, "another picture");
    await run(scoring());
    assert.deepEqual(asked.at(-1), from(4));
    const text = await Deno.readTextFile(part);
    await Deno.writeTextFile(part, text.replace('"label":1', '"label":0'));
    await run(scoring());
    assert.deepEqual(asked.at(-1), from(0));

    await Deno.remove(part);
    assert.deepEqual(placesOf(await run(scoring({ without: 6 }))), [0, 1, 2, 3, 4, 5, 7, 8, 9]);
    await run(scoring());
    assert.deepEqual(asked.at(-1), from(4));
  });
});

Deno.test("keptPredictions is one process's work, and leaves nothing where nothing was scored", async () => {
  await inFolder(async (folder) => {
    const { part, run, scoring, samples } = await setOut(folder);
    await assert.rejects(run(scoring({ end: 0 })), /no 0/);
    await assert.rejects(Deno.stat(part), Deno.errors.NotFound);
    const options = { part, root: folder, batchSize: BATCH, score: scoring() };
    const first = keptPredictions(samples, options);
    await first.next();
    await assert.rejects(keptPredictions(samples, options).next(), /Another process is scoring/);
    await first.return();
    assert.equal((await run(scoring())).length, 10);
  });
});
