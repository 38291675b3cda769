/** What decides the fakes that are made of a folder of photographs or a manifest. Imports no package. */
import { FACE_CUT, type FaceCut } from "lib/faces/face_cut.ts";
import { type Distortion, distortionText, parseDistortion } from "lib/media/distortions.ts";

/** What can be chosen of how faces are found and cut; the rest is as in `FACE_CUT`. */
export type ForgeCut = Pick<
  FaceCut,
  "size" | "margin" | "minScore" | "longSide" | "format" | "quality"
>;

/** All that decides what is made. */
export interface ForgeSettings {
  /** Names of `FORGERS`, each once, in the order in which they are made. */
  readonly kinds: readonly string[];
  /** Crops of a face, 1 to 100: the first exact, each other one shifted and scaled a little. */
  readonly variants: number;
  /** Decides split, donors, variants and all that forgers draw; a whole number from 0. */
  readonly seed: number;
  /** Share of the people that is for validation, 0 to 0.5; of a folder of photographs. */
  readonly validation: number;
  /** Share of the people that is for test, 0 to 0.5; of a folder of photographs. */
  readonly test: number;
  /**
   * Who is who in a folder of photographs. "name": pictures of one file name, in whichever folders, are one
   * person; "folder": those of one folder are; else the path of a CSV file with the columns path and person.
   */
  readonly people: string;
  /** How faces are cut, where that is not as in `FACE_CUT` or, of a manifest, as it was cut. */
  readonly cut: Partial<ForgeCut>;
  /** What is done to crops, real and fake alike, before they are written. Default: nothing. */
  readonly distortion?: Distortion;
}

/** The four stand-in manipulations, once a face. */
export const FORGE_SETTINGS: ForgeSettings = Object.freeze({
  kinds: Object.freeze(["DF", "F2F", "FS", "NT"]),
  variants: 1,
  seed: 1,
  validation: 0.15, // [ours]
  test: 0.25, // [ours]
  people: "name",
  cut: Object.freeze({}),
});

/**
 * Refuses settings out of range. Whether there are forgers by these names is left to `forgerOf`.
 *
 * @throws RangeError naming the setting, its value and its range.
 *
 * @example
 * ```ts
 * import { checkForgeSettings, FORGE_SETTINGS } from "lib/forgeries/forge/forge_settings.ts";
 * import assert from "node:assert/strict";
 *
 * checkForgeSettings(FORGE_SETTINGS);
 * assert.throws(() => checkForgeSettings({ ...FORGE_SETTINGS, test: 0.9 }), /test is 0.9/);
 * ```
 */
export function checkForgeSettings(settings: ForgeSettings): void {
  const { kinds, variants, seed, validation, test, people, distortion } = settings;
  const { size, margin, minScore, longSide, format, quality } = { ...FACE_CUT, ...settings.cut };
  const whole = (value: number, low: number, high: number) =>
    Number.isSafeInteger(value) && value >= low && value <= high;
  const share = (value: number) => value >= 0 && value <= 0.5;
  const rules: [name: string, value: unknown, fine: boolean, range: string][] = [
    ["kinds", kinds, kinds.length > 0 && new Set(kinds).size === kinds.length, "names, each once"],
    ["variants", variants, whole(variants, 1, 100), "a whole number from 1 to 100"],
    ["seed", seed, whole(seed, 0, Number.MAX_SAFE_INTEGER), "a whole number from 0"],
    ["validation", validation, share(validation), "a share from 0 to 0.5"],
    ["test", test, share(test), "a share from 0 to 0.5"],
    ["people", people, people !== "", '"name", "folder" or the path of a CSV file'],
    ["size", size, whole(size, 32, 4096), "a whole number of pixels from 32 to 4096"],
    ["margin", margin, margin >= 0 && margin <= 2, "a number from 0 to 2"],
    ["minScore", minScore, minScore >= 0 && minScore <= 1, "a number from 0 to 1"],
    ["longSide", longSide, whole(longSide, 32, 16384), "a whole number of pixels from 32 to 16384"],
    ["format", format, format === "jpg" || format === "png", '"jpg" or "png"'],
    ["quality", quality, whole(quality, 1, 100), "a whole number from 1 to 100"],
  ];
  for (const [name, value, fine, range] of rules) {
    if (!fine) throw new RangeError(`The setting ${name} is ${value}, but must be ${range}.`);
  }
  if (distortion !== undefined) parseDistortion(distortionText(distortion));
}
