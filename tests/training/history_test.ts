/** A run's history: what goes in comes out, and what is no history of one run is refused. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { openHistory } from "lib/training/history.ts";
import { HISTORY_FILE, readHistory, summariseHistory } from "lib/training/history_rows.ts";
import { selectionOf } from "lib/training/selection.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { inFolder } from "../in_folder.ts";

const record = (step: number): StepRecord => ({
  step,
  learningRate: 1e-3 / 3,
  seconds: step / 7,
  total: 1 / (step + 3),
  "β of a term": -1e-30,
  ...(step % 3 === 2 ? { validationAuc: 0.5 + (step % 5) / 10, validationLogLoss: 0.7 } : {}),
});
const records = (count: number) => Array.from({ length: count }, (_, step) => record(step));

async function write(folder: string, all: readonly StepRecord[], from = 0) {
  const { history, summary } = await openHistory(folder, from);
  using open = history;
  for (const one of all.slice(from)) await open.append(one);
  await open.flush();
  return summary;
}
const read = (folder: string) => Array.fromAsync(readHistory(folder));

Deno.test("openHistory and readHistory keep every number to its last bit", async () => {
  const number = fc.double({ noDefaultInfinity: false });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(number, number, number), { maxLength: 8 }), async (rows) => {
      await inFolder(async (folder) => {
        const all = rows.map(([learningRate, seconds, total], step) => ({
          ...record(step),
          learningRate,
          seconds,
          total,
        }));
        await write(folder, all);
        if (all.length > 0) assert.deepEqual(await read(folder), normalised(all));
      });
    }),
    { numRuns: 30 },
  );
});

/** Text has no negative zero. */
const normalised = (all: readonly StepRecord[]) =>
  all.map((one) =>
    Object.fromEntries(Object.entries(one).map(([k, v]) => [k, v === 0 ? 0 : v])) as StepRecord
  );

Deno.test("openHistory goes on after any of its steps, and drops what was beyond, torn lines too", async () => {
  await inFolder(async (folder) => {
    const all = records(9), path = `${folder}/${HISTORY_FILE}`;
    await write(folder, all);
    const whole = await Deno.readTextFile(path);
    for (let kept = 0; kept <= all.length; kept++) {
      await Deno.writeTextFile(path, `${whole}9,0.1`);
      const { steps, selection, last } = await write(folder, all, kept);
      assert.deepEqual([steps, selection, last], [
        kept,
        selectionOf(all.slice(0, kept)),
        all[kept - 1],
      ]);
      assert.equal(await Deno.readTextFile(path), whole);
    }
    await Deno.writeTextFile(path, whole.slice(0, -5));
    assert.equal((await read(folder)).length, 8);
    await assert.rejects(openHistory(folder, 9), /holds 8 of the 9 steps.*Put back a whole copy/);
    await Deno.remove(path);
    await assert.rejects(openHistory(folder, 9), /holds 0 of the 9 steps/);
  });
});

Deno.test("readHistory reads steps that lie in several pieces of the file, and their summary agrees", async () => {
  await inFolder(async (folder) => {
    const all = records(30_000); // more than two pieces of a MB
    const columns = Object.keys(all[2]).join();
    const lines = all.map((one) => Object.keys(all[2]).map((key) => one[key] ?? "").join());
    await Deno.writeTextFile(`${folder}/${HISTORY_FILE}`, [columns, ...lines, ""].join("\n"));
    assert.deepEqual(await read(folder), all);
    const { steps, last, selection, bytes } = await summariseHistory(folder);
    assert.deepEqual([steps, last, selection], [all.length, all.at(-1), selectionOf(all)]);
    assert.equal(bytes, (await Deno.stat(`${folder}/${HISTORY_FILE}`)).size);
    using _open = (await openHistory(folder, 20_000)).history;
    assert.deepEqual(await read(folder), all.slice(0, 20_000));
  });
});

Deno.test("readHistory refuses what two processes wrote, and every other damage, naming the line", async () => {
  await inFolder(async (folder) => {
    await write(folder, records(4));
    const path = `${folder}/${HISTORY_FILE}`, whole = await Deno.readTextFile(path);
    const lines = whole.trimEnd().split("\n");
    const damaged: [string[], RegExp][] = [
      [[lines[0], lines[1], lines[2], lines[1], lines[2]], /line 4: step 2 is due there.*"0"/],
      [[lines[0], lines[2]], /line 2: step 0 is due/],
      [[lines[0], lines[1], `${lines[2]},1`], /line 3: it has \d+ cells, the heading \d+/],
      [[lines[0], lines[1].replace("0,", "0,x")], /line 2: "x.*" is no number/],
      [lines.slice(1), /line 1: the heading does not begin with "step"/],
      [[`${lines[0]},total`, lines[1]], /line 1: two columns are called "total"/],
    ];
    for (const [text, words] of damaged) {
      await Deno.writeTextFile(path, [...text, ""].join("\n"));
      await assert.rejects(read(folder), words);
    }
  });
});

Deno.test("append refuses metrics that the first step did not have, and names that break a table", async () => {
  await inFolder(async (folder) => {
    using history = (await openHistory(folder, 0)).history;
    await assert.rejects(history.append({ ...record(0), "a,b": 1 }), /"a,b" cannot name a term/);
    await history.append(record(0));
    await assert.rejects(history.append({ ...record(1), other: 1 }), /Step 1 has a metric "other"/);
    await history.append(record(1));
    assert.deepEqual(await read(folder), records(2));
  });
});
