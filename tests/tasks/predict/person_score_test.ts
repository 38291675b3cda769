/** A person's score in a video by the rule that `predict` was asked for. */
import assert from "node:assert/strict";
import { probability } from "lib/evaluation/probability.ts";
import { VIDEO_RULES, videoScoresBy } from "lib/evaluation/video_rules.ts";
import { type InputResult, inputStatus, peopleOf } from "lib/tasks/predict/input_result.ts";
import { resultRows } from "lib/tasks/predict/result_rows.ts";

/** Twenty frames of two people: one is sure in most of them, the other in none. */
function video(rule?: InputResult["rule"], kind: "video" | "picture" = "video"): InputResult {
  const faces = Array.from({ length: 40 }, (_, i) => {
    const person = i % 2 + 1, frame = i >> 1, logOdds = person === 1 && frame > 4 ? 3 : -0.5;
    const box = [0, 0, 90, 90] as [number, number, number, number];
    return {
      ...{ frame, person, box, logOdds, score: probability(logOdds) },
      ...{ faceScore: 1, turn: 0 as const, isSmall: false },
    };
  });
  const frames = { with: 20, without: 0, several: 20 };
  return { path: "a.mp4", kind, faces, frames, leftOut: 0, notes: [], ...rule ? { rule } : {} };
}

Deno.test("peopleOf scores each person by the result's rule, and pictures by their face alone", () => {
  for (const rule of VIDEO_RULES) {
    const result = video(rule), people = peopleOf(result);
    assert.deepEqual(people.map(({ person }) => person), [1, 2]);
    for (const { score, faces } of people) {
      const own = faces.map(({ logOdds, frame }) => ({ video: "v", label: 1, logOdds, frame }));
      const [{ score: expected }] = videoScoresBy(rule, own);
      assert.ok(Math.abs(score - expected) < 1e-12, rule);
    }
    assert.equal([...resultRows(result)].at(-1)!.score, people[0].score);
  }
  const mean = peopleOf(video())[0].score, sure = peopleOf(video("confident"))[0].score;
  assert.ok(Math.abs(sure - probability(3)) < 1e-12 && mean < sure);
  assert.match(inputStatus(video("confident")), /^person 1, confident strategy over 20 faces,/);
  assert.match(inputStatus(video()), /^person 1, mean of 20 faces,/);
  assert.deepEqual(peopleOf(video("sharpened", "picture")), peopleOf(video(undefined, "picture")));
});
