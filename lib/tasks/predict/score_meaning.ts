/** What a score means, by the detector's validation samples: how many with such a score were fake. */
import {
  type LevelRecord,
  type OperatingRecord,
  samplesLike,
} from "lib/evaluation/calibration/operating_record.ts";
import { logOddsOf } from "lib/evaluation/probability.ts";
import type { InputResult } from "./input_result.ts";
import { verdict } from "./result_rows.ts";

/** A probability as it is read: three digits without the zero before the point. */
const shown = (value: number) => value.toFixed(3).replace(/^0/, "");

/** The sentence for one score of a level. */
function meaningOf(level: LevelRecord, score: number, word: string): string {
  const { from, to, samples, fakes } = samplesLike(level, score);
  const chosen = level.thresholds["equal-error"];
  const side = chosen === undefined
    ? ""
    : logOddsOf(score) >= chosen.threshold
    ? "; at or above validation's threshold of equal error: called fake"
    : "; below validation's threshold of equal error: called real";
  return `of ${samples} validation ${word} with such a score (${shown(from)} to ${shown(to)}), ` +
    `${fakes} were fake${side}`;
}

/**
 * What the score of an input means, in a line: of a video by validation videos, of a picture by single frames;
 * nothing where it has no score.
 */
export function meaningLines(result: InputResult, record: OperatingRecord): string[] {
  const highest = verdict(result);
  if (highest === undefined) return [];
  const [level, word] = result.kind === "video"
    ? [record.video, "videos"]
    : [record.frame, "frames"];
  return [`    ${meaningOf(level, highest.score, word)}`];
}

/** What is to be known of all such lines, once. */
export function meaningLegend({ video }: OperatingRecord): string {
  const share = Math.round(100 * video.fakes / (video.fakes + video.reals));
  return `Of the validation videos ${share} % were fake, made as those that the detector learnt from. Where fakes ` +
    "are rarer, or made otherwise, fewer of such scores are right.";
}
