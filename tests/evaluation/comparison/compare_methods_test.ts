/** Every two of several methods: which test is taken, what Holm's method covers, and how it is said. */
import assert from "node:assert/strict";
import { aucCovariance, aucDifference } from "lib/evaluation/comparison/auc_covariance.ts";
import { compareMethods } from "lib/evaluation/comparison/compare_methods.ts";
import { comparisonSentence, pWords, signed } from "lib/evaluation/comparison/comparison_words.ts";
import { holmAdjusted } from "lib/evaluation/comparison/holm.ts";
import { discordance, mcnemarTest } from "lib/evaluation/comparison/mcnemar.ts";
import { toTheEnd } from "lib/evaluation/comparison/paired_bootstrap.ts";
import { pairedVideos, pairScores } from "lib/evaluation/comparison/paired_scores.ts";
import { createRandom } from "lib/random.ts";
import { near } from "../random_cases.ts";

/** Three detectors' frames of 60 videos of two methods. */
function threeDetectors(seed: number, videos = 60) {
  const random = createRandom(seed);
  const shared = Array.from({ length: videos }, () => random.normal());
  const rows = (skill: number) =>
    Array.from({ length: 3 * videos }, (_, i) => {
      const v = Math.floor(i / 3), method = ["real", "DF", "FS"][v % 3];
      const label = method === "real" ? 0 : 1;
      return {
        sample: `${i}`,
        video: `${v}`,
        label,
        method,
        logOdds: skill * (label - 0.5) + shared[v] + 0.5 * random.normal(),
      };
    });
  return pairScores([3, 2.8, 0.5].map((skill, i) => ({ name: "abc"[i], rows: rows(skill) })))
    .paired;
}

Deno.test("compareMethods takes DeLong for AUC, McNemar for accuracy of videos, the bootstrap for others", () => {
  const paired = threeDetectors(1), videos = pairedVideos(paired);
  const metrics = ["AUC", "accuracy", "log loss"] as const;
  const options = { random: createRandom(2), resamples: 200, metrics };
  const { rows } = toTheEnd(compareMethods(paired, options));
  assert.equal(rows.length, 3 * 3 * 3);
  const of = (metric: string, method: string, pair: string) =>
    rows.find((row) =>
      row.metric === metric && row.method === method && row.first + row.second === pair
    )!;
  const auc = of("AUC", "all", "ac");
  const delong = aucDifference(aucCovariance(videos.logOdds, videos.labels), [0, 2]);
  near(auc.p, delong.p, 1e-12);
  near(auc.difference, delong.difference, 1e-12);
  assert.equal(auc.videos, 60);
  const { midP } = mcnemarTest(discordance([videos.logOdds[0], videos.logOdds[2]], videos.labels));
  assert.equal(of("accuracy", "all", "ac").p, midP);
  assert.equal(of("log loss", "all", "ac").test, "paired bootstrap");
  for (const metric of metrics) {
    const own = rows.filter((row) => row.metric === metric);
    assert.deepEqual(own.map(({ holm }) => holm), holmAdjusted(own.map(({ p }) => p)));
  }
  const byFrame = toTheEnd(compareMethods(paired, { ...options, level: "frame" }));
  const frames = byFrame.rows.find(({ metric }) => metric === "accuracy")!;
  assert.deepEqual([frames.test, frames.samples, frames.videos], ["paired bootstrap", 180, 60]);
});

Deno.test("compareMethods finds equal methods different in about 5 of 100 studies, seeds or not", () => {
  // Equal skill; with seeds, each detector has a skill of its own, as trainings do.
  const found = { seeds: 0, single: 0 }, studies = 40;
  for (let study = 0; study < studies; study++) {
    const random = createRandom(study, "equal methods");
    const shared = Array.from({ length: 80 }, () => random.normal());
    const detector = (skill: number) =>
      shared.map((video, v) => ({
        sample: `${v}`,
        video: `${v}`,
        label: v % 2,
        method: v % 2 ? "DF" : "real",
        logOdds: skill * (v % 2 - 0.5) + video + random.normal(),
      }));
    const isFound = (skills: number[], methods: { name: string; detectors: number[] }[]) => {
      const lists = skills.map((skill, i) => ({ name: `${i}`, rows: detector(skill) }));
      const options = { random, resamples: 100, metrics: ["AUC"] as const, methods };
      const { rows: [row] } = toTheEnd(compareMethods(pairScores(lists).paired, options));
      return row.p < 0.05 ? 1 : 0;
    };
    const skills = Array.from({ length: 6 }, () => 1.5 + 0.7 * random.normal());
    const [a, b] = [[0, 1, 2], [3, 4, 5]];
    found.seeds += isFound(skills, [{ name: "a", detectors: a }, { name: "b", detectors: b }]);
    found.single += isFound([1.5, 1.5], [{ name: "a", detectors: [0] }, {
      name: "b",
      detectors: [1],
    }]);
  }
  assert.ok(found.seeds <= 6, `${found.seeds} of ${studies} with seeds`);
  assert.ok(found.single <= 6, `${found.single} of ${studies} without`);
});

Deno.test("compareMethods leaves out fakes that are too few, and says why", () => {
  const paired = threeDetectors(4, 6);
  const methods = paired.methods.map((method, i) => method === "FS" && i < 9 ? "rare" : method);
  const options = { random: createRandom(1), resamples: 100 };
  const { rows, leftOut } = toTheEnd(compareMethods({ ...paired, methods }, options));
  assert.deepEqual(leftOut.map(({ method }) => method), ["rare", "FS"]);
  assert.match(leftOut[0].reason, /single video/);
  assert.deepEqual(new Set(rows.map(({ method }) => method)), new Set(["all", "DF"]));
});

Deno.test("comparisonSentence says which is better, that they are not told apart, and why", () => {
  const row = {
    method: "DF",
    level: "video",
    metric: "EER",
    first: "a",
    second: "b",
    firstValue: 0.1,
    secondValue: 0.2,
    difference: -0.1,
    low: -0.15,
    high: -0.05,
    p: 0.0002,
    test: "paired bootstrap",
    holm: 0.0006,
    seeds: [1, 1],
    seedShare: 0,
    samples: 9,
    videos: 9,
  } as const;
  assert.equal(
    comparisonSentence(row, 3),
    "a is better than b by EER on DF: a − b is −.100, 95 % −.150 to −.050 (p < .001, paired bootstrap, " +
      "p < .001 among all 3).",
  );
  assert.match(comparisonSentence({ ...row, metric: "AUC" }, 3), /^b is better than a by AUC/);
  assert.match(
    comparisonSentence({ ...row, p: 0.03, holm: 0.09 }, 3),
    /not told apart.*Alone it would be a difference; among 3/,
  );
  assert.match(comparisonSentence({ ...row, p: 0.06, holm: 0.06 }, 1), /on the border/);
  assert.deepEqual([signed(0.0001), signed(-1.25, 1), signed(0.5)], [".000", "−1.3", "+.500"]);
  assert.deepEqual([pWords(0.0004), pWords(0.05)], ["p < .001", "p = .050"]);
});
