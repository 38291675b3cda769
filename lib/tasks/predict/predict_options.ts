/** What the command line of `predict` says. */
import { parseArgs } from "node:util";
import { VIDEO_RULES, type VideoRule } from "lib/evaluation/video_rules.ts";
import type { ConfigurationArguments } from "../configuration_arguments.ts";
import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";

/** What is scored, and how. */
export interface PredictOptions {
  /** Pictures, videos, and folders of these. */
  readonly inputs: readonly string[];
  /** A run's id, or the path of a detector's file or a run's folder; left out, the one that comes with the kit. */
  readonly detector?: string;
  /** Every face of a picture or frame, or the largest only. */
  readonly faces: "all" | "largest";
  /** Of a video every so many frames. */
  readonly every: number;
  /** How a person's faces in a video become one score. */
  readonly rule: VideoRule;
  /** File for the rows; left out: none. */
  readonly out?: string;
  /** Folder for a page to look at; left out: none. */
  readonly report?: string;
  /** What it computes on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** For weights that do not hold their configuration, and runs of a detector of one's own. */
  readonly configuration: ConfigurationArguments;
}

/** What `deno task predict --help` prints. */
export const USAGE = `deno task predict INPUT… [--weights DETECTOR] [options]    scores of faces

  INPUT               a picture, a video, or a folder of these; what cannot be read stops no other
  --weights DETECTOR  a run's id (a folder in results/runs), a run's or an ensemble's folder, or a detector's
                      file; left out, a small one that comes with the kit, to see how it works: it judges
                      nobody's pictures
  --faces WHICH       all, or the largest of each picture and frame (all)
  --every N           of a video, every N-th frame (5)
  --video-rule RULE   how a person's faces in a video become one score: mean, max, confident (DFDC's
                      first place), sharpened (its third), agreeing (its fourth) or surestFace (mean)
  --out FILE          write a row for each face and each input as CSV
  --report FOLDER     write a page to look at: boxes, scores, and where the detector looks in each face
  --preset NAME       for weights of other origin: a preset of their detector, such as officialCode
  --detector NAME     their detector; for runs of a detector of your own, its TypeScript file
  --set FIELD=VALUE   with --preset: change one setting
${DEVICE_USAGE}
  --help              this

A score is the probability of fake: 0 is real, 1 is fake. Of a video each person has the mean of its faces'
scores, or what --video-rule makes of them, and the highest is the video's. The exit code is 0 when everything was scored, 1 when something was
not (its line says why), 2 for a wrong command line, 130 after Ctrl-C.`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option or a field that does not exist.
 */
export function parsePredictOptions(args: readonly string[]): PredictOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      weights: { type: "string" },
      faces: { type: "string", default: "all" },
      every: { type: "string", default: "5" },
      "video-rule": { type: "string", default: "mean" },
      out: { type: "string" },
      report: { type: "string" },
      detector: { type: "string" },
      preset: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
      ...DEVICE_OPTIONS,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { weights, faces, preset, out, report } = values;
  if (positionals.length === 0) throw new RangeError("There is nothing to score: name a picture.");
  if (weights === undefined && (preset !== undefined || values.detector !== undefined)) {
    throw new RangeError(
      "--weights is missing: --preset and --detector say what they are weights of.",
    );
  }
  if (faces !== "all" && faces !== "largest") {
    throw new RangeError(`--faces is "${faces}", but must be all or largest.`);
  }
  const every = Number(values.every);
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new RangeError(`--every is "${values.every}", not a whole number from 1.`);
  }
  if (values.set.length > 0 && preset === undefined) {
    throw new RangeError("--set changes a --preset; a run's detector keeps its own settings.");
  }
  const rule = values["video-rule"];
  if (!VIDEO_RULES.includes(rule as VideoRule)) {
    throw new RangeError(
      `--video-rule is "${rule}", but must be one of ${VIDEO_RULES.join(", ")}.`,
    );
  }
  return {
    inputs: positionals,
    ...weights === undefined ? {} : { detector: weights },
    faces,
    every,
    device: deviceChoice(values),
    rule: rule as VideoRule,
    ...out === undefined ? {} : { out },
    ...report === undefined ? {} : { report },
    configuration: {
      ...values.detector === undefined ? {} : { detector: values.detector },
      ...preset === undefined ? {} : { preset },
      changes: values.set,
    },
  };
}
