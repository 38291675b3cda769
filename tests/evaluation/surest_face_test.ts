/** Videos by the surest face of each frame, as self-blended images' code scores them. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { logOddsOf } from "lib/evaluation/probability.ts";
import { videoScoresBy } from "lib/evaluation/video_rules.ts";
import { videoRuleMetrics } from "lib/evaluation/view_metrics.ts";
import { createRandom } from "lib/random.ts";

const score = (video: string, frame: number, p: number) => ({
  video,
  frame,
  label: video === "fake" ? 1 : 0,
  logOdds: logOddsOf(p),
});

Deno.test("videoScoresBy surestFace is the mean over frames of each frame's most fake face", () => {
  const [fake, real] = videoScoresBy("surestFace", [
    score("fake", 0, 0.25),
    score("fake", 0, 0.75),
    score("fake", 5, 0.5),
    score("real", 0, 0.125),
  ]);
  assert.ok(Math.abs(fake.score - 0.625) < 1e-12);
  assert.deepEqual([fake.frames, real.frames], [2, 1]);
  assert.ok(Math.abs(real.score - 0.125) < 1e-12);
});

Deno.test("videoScoresBy surestFace is the mean where each frame has one face, or names none, and never below it", () => {
  const p = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  const faces = fc.array(fc.tuple(fc.nat(4), p), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(faces, (all) => {
    const scores = all.map(([frame, p]) => score("fake", frame, p));
    const alone = scores.map((one, frame) => ({ ...one, frame }));
    const unnamed = scores.map(({ frame: _, ...one }) => one);
    const [mean] = videoScoresBy("mean", scores);
    for (const given of [alone, unnamed]) {
      assert.deepEqual(videoScoresBy("surestFace", given), [mean]);
    }
    const found = videoScoresBy("surestFace", scores)[0];
    const largest = new Map<number, number>();
    for (const [frame, p] of all) largest.set(frame, Math.max(p, largest.get(frame) ?? 0));
    const expected = [...largest.values()].reduce((a, b) => a + b) / largest.size;
    assert.ok(Math.abs(found.score - expected) < 1e-9);
  }));
});

Deno.test("videoRuleMetrics has a row of the surest face only where a frame has several", () => {
  const random = createRandom(3);
  const scores = Array.from({ length: 80 }, (_, i) => {
    const video = `${i >> 2}`, label = (i >> 2) % 2;
    return { video, label, frame: i % 4, logOdds: label + 2 * random.normal() };
  });
  const rows = (given: typeof scores) =>
    videoRuleMetrics(given, { random, resamples: 0 }).map(({ metric }) => metric);
  assert.ok(!rows(scores).includes("AUC (surestFace of frames)"));
  const twice = scores.map((one) => ({ ...one, frame: one.frame >> 1 }));
  assert.ok(rows(twice).includes("AUC (surestFace of frames)"));
});
