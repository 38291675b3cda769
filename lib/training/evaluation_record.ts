/**
 * One evaluation as one JSON file, for programs elsewhere: what was measured on what, how far, with which
 * intervals. The same numbers stand in the CSV beside it (`evaluation_files.ts`), a row a number.
 */
import { join } from "node:path";
import type { CoverageRow } from "lib/evaluation/coverage.ts";
import type { EqualScores } from "lib/evaluation/equal_scores.ts";
import type { MetricRow } from "lib/evaluation/metric_table.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { resultName } from "./evaluation_files.ts";

/** What the file says that it is. */
const EVALUATION_FORMAT = "forgery-clues evaluation";

/** Version of the fields; another number where a field's meaning changes or one goes. */
const EVALUATION_VERSION = 1;

/** What an evaluation's file holds. Numbers that there are not are null. */
export interface EvaluationRecord {
  /** "forgery-clues evaluation". */
  readonly format: string;
  /** Of the fields: 1. */
  readonly version: number;
  /** What gave the scores: a run of the kit, or a file of anyone's. */
  readonly detector: {
    /** What it is called. */
    readonly name: string;
    /** Seed of its training; null where that is not known. */
    readonly seed: number | null;
    /** SHA-256 of the weights and settings, or of the file of scores; its first digits. */
    readonly sha256: string;
    /** Where the scores come from. */
    readonly scores: "computed" | "file";
  };
  /** `protocolHash`: results may stand side by side where it is equal. */
  readonly protocol: string;
  /** What was tested on. */
  readonly data: {
    /** The data set's name. */
    readonly dataset: string;
    /** The split. */
    readonly split: string;
    /** The fingerprint of what was expected: its pixels and how they were cut, or its list. */
    readonly sha256: string;
    /** What was done to its frames before faces were cut; empty for nothing. */
    readonly distortion: string;
  };
  /** What differs from the paper's training that a run is called after; empty where nothing does. */
  readonly differences: string;
  /** How intervals were made. */
  readonly intervals: {
    /** Share of resamples inside. */
    readonly level: number;
    /** Times that videos were drawn; 0: no intervals. */
    readonly resamples: number;
    /** In words. */
    readonly method: string;
  };
  /** How many of the expected samples were scored, missing, failed; real, each method, and all. */
  readonly coverage: readonly Omit<CoverageRow, "split">[];
  /** Every metric of every method, by frame and by video. */
  readonly metrics: readonly MetricRow[];
  /** Scores that two samples or more share exactly, the ten most frequent; the log-odds are given. */
  readonly equalScores: readonly EqualScores[];
}

/**
 * Writes the file beside the evaluation's CSV, under the same name, whole or not at all.
 *
 * @returns Its path.
 */
export async function saveEvaluationRecord(
  folder: string,
  record: Omit<EvaluationRecord, "format" | "version">,
): Promise<string> {
  const { dataset, split, sha256: data } = record.data;
  const path = join(folder, `evaluation-${resultName({ dataset, split, data })}.json`);
  const whole: EvaluationRecord = {
    format: EVALUATION_FORMAT,
    version: EVALUATION_VERSION,
    ...record,
  };
  await writeWhole(path, new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`));
  return path;
}

/**
 * What a file says, as far as it is one of these.
 *
 * @throws RangeError for another file, or one of a version that is not known here.
 *
 * @example
 * ```ts
 * import { parseEvaluationRecord } from "lib/training/evaluation_record.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => parseEvaluationRecord("{}"), /is no evaluation/);
 * ```
 */
export function parseEvaluationRecord(text: string): EvaluationRecord {
  const parsed = JSON.parse(text) as Partial<EvaluationRecord> | null;
  if (parsed?.format !== EVALUATION_FORMAT) {
    throw new RangeError(`It is no evaluation: its "format" is not "${EVALUATION_FORMAT}".`);
  }
  if (parsed.version !== EVALUATION_VERSION) {
    throw new RangeError(
      `It is of version ${parsed.version}, and ${EVALUATION_VERSION} is known here. Use the kit that wrote it.`,
    );
  }
  return parsed as EvaluationRecord;
}
