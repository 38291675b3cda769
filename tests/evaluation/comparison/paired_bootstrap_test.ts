/** Paired resamples against resamples written out, pROC, DeLong, and repeated studies. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { resampledPlaces } from "lib/evaluation/bootstrap.ts";
import { aucCovariance, aucDifference } from "lib/evaluation/comparison/auc_covariance.ts";
import {
  pairedMethod,
  type PairedScores,
  pairedVideos,
  pairScores,
} from "lib/evaluation/comparison/paired_scores.ts";
import {
  pairedDifference,
  pairedResamples,
  toTheEnd,
} from "lib/evaluation/comparison/paired_bootstrap.ts";
import { METRICS } from "lib/evaluation/metrics.ts";
import type { MetricName } from "lib/evaluation/resampled_metrics.ts";
import { videoScores } from "lib/evaluation/video_scores.ts";
import { createRandom } from "lib/random.ts";
import { COMPARISON, near, RUNS, scoredTwice } from "../random_cases.ts";

/** Two detectors' scores as paired ones. */
function pairedOf(
  { labels, a, b, videos = labels.map((_, i) => `${i}`) }: {
    labels: number[];
    a: number[];
    b: number[];
    videos?: string[];
  },
): PairedScores {
  const rows = (scores: number[]) =>
    scores.map((logOdds, i) => ({
      sample: `${i}`,
      video: videos[i],
      label: labels[i],
      method: labels[i] === 1 ? "DF" : "real",
      logOdds,
    }));
  return pairScores([{ name: "a", rows: rows(a) }, { name: "b", rows: rows(b) }]).paired;
}

Deno.test("pairedResamples gives every metric of every resample as if it were written out", () => {
  fc.assert(
    fc.property(scoredTwice, (of) => {
      const paired = pairedOf(of), resamples = 11;
      const found = toTheEnd(pairedResamples(paired, { random: createRandom(7), resamples }));
      const rows = of.videos.map((video, i) => ({ video, label: of.labels[i] }));
      const drawn = [...resampledPlaces(rows, { random: createRandom(7), resamples })];
      [of.a, of.b].forEach((scores, k) => {
        for (const name of Object.keys(METRICS) as MetricName[]) {
          assert.equal(found[k][name]!.value, METRICS[name](scores, of.labels));
          drawn.forEach((places, r) => {
            const [s, l] = [scores, of.labels].map((list) => Array.from(places, (i) => list[i]));
            near(found[k][name]!.resampled[r], METRICS[name](s, l), 1e-11, `${name}, ${r}`);
          });
        }
      });
    }),
    RUNS,
  );
});

Deno.test("pairedDifference's p is pROC's bootstrap test within the error of drawing", () => {
  const paired = pairedOf(COMPARISON.cases[0]), { statistic } = COMPARISON.bootstrap;
  const options = { random: createRandom(2), resamples: 4000, metrics: ["AUC"] } as const;
  const [a, b] = toTheEnd(pairedResamples(paired, options));
  const { difference, deviation } = pairedDifference(a.AUC!, b.AUC!);
  // A standard deviation of 4000 draws errs by 1.1 % (one sigma), of pROC's 20,000 by 0.5 %.
  near(difference / deviation / statistic, 1, 0.05);
});

Deno.test("pairedDifference by video agrees with DeLong by video, and is narrower than apart", () => {
  const random = createRandom(4), videos: string[] = [], labels: number[] = [];
  const a: number[] = [], b: number[] = [];
  for (let v = 0; v < 80; v++) {
    const label = v % 2, shared = random.normal(), own = random.normal();
    for (let frame = 0; frame < 4; frame++) {
      videos.push(`${label}/${v}`);
      labels.push(label);
      a.push(label + shared);
      b.push(label + shared + 0.4 * own + 0.1 * random.normal());
    }
  }
  const paired = pairedOf({ labels, a, b, videos });
  const options = { random, resamples: 1000, metrics: ["AUC"] } as const;
  const [ofA, ofB] = toTheEnd(pairedResamples(paired, options));
  const { low, high, deviation } = pairedDifference(ofA.AUC!, ofB.AUC!);
  const delong = aucDifference(aucCovariance([a, b], labels, { videos }), [0, 1]);
  near((high - low) / (delong.high - delong.low), 1, 0.15);
  const apart = Float64Array.from(ofB.AUC!.resampled).reverse();
  assert.ok(
    deviation < 0.7 * pairedDifference(ofA.AUC!, { ...ofB.AUC!, resampled: apart }).deviation,
  );
});

