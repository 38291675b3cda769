/** Tables of metrics and their intervals: coverage, memory, and reasons in the place of numbers. */
import assert from "node:assert/strict";
import { bootstrapInterval } from "lib/evaluation/bootstrap.ts";
import { METRICS, metricTable, type Prediction } from "lib/evaluation/metric_table.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { videoScores } from "lib/evaluation/video_scores.ts";
import { createRandom, type Random } from "lib/random.ts";

/** Frames of videos whose scores differ by video as well as by frame. */
function madeUp(
  random: Random,
  { videos, frames }: { videos: number; frames: number },
): Prediction[] {
  return Array.from({ length: videos }, (_, v) => {
    const method = ["real", "DF", "FS"][v % 3];
    const label = method === "real" ? 0 : 1;
    const centre = label + random.normal();
    return Array.from({ length: frames }, () => ({
      video: `${method}/${v}`,
      method,
      label,
      score: 1 / (1 + Math.exp(-centre - 0.3 * random.normal())),
    }));
  }).flat();
}

Deno.test("bootstrapInterval holds the true AUC in about 95 of 100 studies, by video", () => {
  const random = createRandom(1, "coverage");
  // Scores of videos are N(label, 1): the true AUC is Φ(1/√2).
  const truth = 0.7602;
  let held = 0;
  for (let study = 0; study < 100; study++) {
    const rows = videoScores(madeUp(random, { videos: 60, frames: 1 }));
    const { low, high } = bootstrapInterval(rows, { metric: rocAuc, random, resamples: 200 });
    if (low <= truth && truth <= high) held++;
  }
  assert.ok(held >= 86 && held <= 100, `${held} of 100 intervals hold the truth`);
});

Deno.test("bootstrapInterval is wider by video than if frames were independent", () => {
  const random = createRandom(2, "width");
  const rows = madeUp(random, { videos: 30, frames: 20 });
  const width = (of: typeof rows) => {
    const { low, high } = bootstrapInterval(of, { metric: rocAuc, random, resamples: 200 });
    return high - low;
  };
  const independent = rows.map((row, i) => ({ ...row, video: String(i) }));
  assert.ok(width(rows) > 2 * width(independent));
});

Deno.test("bootstrapInterval repeats with its seed and refuses what it cannot do", () => {
  const rows = madeUp(createRandom(3), { videos: 12, frames: 2 });
  const interval = (seed: number) =>
    bootstrapInterval(rows, { metric: rocAuc, random: createRandom(seed), resamples: 50 });
  assert.deepEqual(interval(1), interval(1));
  assert.notDeepEqual(interval(1), interval(2));
  const random = createRandom(1);
  const single = rows.filter((row) => row.method !== "real" || row.video === "real/0");
  assert.throws(() => bootstrapInterval(single, { metric: rocAuc, random }), /single video/);
  assert.throws(() => bootstrapInterval(rows, { metric: rocAuc, random, level: 1 }), /level is 1/);
  assert.throws(
    () => bootstrapInterval(rows, { metric: rocAuc, random, resamples: 0 }),
    /resamples is 0/,
  );
});

Deno.test("metricTable measures each method against all reals, by frame and by video", () => {
  const rows = madeUp(createRandom(4), { videos: 30, frames: 3 });
  const table = metricTable(rows, { random: createRandom(5), resamples: 20 });
  assert.equal(table.length, 3 * 2 * Object.keys(METRICS).length);
  const find = (method: string, level: string) =>
    table.find((row) => row.method === method && row.level === level && row.metric === "AUC")!;
  const chosen = rows.filter((row) => row.method !== "FS");
  const expected = rocAuc(chosen.map((row) => row.score), chosen.map((row) => row.label));
  assert.equal(find("DF", "frame").value, expected);
  assert.deepEqual([find("DF", "frame").samples, find("DF", "video").samples], [60, 20]);
  assert.deepEqual([find("all", "frame").samples, find("all", "video").samples], [90, 30]);
  for (const row of table) {
    assert.ok(row.low! <= row.high! && row.reason === null, JSON.stringify(row));
  }
});

Deno.test("metricTable gives the reason where a metric or its interval is undefined", () => {
  const fakes = madeUp(createRandom(6), { videos: 9, frames: 1 }).filter((row) => row.label === 1);
  const random = createRandom(7);
  const auc = metricTable(fakes, { random }).find((row) => row.metric === "AUC")!;
  assert.deepEqual([auc.value, auc.low, auc.reason], [
    null,
    null,
    "There is no real sample, only fakes.",
  ]);

  const broken = [{ video: "a", label: 0, method: "real", score: NaN }, ...fakes];
  for (const row of metricTable(broken, { random })) assert.equal(row.value, null);
  const videos = metricTable(broken, { random }).filter((row) => row.level === "video");
  assert.match(videos[0].reason!, /frame of a has the score NaN/);

  const few = [{ video: "a", label: 0, method: "real", score: 0.1 }, ...fakes];
  const known = metricTable(few, { random }).find((row) => row.metric === "AUC")!;
  assert.ok(known.value !== null && known.low === null && /single video/.test(known.reason!));
});

Deno.test("metricTable of 200,000 frames keeps memory under 500 MB", () => {
  const rows = madeUp(createRandom(10), { videos: 4000, frames: 50 });
  metricTable(rows, { random: createRandom(11), resamples: 0 });
  const { heapTotal, external } = Deno.memoryUsage(); // of this test's isolate, not of the process
  assert.ok(heapTotal + external < 500e6, `${heapTotal + external} bytes`);
});
