/** What the command line of `compare` says. Imports no package: it is read before there are any. */
import { parseArgs } from "node:util";
import type { Split } from "lib/data/samples.ts";
import type { JoinBy } from "lib/evaluation/expected_samples.ts";
import type { MetricName } from "lib/evaluation/resampled_metrics.ts";
import { VIDEO_RULES, type VideoRule } from "lib/evaluation/video_rules.ts";
import { parseColumns, scaleOf, type ScoreFormat } from "lib/evaluation/score_columns.ts";
import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";
import { resamplesOf, splitOf } from "../evaluate/evaluate_options.ts";
import { chosenRows } from "../evaluate/scores_options.ts";

/** One method that is compared. */
export interface NamedContender {
  /** What it is called. */
  readonly name: string;
  /** Where its scores are: a detector a seed. */
  readonly sources: readonly string[];
}

/** What is compared, and how. */
export interface CompareTaskOptions {
  /** Two or more methods. */
  readonly contenders: readonly NamedContender[];
  /** What detectors are asked about, and files' rows are joined with; left out: what was kept of earlier. */
  readonly data?: string;
  /** The split. */
  readonly split: Split;
  /** A part of the name of the predictions to take, where a folder holds several. */
  readonly on?: string;
  /** The metrics. */
  readonly metrics: readonly MetricName[];
  /** What a sample is. */
  readonly level: "frame" | "video";
  /** How frames become a video. */
  readonly videoRule: VideoRule;
  /** Times that videos are drawn. */
  readonly resamples: number;
  /** How files of anyone's scores are read. */
  readonly format: ScoreFormat;
  /** What a row of these is about. */
  readonly by: JoinBy;
  /** What detectors that are asked compute on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** Folder for the results; left out: none are written. */
  readonly out?: string;
  /** Whether the forest chart is drawn, which needs a Chrome. */
  readonly figures: boolean;
}

/** The metrics' names, for the command line; the same words with "-" for spaces. */
const METRIC_NAMES: readonly string[] = [
  "AUC",
  "accuracy",
  "AP",
  "EER",
  "log loss",
  "balanced accuracy",
  "Brier score",
  "partial AUC",
  "TPR at FPR 0.1",
  "TPR at FPR 0.01",
] satisfies MetricName[];

/** Rules for videos; which faces share a frame is not in lists of scores, so not that of the surest face. */
const RULES: readonly string[] = VIDEO_RULES.filter((rule) => rule !== "surestFace");

/** What `deno task compare --help` prints. */
export const USAGE = `deno task compare A B … [options]    detectors compared on the same samples

  A B …               two or more, each [NAME=]SOURCE: a run's id or folder, or a folder of evaluate --scores
                      (the predictions kept there), a CSV of scores (FILE.csv, FILE.csv:COLUMN), or with
                      --data any detector; NAME=SOURCE,SOURCE are the seeds of one method
  --data FILE         a manifest: detectors that have no predictions on it are asked first; rows of a CSV
                      without labels are joined with it
  --split NAME        train, validation or test (test)
  --on TEXT           where folders hold several predictions: those with this in their name
  --metric NAME       as often as you like: AUC, accuracy, AP, EER, log-loss, balanced-accuracy, Brier-score,
                      partial-AUC, TPR-at-FPR-0.1, TPR-at-FPR-0.01 (AUC and accuracy)
  --level NAME        video or frame (video)
  --video-rule RULE   how frames become a video: mean, max, or as winners of the challenge DFDC have it:
                      confident (first place), sharpened (third), agreeing (fourth) (mean)
  --resamples N       draws of videos for the 95 % intervals (2000)
  --columns, --scale, --real-label, --only, --frames-in-folders, --join   how CSVs are read: see evaluate
${DEVICE_USAGE}
  --out FOLDER        write comparison.csv, comparison.json, and a forest chart for each metric
  --no-figures        no chart, which needs a Chrome and a few seconds
  --help              this

Samples are joined by their path; those that not all have are counted and named, and left out. Intervals are by
paired bootstrap over videos; p is DeLong's by video for the AUC, McNemar's for the accuracy of videos, else the
bootstrap's; with several seeds the variance between seeds counts too. Holm's method is over all comparisons by
one metric.

Exit code: 0 compared; 1 a file could not be read or written, or a sample has no score; 2 a wrong command line, or
nothing to compare; 130 after Ctrl-C.`;

