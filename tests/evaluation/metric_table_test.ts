/** Tables of metrics and their intervals: coverage, memory, and reasons in the place of numbers. */
import assert from "node:assert/strict";
import { bootstrapInterval } from "lib/evaluation/bootstrap.ts";
import type { Prediction } from "lib/evaluation/frame_columns.ts";
import { type MetricRow, metricTable, metricTableInSteps } from "lib/evaluation/metric_table.ts";
import { METRICS } from "lib/evaluation/metrics.ts";
import { quantile } from "lib/evaluation/quantile.ts";
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
      logOdds: centre - 0.5 + 0.3 * random.normal(),
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
  const expected = rocAuc(chosen.map((row) => row.logOdds), chosen.map((row) => row.label));
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

  const broken = [{ video: "a", label: 0, method: "real", logOdds: NaN }, ...fakes];
  for (const row of metricTable(broken, { random })) assert.equal(row.value, null);
  const videos = metricTable(broken, { random }).filter((row) => row.level === "video");
  assert.match(videos[0].reason!, /frame of a has the log-odds NaN/);

  const few = [{ video: "a", label: 0, method: "real", logOdds: -2 }, ...fakes];
  const known = metricTable(few, { random }).find((row) => row.metric === "AUC")!;
  assert.ok(known.value !== null && known.low === null && /single video/.test(known.reason!));
});

Deno.test("metricTable: of fakes alone there is no AP, as there is no AUC", () => {
  const fakes = madeUp(createRandom(8), { videos: 12, frames: 2 }).filter((row) => row.label === 1);
  const table = metricTable(fakes, { random: createRandom(9), resamples: 10 });
  for (const metric of ["AUC", "AP", "EER"]) {
    for (const row of table.filter((row) => row.metric === metric)) {
      assert.deepEqual([row.value, row.reason], [null, "There is no real sample, only fakes."]);
    }
  }
  assert.ok(table.filter((row) => row.metric === "accuracy").every((row) => row.low !== null));
});

Deno.test("metricTable: the rows of the only method and of all are one draw", () => {
  const rows = madeUp(createRandom(12), { videos: 30, frames: 2 })
    .filter((row) => row.method !== "FS");
  const table = metricTable(rows, { random: createRandom(13), resamples: 40 });
  const of = (method: string) =>
    table.filter((row) => row.method === method).map((row) => ({ ...row, method: "" }));
  assert.equal(of("DF").length, 2 * Object.keys(METRICS).length);
  assert.deepEqual(of("DF"), of("all"));
  // With two methods the same samples are still drawn alike, and other samples are not.
  const both = metricTable(madeUp(createRandom(12), { videos: 30, frames: 2 }), {
    random: createRandom(13),
    resamples: 40,
  });
  const low = (method: string) => both.find((row) => row.method === method)!.low;
  assert.notEqual(low("DF"), low("all"));
});

/** The table's intervals by its documented draws, with each resample written out and each metric as defined. */
function slowIntervals(
  rows: Prediction[],
  { seed, resamples }: { seed: number; resamples: number },
) {
  const random = createRandom(seed),
    videosOf = (of: Prediction[]) => [...new Set(of.map((r) => r.video))];
  const reals = rows.filter((row) => row.label === 0),
    fakes = rows.filter((row) => row.label === 1);
  const methods = [...new Set(fakes.map((row) => row.method))];
  const groups = [reals, ...methods.map((m) => fakes.filter((row) => row.method === m)), fakes];
  const values = new Map<string, number[]>();
  for (let resample = 0; resample < resamples; resample++) {
    const drawn = groups.map((of) => {
      const videos = videosOf(of);
      return Array.from(videos, () => videos[random.integer(videos.length)]);
    });
    for (const [i, method] of [...methods, "all"].entries()) {
      const copies = [drawn[0], drawn[i + 1]].flat().flatMap((video, copy) =>
        rows.filter((row) => row.video === video).map((row) => ({ ...row, video: `copy ${copy}` }))
      );
      for (const level of ["frame", "video"] as const) {
        const samples = level === "frame" ? copies : videoScores(copies);
        for (const [metric, of] of Object.entries(METRICS)) {
          const value = of(samples.map((s) => s.logOdds), samples.map((s) => s.label));
          const key = `${method} ${level} ${metric}`;
          values.set(key, [...values.get(key) ?? [], value]);
        }
      }
    }
  }
  return (row: Pick<MetricRow, "method" | "level" | "metric">) => {
    const sorted = values.get(`${row.method} ${row.level} ${row.metric}`)!.sort((a, b) => a - b);
    return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
  };
}

