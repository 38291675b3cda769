import assert from "node:assert/strict";
import { join } from "node:path";
import { MANIFEST_COLUMNS, manifestRows, readManifest, writeManifest } from "lib/data/manifest.ts";
import type { Sample } from "lib/data/samples.ts";
import { inFolder } from "../in_folder.ts";

const sample = (change: Partial<Sample>): Sample => ({
  path: "crops/000_003/0.png",
  label: 1,
  dataset: "d",
  method: "DF",
  video: "DF/000_003.mp4",
  split: "train",
  frame: 0,
  identities: ["000", "003"],
  ...change,
});

const HEADING = MANIFEST_COLUMNS.join(",");
const ROW = "a.png,1,d,DF,v.mp4,train,0,000+003,";

Deno.test("readManifest gives back samples with names that are hard to write down", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "manifest.csv");
    const samples = [
      sample({}),
      sample({ path: 'a, b "c"\nd\r.png', mask: "masks/é 日本 🙂.png", frame: 295 }),
      sample({ path: " ", label: 0, method: "real", identities: [], split: "validation" }),
      sample({ path: "-1", video: "'", identities: ["7"], split: "test" }),
    ];
    await writeManifest(path, samples);
    assert.deepEqual(await readManifest(path), samples);
    const [heading] = (await Deno.readTextFile(path)).split("\n");
    assert.equal(heading, `${HEADING},source,content,cut,landmarks`);
  });
});

Deno.test("readManifest takes columns in any order and passes further ones over", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.csv");
    const columns = [...MANIFEST_COLUMNS].reverse();
    await Deno.writeTextFile(
      path,
      `note,${columns.join(",")}\nhello,,000+003,0,train,DF/000_003.mp4,DF,d,1,x.png\n`,
    );
    assert.deepEqual(await readManifest(path), [sample({ path: "x.png" })]);
  });
});

Deno.test("readManifest takes the real picture that a fake was made from, where there is the column", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.csv");
    const samples = [
      sample({ path: "fake.png", source: "real.png", mask: "mask.png" }),
      sample({ path: "real.png", label: 0, method: "real", video: "000.mp4", identities: ["000"] }),
      sample({ path: "other.png" }),
    ];
    await writeManifest(path, samples);
    assert.deepEqual(await readManifest(path), samples);
    assert.ok(!Object.hasOwn((await readManifest(path))[2], "source"));
    await Deno.writeTextFile(path, `${HEADING}\n${ROW}\n`); // of before there was the column
    assert.deepEqual(await readManifest(path), [sample({ path: "a.png", video: "v.mp4" })]);
    await Deno.writeTextFile(path, `${HEADING},source\n${ROW},real.png\n`);
    const [read] = await readManifest(path);
    assert.equal(read.source, "real.png");
  });
});

Deno.test("readManifest refuses bad cells with file, line and column", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.csv");
    const cases: [string, RegExp][] = [
      [",1,d,DF,v,train,0,,", /m\.csv", line 3, column "path": "" is empty/],
      ["a.png,2,d,DF,v,train,0,,", /line 3, column "label": "2" is no label. It is 0 \(real\)/],
      ["a.png,,d,DF,v,train,0,,", /line 3, column "label": ""/],
      ["a.png,1.0,d,DF,v,train,0,,", /column "label"/],
      ["a.png,1,,DF,v,train,0,,", /column "dataset": "" is empty/],
      ["a.png,1,d,DF,,train,0,,", /column "video": "" is empty/],
      ["a.png,1,d,real,v,train,0,,", /column "method": "real" does not go with label 1/],
      ["a.png,0,d,DF,v,train,0,,", /column "method": "DF" does not go with label 0/],
      ["a.png,1,d,DF,v,val,0,,", /column "split": "val" is no split: train, validation or test/],
      ["a.png,1,d,DF,v,train,-1,,", /column "frame": "-1"/],
      ["a.png,1,d,DF,v,train,,,", /column "frame": ""/],
      ["a.png,1,d,DF,v,train,0,a++b,", /column "identities": "a\+\+b" has an empty identity/],
    ];
    for (const [row, message] of cases) {
      await Deno.writeTextFile(path, `${HEADING}\n${ROW}\n${row}\n`);
      await assert.rejects(readManifest(path), { name: "RangeError", message });
    }
    await Deno.writeTextFile(path, HEADING.replace("split,", "") + "\n");
    await assert.rejects(readManifest(path), /line 1: the heading lacks "split"/);
  });
});

Deno.test("writeManifest refuses what would not be read back, and keeps what was there", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.csv");
    await writeManifest(path, [sample({})]);
    const before = await Deno.readTextFile(path);
    const cases: [Partial<Sample>, RegExp][] = [
      [{ path: "" }, /column "path"/],
      [{ frame: 0.5 }, /column "frame"/],
      [{ method: "real" }, /does not go with label 1/],
      [{ identities: ["a+b"] }, /Identity "a\+b".*joins identities/],
      [{ identities: ["a", ""] }, /empty identity/],
    ];
    for (const [change, message] of cases) {
      await assert.rejects(writeManifest(path, [sample({}), sample(change)]), message);
    }
    assert.equal(await Deno.readTextFile(path), before);
  });
});

Deno.test("manifestRows holds little of a large manifest in memory", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.csv");
    const many = function* () {
      for (let i = 0; i < 100_000; i++) yield sample({ path: `${"deep/".repeat(20)}${i}.png` });
    };
    await writeManifest(path, many());
    let rows = 0, largest = 0;
    const before = Deno.memoryUsage().heapUsed;
    for await (const _ of manifestRows(path)) {
      if (++rows % 10_000 === 0) {
        largest = Math.max(largest, Deno.memoryUsage().heapUsed - before);
      }
    }
    assert.equal(rows, 100_000);
    assert.ok(largest < 64e6, `${largest} bytes; all rows would take more than 100 MB`);
  });
});