/** `NAME=SOURCE,SOURCE`, or a source alone, which is then the name too. */
function contenderOf(text: string): NamedContender {
  const [, name, rest] = /^([^=/\\]+)=(.*)$/s.exec(text) ?? [];
  const sources = (rest ?? text).split(",").filter((source) => source !== "");
  if (sources.length === 0) throw new RangeError(`"${text}" names nothing to compare.`);
  const short = text.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1)!;
  return { name: name ?? short.replace(/(\.csv|\.gz)+$/i, ""), sources };
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { parseCompareOptions } from "lib/tasks/compare/compare_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseCompareOptions(["ours=run1,run2", "theirs.csv:prob_sbi", "--metric", "log-loss"]);
 * assert.ok(options !== "help");
 * assert.deepEqual(options.contenders, [
 *   { name: "ours", sources: ["run1", "run2"] },
 *   { name: "theirs.csv:prob_sbi", sources: ["theirs.csv:prob_sbi"] },
 * ]);
 * assert.deepEqual(options.metrics, ["log loss"]);
 * ```
 */
export function parseCompareOptions(args: readonly string[]): CompareTaskOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      split: { type: "string", default: "test" },
      on: { type: "string" },
      metric: { type: "string", multiple: true, default: ["AUC", "accuracy"] },
      level: { type: "string", default: "video" },
      "video-rule": { type: "string", default: "mean" },
      resamples: { type: "string", default: "2000" },
      columns: { type: "string" },
      scale: { type: "string" },
      "real-label": { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      "frames-in-folders": { type: "boolean", default: false },
      join: { type: "string", default: "path" },
      ...DEVICE_OPTIONS,
      out: { type: "string" },
      "no-figures": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (positionals.length < 2) {
    throw new RangeError(`Two or more are compared, not ${positionals.length}.`);
  }
  const contenders = positionals.map(contenderOf), { level, join: by, data, on, out } = values;
  const twice = contenders.find(({ name }, i) => contenders.findIndex((c) => c.name === name) < i);
  if (twice) {
    throw new RangeError(
      `Two are called "${twice.name}": give them names, as ours=${twice.sources[0]}.`,
    );
  }
  const metrics = values.metric.map((text) => {
    const name = METRIC_NAMES.find((known) =>
      known.replaceAll(" ", "-") === text || known === text
    );
    if (name !== undefined) return name as MetricName;
    const names = METRIC_NAMES.map((known) => known.replaceAll(" ", "-"));
    throw new RangeError(`--metric is "${text}", but must be one of ${names.join(", ")}.`);
  });
  if (level !== "video" && level !== "frame") {
    throw new RangeError(`--level is video or frame, not "${level}".`);
  }
  const videoRule = values["video-rule"];
  if (!RULES.includes(videoRule)) {
    throw new RangeError(`--video-rule is "${videoRule}", but must be one of ${RULES.join(", ")}.`);
  }
  if (level === "frame" && videoRule !== "mean") {
    throw new RangeError("--video-rule makes videos of frames: it belongs to --level video.");
  }
  if (by !== "path" && by !== "video") {
    throw new RangeError(`--join is path or video, not "${by}".`);
  }
  const resamples = resamplesOf(values.resamples);
  if (resamples < 100) {
    throw new RangeError(`--resamples is ${resamples}: an interval needs 100 or more.`);
  }
  const only = chosenRows(values.only);
  return {
    contenders,
    ...data === undefined ? {} : { data },
    split: splitOf(values.split),
    ...on === undefined ? {} : { on },
    metrics: [...new Set(metrics)],
    level,
    videoRule: videoRule as VideoRule,
    resamples,
    format: {
      ...values.columns === undefined ? {} : { columns: parseColumns(values.columns) },
      ...values.scale === undefined ? {} : { scale: scaleOf(values.scale) },
      ...values["real-label"] === undefined ? {} : { realLabel: values["real-label"] },
      ...Object.keys(only).length === 0 ? {} : { only },
      ...values["frames-in-folders"] ? { framesInFolders: true } : {},
    },
    by,
    device: deviceChoice(values),
    ...out === undefined ? {} : { out },
    figures: !values["no-figures"],
  };
}
