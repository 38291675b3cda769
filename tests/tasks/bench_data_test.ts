import assert from "node:assert/strict";
import { join } from "node:path";
import { readImage } from "lib/media/image.ts";
import { writeCrops } from "lib/tasks/bench/data/bench_crops.ts";
import {
  dataMarkdown,
  type DataReport,
  waitingShare,
  writeDataReport,
} from "lib/tasks/bench/data/bench_data_report.ts";
import { describeMachine } from "lib/tasks/bench/machine.ts";
import { inFolder } from "../in_folder.ts";

const REPORT: DataReport = {
  date: "2026-11-25 17:30",
  machine: describeMachine(),
  load: [0.1, 1.9],
  versions: ["ours 1", "theirs 2"],
  preparing: {
    clips: 8,
    rounds: [{ frames: 240, seconds: 8 }, { frames: 240, seconds: 6 }, { frames: 240, seconds: 4 }],
  },
  cases: [{
    side: 256,
    size: 224,
    batch: 32,
    count: 640,
    processes: 2,
    rounds: [
      { loader: 900, augmented: 600, peer: 300 },
      { loader: 1000, augmented: 500, peer: 500 },
      { loader: 1600, augmented: 800, peer: 400 },
    ],
  }],
  forging: {
    side: 256,
    size: 224,
    batch: 16,
    count: 192,
    processes: 2,
    differences: [{ mask: 30.04, change: 1.234 }, { mask: 31, change: 1.2 }],
    rounds: [{ loader: 90, peer: 30 }, { loader: 60, peer: 60 }, { loader: 120, peer: 60 }],
  },
  waiting: [{
    name: "QUICK",
    steps: [{ seconds: 1, waited: 0.01 }, { seconds: 3, waited: 0.03 }],
  }],
};

Deno.test("dataMarkdown takes ratios within a round, and says the share of waiting", () => {
  const text = dataMarkdown(REPORT);
  assert.match(text, /256 → 224 px, batch 32 \| 1000 \(950 to 1300\) \| 600 \(550 to 700\)/);
  assert.match(text, /\| 2 \| 3\.00 \(2\.50 to 3\.50\) \| 2\.00 \(1\.50 to 2\.00\) \|/);
  assert.match(
    text,
    /every 5th frame.*\*\*40\.0 \(35\.0 to 50\.0\) frames a second\*\* \(3 rounds/,
  );
  assert.match(
    text,
    /\*\*90 \(75 to 105\)\*\* of ours, 60 \(45 to 60\) of the DataLoader's 2 processes/,
  );
  assert.match(
    text,
    /ratio \*\*2\.00 \(1\.50 to 2\.50\)\*\*, 3 rounds.*30\.0 and 1\.23; 31\.0 and 1\.20\./,
  );
  assert.equal(waitingShare(REPORT.waiting[0]), 0.01);
  assert.match(text, /\| QUICK \| 2 \| 2\.000 \(1\.500 to 2\.500\) \| 1\.00 % \|/);
  assert.match(text, /load average 0\.10 before and 1\.90 after/);
});

Deno.test("dataMarkdown leaves out what an interrupted bench did not measure", () => {
  const none = {
    ...REPORT,
    preparing: { clips: 8, rounds: [] },
    cases: [{ ...REPORT.cases[0], rounds: [] }],
    forging: { ...REPORT.forging, rounds: [] },
    waiting: [],
  };
  assert.doesNotMatch(dataMarkdown(none), /256|QUICK|prepare|NaN/);
});

Deno.test("writeDataReport writes both files under their date", () =>
  inFolder(async (folder) => {
    const path = await writeDataReport(REPORT, folder);
    assert.equal(path, join(folder, "2026-11-25-1730-data.md"));
    assert.equal(await Deno.readTextFile(path), dataMarkdown(REPORT));
    const kept = JSON.parse(await Deno.readTextFile(path.replace(/md$/, "json")));
    assert.deepEqual(kept, REPORT);
  }));

Deno.test("writeCrops writes the same JPEG squares each time, real and fake in turn", () =>
  inFolder(async (folder) => {
    const [one, other] = await Promise.all(
      ["a", "b"].map((name) => writeCrops(join(folder, name), { count: 4, side: 64 })),
    );
    assert.deepEqual(one.samples.map(({ label }) => label), [0, 1, 0, 1]);
    assert.deepEqual(other.samples, one.samples);
    for (const { path } of one.samples) {
      const { data, width, height } = await readImage(join(one.folder, path));
      assert.deepEqual([width, height], [64, 64]);
      assert.deepEqual(data, (await readImage(join(other.folder, path))).data);
    }
  }));