Deno.test("pairedDifference of what does not vary", () => {
  const labels = [0, 0, 1, 1], same = pairedOf({ labels, a: [1, 2, 3, 4], b: [1, 2, 3, 4] });
  const options = { random: createRandom(1), resamples: 99, metrics: ["AUC"] } as const;
  const of = (paired: PairedScores) => {
    const [a, b] = toTheEnd(pairedResamples(paired, options));
    return pairedDifference(a.AUC!, b.AUC!);
  };
  assert.deepEqual(of(same), { difference: 0, low: 0, high: 0, p: 1, deviation: 0 });
  assert.equal(of(pairedOf({ labels, a: [1, 2, 3, 4], b: [0, 0, 0, 0] })).p, 2 / 100);
});

Deno.test("pairedResamples refuses what it cannot do", () => {
  const paired = pairedOf({ labels: [0, 1, 1], a: [1, 2, 3], b: [1, 2, 3] });
  const run = (of: PairedScores, resamples = 9) =>
    toTheEnd(pairedResamples(of, { random: createRandom(1), resamples }));
  assert.throws(() => run(paired), /single video/);
  assert.throws(() => run(paired, 1), /resamples is 1/);
  const mixed = pairedOf({
    labels: [0, 1, 0, 1],
    a: [1, 2, 3, 4],
    b: [1, 2, 3, 4],
    videos: ["v", "v", "w", "x"],
  });
  assert.throws(() => run(mixed), /Samples of "v" have both labels/);
});

Deno.test("pairScores keeps what all have, names the rest, and refuses what does not fit", () => {
  const row = (sample: string, logOdds: number, more = {}) => ({
    sample,
    video: `v${sample}`,
    label: 1,
    method: "DF",
    logOdds,
    ...more,
  });
  const { paired, leftOut } = pairScores([
    { name: "a", rows: [row("1", 1), row("3", 3), row("2", 2)] },
    { name: "b", rows: [row("2", 20), row("4", 40), row("3", 30)] },
  ]);
  assert.deepEqual(paired.samples, ["3", "2"]);
  assert.deepEqual(paired.logOdds.map((own) => [...own]), [[3, 2], [30, 20]]);
  assert.deepEqual(leftOut, [{ name: "a", samples: ["1"] }, { name: "b", samples: ["4"] }]);
  const join = (...lists: ReturnType<typeof row>[][]) =>
    pairScores(lists.map((rows, i) => ({ name: "ab"[i], rows })));
  assert.throws(() => join([row("1", 1), row("1", 2)], [row("1", 1)]), /"1" twice/);
  assert.throws(
    () => join([row("1", 1)], [row("1", 1, { label: 0 })]),
    /the label is 1 in a, and 0 in b/,
  );
  assert.throws(() => join([row("1", 1)], [row("2", 1)]), /No sample is in all of a, b/);
  const named = { name: "a", rows: [row("1", 1)] };
  assert.throws(() => pairScores([named, named]), /Two detectors are called "a"/);
});

Deno.test("pairedVideos and pairedMethod are videoScores and a filter", () => {
  const of = COMPARISON.cases[3];
  const videos = of.labels.map((label, i) => `${label}/${i % 20}`);
  const paired = { ...pairedOf({ ...of, videos }) };
  const byVideo = pairedVideos(paired);
  const expected = videoScores(
    videos.map((video, i) => ({ video, label: of.labels[i], logOdds: of.b[i] })),
  );
  assert.deepEqual(byVideo.videos, expected.map(({ video }) => video));
  assert.deepEqual([...byVideo.logOdds[1]], expected.map(({ logOdds }) => logOdds));
  assert.deepEqual([...byVideo.labels], expected.map(({ label }) => label));
  const methods = paired.methods.map((method, i) => method === "DF" && i % 2 ? "FS" : method);
  const onlyFs = pairedMethod({ ...paired, methods }, "FS");
  assert.deepEqual(new Set(onlyFs.methods), new Set(["real", "FS"]));
  assert.equal(onlyFs.samples.length, methods.filter((method) => method !== "DF").length);
  assert.equal(pairedMethod(paired, "all"), paired);
});
