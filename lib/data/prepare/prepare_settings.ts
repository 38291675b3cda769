/**
 * How faces are cut out of a data set. The settings stand in the output folder, so that pictures cut in
 * two ways never meet in one manifest.
 */
import { dirname, join } from "node:path";
import { FACE_CUT, type FaceCut, LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { SETTINGS_FILE } from "lib/io/claimed_settings.ts";
import { sha256 } from "lib/io/sha256.ts";
import {
  type Distortion,
  distortionText,
  parseVideoDistortion,
  type VideoDistortion,
} from "lib/media/distortions.ts";
import type { FrameChoice } from "lib/media/video.ts";

/** Everything that decides what the crops look like; masks are always PNG. */
export interface PrepareSettings extends FaceCut {
  /** Which frames of a video. Pictures that others took out of videos: all, or so many spread. */
  readonly choose: FrameChoice;
  /** The largest face of a picture, or all of them. */
  readonly faces: "largest" | "all";
  /**
   * What is done to whole frames before faces are looked for, or to whole videos before frames are chosen, for
   * robustness tables. Default: nothing.
   */
  readonly distortion?: Distortion | VideoDistortion;
  /** Whose landmarks are kept beside the crops: `LANDMARK_FINDER`. Default: nobody's. */
  readonly landmarks?: string;
}

/**
 * A short name for the way in which crops were made: all settings that decide their pixels. It stands
 * beside every crop in the manifest, so that sets that were cut in two ways never pass for one.
 */
export function cutName(settings: PrepareSettings): string {
  const { choose: _, faces: __, landmarks: ___, distortion, ...cut } = settings;
  const all = { ...cut, ...distortion ? { distortion: distortionText(distortion) } : {} };
  const fields = Object.entries(all).sort(([a], [b]) => a < b ? -1 : 1);
  return sha256(JSON.stringify(fields)).slice(0, 8);
}

/** How the faces beside a manifest were cut, and what was done to their frames first. */
export interface RecordedCut {
  /** The cut, as it goes with runs and detectors. */
  readonly cut: FaceCut;
  /** The distortion as the command line says it; undefined for none. */
  readonly distortion?: string;
}

/**
 * How the crops of a manifest were cut, from the settings beside it; undefined for a list of one's own or a
 * folder of the kit's first edition.
 *
 * @param manifest The manifest's path.
 */
export async function readCut(manifest: string): Promise<RecordedCut | undefined> {
  const path = join(dirname(manifest), SETTINGS_FILE);
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { size, margin, minScore, longSide, format, quality, finder, code, distortion } = JSON
    .parse(text) as FaceCut & { distortion?: string };
  if (code === undefined) return undefined;
  const cut = { size, margin, minScore, longSide, format, quality, finder, code };
  return { cut, ...distortion === undefined ? {} : { distortion } };
}

/** Every fifth frame and the largest face, cut as everywhere. */
export const PREPARE_SETTINGS: PrepareSettings = Object.freeze({
  choose: Object.freeze({ every: 5 }), // [paper, Implementation Details]
  faces: "largest",
  ...FACE_CUT,
});

/**
 * Refuses settings out of range.
 *
 * @throws RangeError naming the setting, its value and its range.
 */
export function checkSettings(settings: PrepareSettings): void {
  const { choose, faces, margin, size, minScore, longSide, format, quality } = settings;
  const count = "every" in choose ? choose.every : choose.spread;
  const whole = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high;
  const rules: [name: string, value: unknown, fine: boolean, range: string][] = [
    ["choose", count, whole(count, 1, 1e6), "every or spread, a whole number from 1"],
    ["faces", faces, faces === "largest" || faces === "all", '"largest" or "all"'],
    ["margin", margin, margin >= 0 && margin <= 2, "a number from 0 to 2"],
    ["size", size, whole(size, 16, 4096), "a whole number of pixels from 16 to 4096"],
    ["minScore", minScore, minScore >= 0 && minScore <= 1, "a number from 0 to 1"],
    ["longSide", longSide, whole(longSide, 32, 16384), "a whole number of pixels from 32 to 16384"],
    ["format", format, format === "jpg" || format === "png", '"jpg" or "png"'],
    ["quality", quality, whole(quality, 1, 100), "a whole number from 1 to 100"],
  ];
  for (const [name, value, fine, range] of rules) {
    if (!fine) throw new RangeError(`The setting ${name} is ${value}, but must be ${range}.`);
  }
  if (settings.landmarks !== undefined && settings.landmarks !== LANDMARK_FINDER) {
    throw new RangeError(
      `The setting landmarks is ${
        JSON.stringify(settings.landmarks)
      }, but landmarks are found by ` +
        `${JSON.stringify(LANDMARK_FINDER)}.`,
    );
  }
  if (settings.distortion !== undefined) parseVideoDistortion(distortionText(settings.distortion));
}

/**
 * What an output folder's settings file holds (`claimSettings`).
 *
 * @param dataset The data set's name: a folder holds one.
 */
export function recordedSettings(
  dataset: string,
  settings: PrepareSettings,
): Readonly<Record<string, unknown>> {
  // Where nothing is distorted the file says nothing of it, as it did before there were distortions.
  const distortion = settings.distortion && distortionText(settings.distortion);
  return { dataset, ...settings, distortion };
}
