import assert from "node:assert/strict";
import { join } from "node:path";
import type { UnseenResult } from "lib/studies/unseen/unseen_run.ts";
import { joinTables, readTables } from "lib/tasks/unseen/unseen_tables.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpResult } from "../../studies/unseen/made_up_results.ts";

const STUDY = {
  people: { train: 4, validation: 2, test: 8 },
  pictures: "0123456789abcdef",
  profile: "smoke",
  ...{ size: 32, crops: 1, selfBlendedCrops: 1, steps: 3 },
};
/** Looks like a number in a CSV file, and is none. */
const PROTOCOL = "05353e11";
const of = (row: string, seed: number, gap = 1): UnseenResult => ({
  ...madeUpResult("all", row, seed, gap),
  protocol: PROTOCOL,
});
const PAPER = of("paper", 1), BLOCK = of("one block", 1), BLOCK2 = of("one block", 2);
const order = [PAPER, BLOCK, BLOCK2].map(({ setting, row, seed }) => ({ setting, row, seed }));

function collect(
  folder: string,
  results: readonly UnseenResult[],
  more: { replace?: boolean; protocol?: string; data?: Record<string, string> } = {},
): Promise<string[]> {
  const { replace = false, protocol = PROTOCOL, data = {} } = more, lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const options = { folder, study: STUDY, data, order, protocolOf: () => protocol, replace, say };
  return joinTables(results, { ...options, resamples: 32 }).then(() => lines);
}

/** All files of a folder, by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const texts = names.map(async (name) => [name, await Deno.readTextFile(join(folder, name))]);
  return Object.fromEntries(await Promise.all(texts));
}

Deno.test("joinTables gives the same tables whether runs come at once or from several computers", async () => {
  await inFolder(async (folder) => {
    const [once, parts] = ["once", "parts"].map((name) => join(folder, name));
    await collect(once, [PAPER, BLOCK, BLOCK2], { data: { name: "faces", doi: "10.1" } });
    await collect(parts, [BLOCK2], { data: { name: "faces", doi: "10.1" } });
    await collect(parts, [PAPER]); // knows nothing of the run before, nor what the photographs are
    const said = await collect(parts, [BLOCK, PAPER]);
    assert.match(said.join("\n"), /3 of 3 runs/);
    assert.deepEqual(await filesOf(parts), await filesOf(once));
    assert.deepEqual(Object.keys(await filesOf(once)), [
      "about.json",
      "against_paper.csv",
      "answers.csv",
      "effects.csv",
      "lessons.csv",
      "runs.csv",
      "scores.json",
    ]);
  });
});

Deno.test("joinTables refuses a run with other numbers and changes no file; replace takes it and says so", async () => {
  await inFolder(async (folder) => {
    await collect(folder, [PAPER, BLOCK]);
    const before = await filesOf(folder), other = of("one block", 1, 2);
    const named = /all · one block · seed 1: .*AUC.*runs\.csv.*the runs here[^]*--replace/;
    await assert.rejects(collect(folder, [other]), named);
    assert.deepEqual(await filesOf(folder), before);
    const said = await collect(folder, [other], { replace: true });
    assert.match(said[0], /Replaced or left out[^]*one block · seed 1/);
    const { results } = await readTables(folder, STUDY);
    assert.deepEqual(results, [PAPER, other]);
  });
});

Deno.test("joinTables refuses runs of other settings or another study, naming what differs", async () => {
  await inFolder(async (folder) => {
    await collect(folder, [PAPER]);
    const before = await filesOf(folder);
    await assert.rejects(collect(folder, [], { protocol: "abcdef01" }), /05353e11, now abcdef01/);
    const elsewhere = { ...STUDY, pictures: "fedcba9876543210", steps: 4 };
    await assert.rejects(
      readTables(folder, elsewhere),
      /pictures is "0123456789abcdef" there, "fedcba9876543210" here; steps is 3 there, 4 here/,
    );
    const rounded = { ...STUDY, pictures: elsewhere.pictures };
    await assert.rejects(readTables(folder, rounded), /fedcba.*processor.*copy.*\.bin.*--out/);
    await assert.rejects(
      readTables(folder, elsewhere),
      (error: Error) => !/processor/.test(error.message),
    );
    assert.deepEqual(await filesOf(folder), before);
    await Deno.remove(join(folder, "about.json"));
    await assert.rejects(collect(folder, [PAPER]), /runs\.csv but no about\.json/);
  });
});

Deno.test("joinTables keeps the answers of runs whose scores are not there, and counts them", async () => {
  await inFolder(async (folder) => {
    await collect(folder, [PAPER, BLOCK]);
    const before = await filesOf(folder);
    await Deno.remove(join(folder, "scores.json"));
    await collect(folder, []);
    const { "scores.json": scores, ...after } = await filesOf(folder);
    const { "scores.json": _, ...tables } = before;
    assert.deepEqual(after, tables);
    assert.deepEqual(JSON.parse(scores).runs, []);
    const said = await collect(folder, [BLOCK2]);
    assert.match(said.join("\n"), /one block, unseen people: of 1 of 2 seeds/);
    assert.match(said.join("\n"), /3 of 3 runs/);
    await collect(folder, [PAPER, BLOCK]); // trained again, with the same numbers
    await collect(join(folder, "whole"), [PAPER, BLOCK, BLOCK2]);
    const whole = await filesOf(join(folder, "whole"));
    await Deno.remove(join(folder, "whole"), { recursive: true });
    assert.deepEqual(await filesOf(folder), whole);
  });
});
