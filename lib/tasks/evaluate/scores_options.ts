/**
 * What the command line of `evaluate --scores` says: anyone's scores in the place of a detector. Imports no
 * package: it is read before there are any.
 */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { Split } from "lib/data/samples.ts";
import type { JoinBy } from "lib/evaluation/expected_samples.ts";
import { parseColumns, scaleOf, type ScoreFormat } from "lib/evaluation/score_columns.ts";
import { PROJECT } from "../setup/project.ts";
import { resamplesOf, splitOf } from "./evaluate_options.ts";

/** Which scores are evaluated, and on what. */
export interface ScoresOptions {
  /** The file of scores. */
  readonly scores: string;
  /** How it is read, as the command line says. */
  readonly format: ScoreFormat;
  /** A YAML file that says so too; the command line goes before it. */
  readonly formatFile?: string;
  /** What the detector is called. */
  readonly name: string;
  /** A manifest, or a data set as `doctor` and `prepare` take it; left out: the file's own rows. */
  readonly data?: string;
  /** What a row is about. */
  readonly by: JoinBy;
  /** The split to test on. */
  readonly split: Split;
  /** Videos drawn for the intervals, as many times; 0: no intervals. */
  readonly resamples: number;
  /** Whether rows of no sample are left out and counted. */
  readonly skipStrangers: boolean;
  /** Whether the page has figures, which need a Chrome and a few seconds. */
  readonly figures: boolean;
  /** The folder for results and page. */
  readonly out: string;
}

/** Whether a command line asks for this. */
export const asksForScores = (args: readonly string[]): boolean =>
  args.some((arg) => arg === "--scores" || arg.startsWith("--scores="));

/** `COLUMN=TEXT` as often as it is said. */
export function chosenRows(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf("=");
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new RangeError(`--only takes COLUMN=TEXT, such as modality=video, not "${text}".`);
  }));
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { parseScoresOptions } from "lib/tasks/evaluate/scores_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseScoresOptions(
 *   "--scores theirs.csv.gz --columns path=id,score=prob_sbi --only modality=video".split(" "),
 * );
 * assert.ok(options !== "help");
 * assert.equal(options.name, "theirs");
 * assert.deepEqual(options.format, {
 *   columns: { path: "id", score: "prob_sbi" },
 *   only: { modality: "video" },
 * });
 * ```
 */
export function parseScoresOptions(args: readonly string[]): ScoresOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      scores: { type: "string" },
      format: { type: "string" },
      columns: { type: "string" },
      scale: { type: "string" },
      "real-label": { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      "frames-in-folders": { type: "boolean", default: false },
      data: { type: "string" },
      join: { type: "string", default: "path" },
      split: { type: "string", default: "test" },
      resamples: { type: "string", default: "1000" },
      "skip-strangers": { type: "boolean", default: false },
      "no-figures": { type: "boolean", default: false },
      name: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { scores, format: file, columns, scale, only, data, join: by } = values;
  if (positionals.length > 0) {
    throw new RangeError(
      `--scores takes the place of a detector, and "${
        positionals[0]
      }" is one too. Name one of them.`,
    );
  }
  if (!scores) throw new RangeError("--scores is missing: the CSV file of scores.");
  if (by !== "path" && by !== "video") {
    throw new RangeError(`--join is path or video, not "${by}".`);
  }
  const name = values.name ?? basename(scores).replace(/(\.csv|\.gz|\.txt)+$/i, "");
  const chosen = chosenRows(only);
  return {
    scores,
    format: {
      ...columns === undefined ? {} : { columns: parseColumns(columns) },
      ...scale === undefined ? {} : { scale: scaleOf(scale) },
      ...values["real-label"] === undefined ? {} : { realLabel: values["real-label"] },
      ...Object.keys(chosen).length === 0 ? {} : { only: chosen },
      ...values["frames-in-folders"] ? { framesInFolders: true } : {},
    },
    ...file === undefined ? {} : { formatFile: file },
    name,
    ...data === undefined ? {} : { data },
    by,
    split: splitOf(values.split),
    resamples: resamplesOf(values.resamples),
    skipStrangers: values["skip-strangers"],
    figures: !values["no-figures"],
    out: values.out ??
      join(PROJECT.root, "results", "scores", name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")),
  };
}
