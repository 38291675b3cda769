/** Whether a run that came to its end has learnt anything, by rules that are said with the remark. */
import { chanceLimit, type ClassVideos } from "lib/evaluation/learnt.ts";
import { readHistory } from "./history_rows.ts";

/** Steps at both ends of a run that are compared: a tenth of it, and no more than this. */
const MOST = 100;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Share of steps without an update above which that is said; a scale that seeks its place takes a few. */
const OFTEN = 0.05;

/**
 * What is to be said of a run that has not learnt:
 *
 * - its loss ends far above where it began: the median of the last tenth of its steps (at most 100) is
 *   more than the median of the first as many, and once more its size;
 * - more than one step in twenty moved no weight, as its scaled gradients overflowed;
 * - its best validation AUC is at chance: less than two standard deviations of chance above ½, where each
 *   video counts once; where chance may reach 1, no AUC of so few videos tells.
 *
 * @param folder The run's folder.
 * @param videos Of validation; left out where there was none.
 * @returns Sentences; none where nothing is to be said.
 * @throws as `readHistory`.
 */
export async function learningRemarks(folder: string, videos?: ClassVideos): Promise<string[]> {
  const first: number[] = [], last: number[] = [];
  let steps = 0, without = 0, bestAuc: number | undefined;
  for await (const { total, validationAuc, skipped = 0 } of readHistory(folder)) {
    steps++;
    without += skipped;
    if (first.length < MOST) first.push(total);
    last.push(total);
    if (last.length > MOST) last.shift();
    if (validationAuc !== undefined) bestAuc = Math.max(bestAuc ?? 0, validationAuc);
  }
  const remarks: string[] = [];
  const compared = Math.min(MOST, Math.floor(steps / 10));
  if (compared > 0) {
    const begin = median(first.slice(0, compared)), end = median(last.slice(-compared));
    if (end > begin + Math.abs(begin)) {
      remarks.push(
        `The run did not learn: its loss ends at ${end.toPrecision(4)}, far above ` +
          `${begin.toPrecision(4)} where it began (medians of ${compared} steps). Try a smaller ` +
          "learning rate, --set learningRate=…",
      );
    }
  }
  if (without > OFTEN * steps) {
    remarks.push(
      `${without} of ${steps} steps moved no weight, as their scaled gradients overflowed (more than ` +
        `${100 * OFTEN} %). Try clipNorm, or precision bfloat16 or float32.`,
    );
  }
  if (videos && bestAuc !== undefined) {
    const limit = chanceLimit(videos);
    const rule =
      `${videos.real} real and ${videos.fake} fake videos (½ and two standard deviations)`;
    if (limit >= 1) {
      remarks.push(
        `Validation cannot tell whether the run learned: chance alone may reach an AUC of 1 with ${rule}. ` +
          "Hold out more videos.",
      );
    } else if (bestAuc < limit) {
      remarks.push(
        `The run did not learn to tell real from fake: its best validation AUC ${
          bestAuc.toFixed(4)
        } is at chance, which reaches ${limit.toFixed(2)} with ${rule}. ` +
          "Train longer, or with more data.",
      );
    }
  }
  return remarks;
}
