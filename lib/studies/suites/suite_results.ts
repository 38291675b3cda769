/** What a suite's trainings gave, as rows for a table and as one JSON. */
import type { EvaluationRecord } from "lib/training/evaluation_record.ts";
import type { Suite, SuiteCell } from "./suite_file.ts";

/** A training with its evaluations. */
export interface SuiteCellResult extends SuiteCell {
  /** The id of its run: its folder's name. */
  readonly run: string;
  /** By the name of the data in the suite: one for each data set in it. */
  readonly evaluations: Readonly<Record<string, readonly EvaluationRecord[]>>;
}

/** One number of a suite: AUC by video. */
export interface SuiteRow {
  /** The detector's name. */
  readonly detector: string;
  /** The seed. */
  readonly seed: number;
  /** The method that training left out; empty for none. */
  readonly leftOut: string;
  /** The data set that was tested on. */
  readonly dataset: string;
  /** The method whose fakes are set against all reals, or "all". */
  readonly method: string;
  /** How training met the method: "held out", "seen", or "other data". "all" has no such word. */
  readonly met: "held out" | "seen" | "other data" | "";
  /** AUC by video; null where it is undefined. */
  readonly auc: number | null;
  /** Lower end of the 95 % interval; null where there is none. */
  readonly low: number | null;
  /** Upper end of the 95 % interval; null where there is none. */
  readonly high: number | null;
  /** Videos. */
  readonly samples: number;
  /** Expected videos. */
  readonly expected: number;
  /** Videos with a score. */
  readonly scored: number;
  /** The run's id. */
  readonly run: string;
}

/** The columns of the table, in order. */
export const SUITE_COLUMNS = [
  "detector",
  "seed",
  "leftOut",
  "dataset",
  "method",
  "met",
  "auc",
  "low",
  "high",
  "samples",
  "expected",
  "scored",
  "run",
] as const satisfies (keyof SuiteRow)[];

function met(
  suite: Suite,
  { method, data, leftOut }: { method: string; data: string; leftOut: string | undefined },
): SuiteRow["met"] {
  if (method === "all") return "";
  if (data !== suite.train) return "other data";
  return method === leftOut ? "held out" : "seen";
}

/** The AUC by video of every method that was tested, a row each. */
export function suiteRows(suite: Suite, cells: readonly SuiteCellResult[]): SuiteRow[] {
  return cells.flatMap(({ detector, seed, leftOut, run, evaluations }) =>
    suite.test.flatMap((data) =>
      (evaluations[data] ?? []).flatMap(({ data: { dataset }, metrics, coverage }) =>
        metrics.filter(({ level, metric }) => level === "video" && metric === "AUC")
          .map(({ method, value, low, high, samples }): SuiteRow => {
            const covered = coverage.find((row) => row.method === method && row.level === "video");
            return {
              detector: detector.name,
              seed,
              leftOut: leftOut ?? "",
              dataset,
              method,
              met: met(suite, { method, data, leftOut }),
              auc: value,
              low,
              high,
              samples,
              expected: covered?.expected ?? 0,
              scored: covered?.scored ?? 0,
              run,
            };
          })
      )
    )
  );
}

/** A suite's results for programs elsewhere. */
export interface SuiteRecord {
  /** "forgery-clues suite". */
  readonly format: string;
  /** Of the fields: 1. */
  readonly version: number;
  /** The suite, with the digest of its file. */
  readonly suite: Suite;
  /** The fingerprint of each data by its name. */
  readonly data: Readonly<Record<string, string>>;
  /** How many trainings it has. */
  readonly trainings: number;
  /** Those that are tested, whole. */
  readonly cells: readonly SuiteCellResult[];
}

/** The record of a suite. */
export function suiteRecord(
  suite: Suite,
  rest: Pick<SuiteRecord, "data" | "trainings" | "cells">,
): SuiteRecord {
  return { format: "forgery-clues suite", version: 1, suite, ...rest };
}
