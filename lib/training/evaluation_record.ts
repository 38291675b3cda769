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

const pathOf = (folder: string, of: { dataset: string; split: string; data: string }) =>
  join(folder, `evaluation-${resultName(of)}.json`);

/** What a file says. @throws RangeError for another file, or one of a version that is not known here. */
function parseRecord(text: string, path: string): EvaluationRecord {
  let parsed: Partial<EvaluationRecord> | null = null;
  try {
    parsed = JSON.parse(text);
  } catch { // said below
  }
  const file = JSON.stringify(path);
  if (parsed?.format !== EVALUATION_FORMAT) {
    throw new RangeError(`${file} is no evaluation: its "format" is not "${EVALUATION_FORMAT}".`);
  }
  if (parsed.version !== EVALUATION_VERSION) {
    throw new RangeError(
      `${file} is of version ${parsed.version}, and ${EVALUATION_VERSION} is known here. Use the kit that wrote it.`,
    );
  }
  return parsed as EvaluationRecord;
}

/**
 * The evaluation of one data set that a folder holds; undefined where it holds none.
 *
 * @param of `data`: the fingerprint of what was tested on.
 * @throws RangeError for a file that is none of these.
 */
export async function readEvaluationRecord(
  folder: string,
  of: { dataset: string; split: string; data: string },
): Promise<EvaluationRecord | undefined> {
  const path = pathOf(folder, of);
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseRecord(text, path);
}

/** All evaluations that a folder holds, by name; none where there is no such folder. */
export async function evaluationRecordsOf(folder: string): Promise<EvaluationRecord[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  const names = entries.map(({ name }) => name).filter((name) =>
    /^evaluation-.*\.json$/.test(name)
  );
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      return parseRecord(await Deno.readTextFile(path), path);
    }),
  );
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
  const path = pathOf(folder, { dataset, split, data });
  const whole: EvaluationRecord = {
    format: EVALUATION_FORMAT,
    version: EVALUATION_VERSION,
    ...record,
  };
  await writeWhole(path, new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`));
  return path;
}
