/** What predict says of a score by validation. */
import assert from "node:assert/strict";
import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
import { logOddsOf } from "lib/evaluation/probability.ts";
import type { InputResult } from "lib/tasks/predict/input_result.ts";
import { meaningLegend, meaningLines } from "lib/tasks/predict/score_meaning.ts";

/** 100 videos with scores of 0.005, 0.015, … of which the share that is fake is the score, and 10 of a frame more. */
const record = operatingRecord(
  Array.from({ length: 100 }, (_, i) => ({
    video: `${i}`,
    label: (37 * i) % 100 < i ? 1 : 0,
    logOdds: logOddsOf((i + 0.5) / 100),
  })),
);

/** An input of one face with a score. */
const input = (kind: "picture" | "video", score: number): InputResult => ({
  path: "a",
  kind,
  faces: [{
    frame: 0,
    person: 1,
    box: [0, 0, 1, 1],
    faceScore: 1,
    turn: 0,
    isSmall: false,
    logOdds: logOddsOf(score),
    score,
  }],
  frames: { with: 1, without: 0, several: 0 },
  leftOut: 0,
  notes: [],
});

Deno.test("meaningLines counts the validation samples with such a score, and says the side of the threshold", () => {
  const { fakes } = record.video.reliability[9];
  assert.deepEqual(meaningLines(input("video", 0.97), record), [
    `    of 10 validation videos with such a score (.905 to .995), ${fakes} were fake; at or above ` +
    "validation's threshold of equal error: called fake",
  ]);
  assert.match(meaningLines(input("picture", 0.1), record)[0], /10 validation frames.*called real/);
  assert.deepEqual(meaningLines({ ...input("video", 0.5), faces: [] }, record), []);
  assert.match(meaningLegend(record), /validation videos \d+ % were fake/);
});