Deno.test("metricTable's intervals are those of resamples written out, draw by draw, ties included", () => {
  for (const digits of [15, 1]) {
    const rows = madeUp(createRandom(20), { videos: 21, frames: 3 })
      .map((row) => ({ ...row, logOdds: Number(row.logOdds.toFixed(digits)) }));
    const table = metricTable(rows, { random: createRandom(21), resamples: 60 });
    const expected = slowIntervals(rows, { seed: 21, resamples: 60 });
    assert.equal(table.length, 6 * Object.keys(METRICS).length);
    for (const row of table) {
      const [low, high] = expected(row), what = JSON.stringify([row, low, high]);
      assert.ok(Math.abs(row.low! - low) < 1e-12 && Math.abs(row.high! - high) < 1e-12, what);
    }
  }
});

Deno.test("metricTable's intervals are bootstrapInterval's within the error of drawing", () => {
  const rows = madeUp(createRandom(30), { videos: 60, frames: 4 });
  const table = metricTable(rows, { random: createRandom(31), resamples: 2000 });
  for (const { method, level, metric, value, low, high } of table) {
    if (method === "FS" || !["AUC", "EER", "log loss"].includes(metric)) continue; // to save time
    const frames = rows.filter((row) => method === "all" || ["real", method].includes(row.method));
    const one = bootstrapInterval(level === "frame" ? frames : videoScores(frames), {
      metric: METRICS[metric as keyof typeof METRICS],
      random: createRandom(32),
      resamples: 2000,
    });
    assert.equal(value, one.value);
    // A percentile of 2000 draws errs by about 0.06 of the interval's half-width, twice here.
    // Rates of 20 videos go in steps, and a percentile between two takes the one or the other.
    const step = level === "video" && metric === "EER" ? 1 / 20 : 0;
    const bound = 0.15 * (one.high - one.low) + step;
    assert.ok(Math.abs(low! - one.low) < bound, `${method} ${level} ${metric}: ${low}, ${one.low}`);
    assert.ok(
      Math.abs(high! - one.high) < bound,
      `${method} ${level} ${metric}: ${high}, ${one.high}`,
    );
  }
});

Deno.test("metricTableInSteps gives metricTable's rows, and stops where its reader does", () => {
  const rows = madeUp(createRandom(40), { videos: 12, frames: 2 });
  const steps = metricTableInSteps(rows, { random: createRandom(41), resamples: 20 });
  const seen: number[] = [];
  let step = steps.next();
  for (; !step.done; step = steps.next()) seen.push(step.value);
  assert.deepEqual(seen, [8, 16, 20]);
  assert.deepEqual(step.value, metricTable(rows, { random: createRandom(41), resamples: 20 }));
  const broken = rows.map((row, i) => ({ ...row, label: i === 5 ? 0.5 : row.label }));
  assert.throws(() => metricTable(broken, { random: createRandom(1) }), /label of .* is 0.5/);
});

Deno.test("metricTable of 200,000 frames keeps memory under 500 MB", () => {
  const rows = madeUp(createRandom(10), { videos: 4000, frames: 50 });
  metricTable(rows, { random: createRandom(11), resamples: 0 });
  const { heapTotal, external } = Deno.memoryUsage(); // of this test's isolate, not of the process
  assert.ok(heapTotal + external < 500e6, `${heapTotal + external} bytes`);
});
