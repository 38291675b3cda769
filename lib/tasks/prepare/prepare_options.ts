/** What the command line of prepare says. Imports no package: it is read before there are any. */
import { parseArgs } from "node:util";
import { LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { DISTORTION_KINDS, parseVideoDistortion } from "lib/media/distortions.ts";
import type { DescriptionChanges } from "lib/data/change_description.ts";
import {
  checkSettings,
  PREPARE_SETTINGS as DEFAULTS,
  type PrepareSettings,
} from "lib/data/prepare/prepare_settings.ts";
import {
  DESCRIPTION_OPTIONS,
  DESCRIPTION_USAGE,
  descriptionChanges,
} from "../description_arguments.ts";

/** What to prepare, and how. */
export interface PrepareOptions {
  /** A description's file or name, a folder with real/ and fake/, or a CSV file. */
  readonly dataSet: string;
  /** Output folder. */
  readonly out: string;
  /** What the crops look like. */
  readonly settings: PrepareSettings;
  /** What the command line changes in the description; undefined for nothing. */
  readonly changes?: DescriptionChanges;
  /** Videos worked on at the same time; undefined for as many as there are processors. */
  readonly atOnce?: number;
}

/** What `deno task prepare --help` prints. */
export const USAGE = `deno task prepare <data set> --out FOLDER [options]

Cuts the faces out of a data set's videos and pictures: crops, manifest.csv and report.csv in FOLDER.
Stopped at any moment, the same command goes on where it was.

  <data set>      a description in data/ (its name or file), a folder with real/ and fake/, or a CSV
  --out FOLDER    where to write; a new folder, or one that the same command has begun
${DESCRIPTION_USAGE}
  --every K       frames 0, K, 2K, … of each video (5, as the paper)
  --frames N      instead: N frames of each video, spread evenly from the first to the last
  --faces WHICH   largest, or all (${DEFAULTS.faces})
  --size PIXELS   side of a crop (${DEFAULTS.size})
  --margin SHARE  added on every side, as a share of the face's longer side (${DEFAULTS.margin})
  --score SCORE   smallest score at which a face counts (${DEFAULTS.minScore})
  --long-side P   larger pictures are shrunk to this before faces are looked for (${DEFAULTS.longSide})
  --format F      jpg or png (${DEFAULTS.format})
  --quality Q     of JPEG, 1 to 100 (${DEFAULTS.quality})
  --landmarks     keeps the face's box and 68 landmarks beside each crop, for fakes (deno task forge)
  --distort K:L   distorts whole frames first, for robustness tables: L is 1 (mild) to 5 (strong), K is
                  ${DISTORTION_KINDS.join(", ")}; or VC, whole videos by H.264
  --at-once N     videos worked on at the same time (one more than processors)
  --help          this

Exit code: 0 done; 1 something could not be read or written, or there is nothing real or nothing fake; 2 a
wrong command line, or a data set that will not do; 130 after Ctrl-C.`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong or missing value, TypeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { parsePrepareOptions } from "lib/tasks/prepare/prepare_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parsePrepareOptions(["celeb-df-v2", "--out", "crops", "--frames", "32"]);
 * assert.ok(options !== "help");
 * assert.deepEqual(options.settings.choose, { spread: 32 });
 * assert.throws(() => parsePrepareOptions(["celeb-df-v2"]), /--out/);
 * ```
 */
export function parsePrepareOptions(args: readonly string[]): PrepareOptions | "help" {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...DESCRIPTION_OPTIONS,
      out: text,
      every: text,
      frames: text,
      faces: text,
      size: text,
      margin: text,
      score: text,
      "long-side": text,
      format: text,
      quality: text,
      landmarks: { type: "boolean", default: false },
      distort: text,
      "at-once": text,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (positionals.length !== 1) {
    throw new RangeError(`Name one data set, not ${positionals.length}.`);
  }
  if (!values.out) throw new RangeError("Say with --out where to write.");
  if (values.every !== undefined && values.frames !== undefined) {
    throw new RangeError("--every and --frames are two ways to choose frames: give one of them.");
  }
  const atOnce = numberOf(values["at-once"]);
  if (atOnce !== undefined && !(Number.isInteger(atOnce) && atOnce >= 1)) {
    throw new RangeError(`--at-once is "${values["at-once"]}", not a whole number from 1.`);
  }
  const settings: PrepareSettings = {
    ...DEFAULTS,
    choose: values.frames === undefined
      ? { every: numberOf(values.every) ?? 5 }
      : { spread: numberOf(values.frames)! },
    faces: (values.faces ?? DEFAULTS.faces) as PrepareSettings["faces"],
    margin: numberOf(values.margin) ?? DEFAULTS.margin,
    size: numberOf(values.size) ?? DEFAULTS.size,
    minScore: numberOf(values.score) ?? DEFAULTS.minScore,
    longSide: numberOf(values["long-side"]) ?? DEFAULTS.longSide,
    format: (values.format ?? DEFAULTS.format) as PrepareSettings["format"],
    quality: numberOf(values.quality) ?? DEFAULTS.quality,
    ...(values.landmarks ? { landmarks: LANDMARK_FINDER } : {}),
    ...(values.distort === undefined ? {} : { distortion: parseVideoDistortion(values.distort) }),
  };
  checkSettings(settings);
  const changes = descriptionChanges(values);
  return {
    dataSet: positionals[0]!,
    out: values.out,
    settings,
    ...(Object.keys(changes).length === 0 ? {} : { changes }),
    ...(atOnce === undefined ? {} : { atOnce }),
  };
}

/** The number that an option's text says; NaN, which no setting takes, for anything else. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text.trim() === "" ? NaN : Number(text);
}
