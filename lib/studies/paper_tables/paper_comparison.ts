/**
 * The paper's tables with our column beside the paper's: filled from evaluations where there are any,
 * else with what is needed. Drawing is left to figures/table.ts, whose rows these are.
 */
import type { EvaluationRow } from "lib/training/evaluation_files.ts";
import {
  BENCHMARKS,
  PAPER_VALUES,
  type PaperTraining,
  paperTraining,
  type PaperValue,
} from "./paper_tables.ts";
import { protocolRemark } from "lib/training/protocol.ts";

/** One value of a table, as the chart `table` takes it. */
export interface ComparisonRow {
  /** The detector, and in brackets what it was trained on. */
  readonly row: string;
  /** Metric, and the data set of the test. */
  readonly column: string;
  /** Whose value it is. */
  readonly source: "paper" | "ours";
  /** The value; `null` where there is none. */
  readonly value: number | null;
  /** Lower end: of the 95 % interval by video, or with several seeds the lowest of them. */
  readonly low: number | null;
  /** Upper end, likewise. */
  readonly high: number | null;
  /** What is needed to fill an empty cell; `null` for a filled one. */
  readonly reason: string | null;
}

/** A table ready to be drawn, and what must be said beside it. */
export interface PaperComparison {
  /** The values. */
  readonly rows: readonly ComparisonRow[];
  /** A sentence for each column whose results follow different protocols. */
  readonly remarks: readonly string[];
}

/** Results that measure what the paper's value measured: all methods together, on the test split. */
function resultsFor(value: PaperValue, results: readonly EvaluationRow[]): EvaluationRow[] {
  const { training, test, metric, level } = value;
  return results.filter((row) =>
    row.run === training && row.dataset === test && row.metric === metric && row.level === level &&
    row.method === "all" && row.split === "test" && row.value !== null
  );
}

/** Why results that there are do not stand beside the paper's: they are of another experiment. */
function unlike(found: readonly EvaluationRow[]): string | undefined {
  const why = found.flatMap(({ differences, distortion }) => [
    ...differences === "" ? [] : [differences],
    ...distortion === "" ? [] : [`tested on distorted frames (${distortion})`],
  ]);
  if (why.length === 0) return undefined;
  return `Ours is another experiment: ${[...new Set(why)].join("; ")}.`;
}

/** What fills an empty cell. */
function neededFor({ test }: PaperValue, { data }: PaperTraining): string {
  const sets = [...new Set([data, test])].map((set) => BENCHMARKS[set].source);
  return `Needs ${sets.join("; and ")}.`;
}

/** Our value: of one run with its interval, of several seeds the mean with the lowest and highest. */
function ourValue(found: readonly EvaluationRow[]): Pick<ComparisonRow, "value" | "low" | "high"> {
  const numbers = found.map(({ value }) => value!);
  if (found.length === 1) return { value: numbers[0], low: found[0].low, high: found[0].high };
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return { value: mean, low: Math.min(...numbers), high: Math.max(...numbers) };
}

/**
 * One of the paper's Tables 1 to 5, the lines that are about its method.
 *
 * @param results Of `readEvaluations`; runs that are called after the paper's trainings count, where nothing
 * differs from the paper's: of others the empty cell says what does.
 *
 * @example Without any result, the paper's values stand alone
 * ```ts
 * import { compareWithPaper } from "lib/studies/paper_tables/paper_comparison.ts";
 * import assert from "node:assert/strict";
 *
 * const { rows } = compareWithPaper(4, []);
 * const ours = rows.filter((row) => row.source === "ours");
 * assert.ok(ours.every((row) => row.value === null && row.reason !== null));
 * ```
 */
export function compareWithPaper(
  table: PaperValue["table"],
  results: readonly EvaluationRow[],
): PaperComparison {
  const rows: ComparisonRow[] = [];
  const byColumn = new Map<string, EvaluationRow[]>();
  for (const value of PAPER_VALUES.filter((value) => value.table === table)) {
    const training = paperTraining(value.training);
    const row = `${training.line} (${BENCHMARKS[training.data].short})`;
    const column = `${value.metric} ${BENCHMARKS[value.test].short}`;
    const paper = { row, column, source: "paper", low: null, high: null, reason: null } as const;
    rows.push({ ...paper, value: value.paper });
    const all = resultsFor(value, results);
    const found = all.filter((row) => row.differences === "" && row.distortion === "");
    byColumn.set(column, [...byColumn.get(column) ?? [], ...found]);
    const ours = found.length > 0
      ? { ...ourValue(found), reason: null }
      : { value: null, low: null, high: null, reason: unlike(all) ?? neededFor(value, training) };
    rows.push({ row, column, source: "ours", ...ours });
  }
  const remarks = [...byColumn].flatMap(([column, found]) => {
    const remark = protocolRemark(found);
    return remark === undefined ? [] : [`${column}: ${remark}`];
  });
  return { rows, remarks };
}
