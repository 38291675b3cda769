/** Whether a detector has learnt what it is asked about: nothing that it shows means anything before. */
import type { Crop } from "lib/data/samples.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import type { Random } from "lib/random.ts";
import { bootstrapInterval, type Interval } from "./bootstrap.ts";
import { pairedAuc } from "./paired_auc.ts";
import { type FramePrediction, openPredictor } from "./predict.ts";
import { rocAuc } from "./roc.ts";

/** How many videos of each class an AUC rests on. */
export interface ClassVideos {
  /** Real videos. */
  readonly real: number;
  /** Fake videos. */
  readonly fake: number;
}

/**
 * What an AUC of so many videos may reach by chance alone: ½ and two standard deviations of the
 * Mann–Whitney statistic, √((m + n + 1) / (12 m n)).
 */
export function chanceLimit({ real, fake }: ClassVideos): number {
  return 0.5 + 2 * Math.sqrt((real + fake + 1) / (12 * real * fake));
}

/** An AUC below this is not worth a map, however many pictures tell it from chance. */
const LEAST = 0.7;

/** What is asked of a detector. */
export interface LearntOptions {
  /** What it is called in the message. */
  readonly name: string;
  /** Pictures like those that are to be explained, which it did not learn from. */
  readonly crops: readonly Crop[];
  /** Draws videos for the interval. */
  readonly random: Random;
  /**
   * What fakes are set against: all real pictures, or each its own real source alone, where pictures come
   * from so many places that places tell more than forgeries. Default: "all".
   */
  readonly against?: "all" | "own source";
  /** Whether one that has not learnt is refused; else its AUC is handed out as it is. Default: true. */
  readonly refuse?: boolean;
}

/**
 * The AUC of a detector by frame with its 95 % interval over videos, if it has learnt to tell these pictures: at least
 * 0.7, and above what chance reaches with so few videos (½ and two standard deviations).
 *
 * @throws RangeError with the AUC and the rule where it has not: maps of such a detector would show noise. Not with
 * `refuse: false`, for one that is to be shown all the same.
 *
 * @example Fresh weights have learnt nothing
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { learntAuc } from "lib/evaluation/learnt.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { detector } = SMOKE;
 * const parameters = initialiseParameters(detector.parameters, createRandom(1));
 * const crops = Array.from({ length: 8 }, (_, i) => ({
 *   image: { data: new Uint8Array(32 * 32 * 3).fill(20 * i), width: 32, height: 32 },
 *   sample: {
 *     path: `${i}`, label: (i % 2) as 0 | 1, dataset: "mine", method: i % 2 ? "DF" : "real",
 *     video: `${i}`, split: "test" as const, frame: 0, identities: [],
 *   },
 * }));
 * const options = { name: "fresh weights", crops, random: createRandom(1) };
 * await assert.rejects(learntAuc({ detector, parameters }, options), /fresh weights has not learnt/);
 * ```
 */
export async function learntAuc(
  detector: TrainedDetector,
  { name, crops, random, against = "all", refuse = true }: LearntOptions,
): Promise<Interval> {
  using predictor = openPredictor(detector);
  const frames = await Array.fromAsync(predictor.predict(crops));
  const [found, chance, of] = against === "all"
    ? againstAll(frames, random)
    : againstSources(frames, random);
  const limit = Math.max(LEAST, chance);
  if (found.value >= limit || !refuse) return found;
  throw new RangeError(
    `${name} has not learnt to tell these pictures: its AUC is ${
      found.value.toFixed(3)
    } on ${of}, and ` +
      `${
        limit.toFixed(2)
      } is asked for (${LEAST}, and more than ½ and two standard deviations of ` +
      "chance). Maps of it would show nothing that it knows. Train it longer, with more pictures or " +
      "another learning rate.",
  );
}

/** An AUC, what chance may reach, and what the AUC rests on. */
type Found = readonly [found: Interval, chance: number, of: string];

function againstAll(frames: readonly FramePrediction[], random: Random): Found {
  const videosOf = (of: number) =>
    new Set(frames.filter(({ label }) => label === of).map(({ video }) => video)).size;
  const [real, fake] = [videosOf(0), videosOf(1)];
  const found = bootstrapInterval(frames, { metric: rocAuc, random });
  return [found, chanceLimit({ real, fake }), `frames of ${real} real and ${fake} fake videos`];
}

/** Of n videos' pairs, each won or lost by chance, the share has the standard deviation ½ / √n. */
function againstSources(frames: readonly FramePrediction[], random: Random): Found {
  const { videos, ...found } = pairedAuc(frames, { random });
  return [found, 0.5 + 1 / Math.sqrt(videos), `pairs of ${videos} videos`];
}
