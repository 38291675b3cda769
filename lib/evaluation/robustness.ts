/**
 * How well a detector tells fakes once its pictures are distorted: the robustness curves and averages of
 * the field. What the distortions are stands in lib/media/distortions.ts.
 */
import type { Crop } from "lib/data/samples.ts";
import {
  distort,
  type Distortion,
  DISTORTION_KINDS,
  type DistortionKind,
} from "lib/media/distortions.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import type { RgbImage } from "lib/media/image.ts";
import { createRandom } from "lib/random.ts";
import { type MeasuredInterval, measureWithInterval, type Metric } from "./bootstrap.ts";
import { openPredictor } from "./predict.ts";
import { rocAuc } from "./roc.ts";
import { type FrameScore, videoScores } from "./video_scores.ts";

/** Pictures with what was made of them before, by distortion. */
export type KeptDistortions = WeakMap<RgbImage, Map<string, RgbImage>>;

/** What is measured. */
export interface RobustnessOptions {
  /** Which distortions. Default: all. */
  readonly kinds?: readonly DistortionKind[];
  /** Which levels of each. Default: 1 to 5. */
  readonly levels?: readonly Distortion["level"][];
  /** A number of videos' scores and labels. Default: `rocAuc`. */
  readonly metric?: Metric;
  /** Decides what the distortions and the intervals draw: whole number. */
  readonly seed: number;
  /** Times that videos are drawn for a 95 % interval; 0 for none. Default: 1000. */
  readonly resamples?: number;
  /**
   * Where distorted pictures are kept for the next detector that looks at the same ones: give all calls the same
   * `new WeakMap()`. It grows by every distortion of every picture. Default: nothing is kept.
   */
  readonly kept?: KeptDistortions;
}

/** The metric of the videos' mean scores at one level of one distortion. */
export interface RobustnessRow extends MeasuredInterval {
  /** `"none"` for the pictures as they are. */
  readonly kind: DistortionKind | "none";
  /** 1 (mild) to 5 (strong); 0 for the pictures as they are. */
  readonly level: Distortion["level"] | 0;
}

/**
 * The metric on the pictures as they are, then on each distortion at each level. A picture is distorted
 * in the same way whatever else is measured, and whichever detector looks at it, so that detectors can be
 * compared picture by picture. Memory does not grow with the levels, unless distorted pictures are kept.
 *
 * DeeperForensics distorts whole frames before a face is cut out. On crops the levels are harder (a blur
 * of 21 pixels of a small crop hides more of the face than of a frame), and `"BW"` changes nothing below
 * 256 pixels: for tables to be set beside others', prepare distorted frames (`deno task prepare
 * --distort`) and evaluate these.
 *
 * @param crops Pictures of the detector's size, reals and fakes.
 * @throws TypeError for a crop of another size, or one video with two labels.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { robustness } from "lib/evaluation/robustness.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { detector } = SMOKE;
 * const parameters = initialiseParameters(detector.parameters, createRandom(1));
 * const crops = [10, 200, 90].map((grey, i) => ({
 *   image: { data: new Uint8Array(32 * 32 * 3).fill(grey), width: 32, height: 32 },
 *   sample: {
 *     path: `${i}.png`, label: (i % 2) as 0 | 1, dataset: "mine", method: i % 2 ? "DF" : "real",
 *     video: `${i}`, split: "test" as const, frame: 0, identities: [],
 *   },
 * }));
 * const options = { kinds: ["GB"], levels: [1, 5], seed: 1, resamples: 0 } as const;
 * const rows = await Array.fromAsync(robustness({ detector, parameters }, crops, options));
 * assert.deepEqual(rows.map(({ kind, level }) => `${kind} ${level}`), ["none 0", "GB 1", "GB 5"]);
 * ```
 */
export async function* robustness(
  detector: TrainedDetector,
  crops: readonly Crop[],
  options: RobustnessOptions,
): AsyncGenerator<RobustnessRow, void, void> {
  const { kinds = DISTORTION_KINDS, levels = [1, 2, 3, 4, 5], seed, kept } = options;
  using predictor = openPredictor(detector);
  const scored = (pictures: Iterable<Crop> | AsyncIterable<Crop>) =>
    Array.fromAsync(predictor.predict(pictures));
  yield { kind: "none", level: 0, ...measured(await scored(crops), options) };
  for (const kind of kinds) {
    for (const level of levels) {
      const pictures = distorted(crops, { kind, level, seed, kept });
      yield { kind, level, ...measured(await scored(pictures), options) };
    }
  }
}

/** Pictures that are distorted at the same time: encoders of JPEG have threads of their own. */
const AT_ONCE = 32;

async function* distorted(
  crops: readonly Crop[],
  { seed, kept, ...distortion }: Distortion & { seed: number; kept: KeptDistortions | undefined },
): AsyncGenerator<Crop> {
  const one = async ({ image, sample }: Crop, i: number): Promise<Crop> => {
    const key = JSON.stringify([distortion.kind, distortion.level, seed, i]);
    const before = kept?.get(image)?.get(key);
    if (before !== undefined) return { image: before, sample };
    const made = await distort(image, distortion, createRandom(seed, "distortion", i));
    kept?.set(image, (kept.get(image) ?? new Map()).set(key, made));
    return { image: made, sample };
  };
  for (let first = 0; first < crops.length; first += AT_ONCE) {
    const some = crops.slice(first, first + AT_ONCE);
    yield* await Promise.all(some.map((crop, i) => one(crop, first + i)));
  }
}

function measured(
  frames: readonly FrameScore[],
  { metric = rocAuc, seed, resamples = 1000 }: RobustnessOptions,
): MeasuredInterval {
  const videos = videoScores(frames), random = createRandom(seed, "intervals");
  return measureWithInterval(videos, { metric, random, resamples });
}

/** A distortion's curve in two numbers. */
export interface RobustnessSummary {
  /** Which distortion. */
  readonly kind: DistortionKind;
  /** Mean over the levels that were measured; `null` where one of them is undefined. */
  readonly mean: number | null;
  /** How much lower that is than on the pictures as they are; `null` where one is undefined. */
  readonly drop: number | null;
}

/** Each distortion's mean over its levels, as the field's tables have it, in the order of the rows. */
export function robustnessSummary(rows: readonly RobustnessRow[]): RobustnessSummary[] {
  const asTheyAre = rows.find(({ kind }) => kind === "none")?.value ?? null;
  const kinds = new Set(rows.map(({ kind }) => kind).filter((kind) => kind !== "none"));
  return [...kinds].map((kind) => {
    const values = rows.filter((row) => row.kind === kind).map(({ value }) => value);
    const known = values.filter((value) => value !== null);
    const mean = known.length === values.length
      ? known.reduce((sum, value) => sum + value, 0) / known.length
      : null;
    return { kind, mean, drop: mean === null || asTheyAre === null ? null : asTheyAre - mean };
  });
}
