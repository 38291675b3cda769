/** The study's results as flat rows, and the paired differences between two ways to train. */
import type { StudyResult } from "./study_run.ts";

/** One run in one flat row: plain numbers under short names; `null` where a row has no such number. */
export type ResultRow = Readonly<Record<string, string | number | null>>;

const round = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? null : Number(value.toPrecision(5));

/** A result as a flat row. */
export function resultRow(result: StudyResult): ResultRow {
  const { setting, row, seed, protocol, auc, crossEntropy, divergence, information, pull } = result;
  return {
    setting,
    row,
    seed,
    protocol,
    inDistribution: round(auc.inDistribution),
    shifted: round(auc.shifted),
    ghost: round(auc.ghost),
    tone: round(auc.tone),
    mouth: round(auc.mouth),
    seam: round(auc.seam),
    training: round(result.trainingAuc),
    crossEntropyGlobal: round(crossEntropy.global),
    crossEntropyJoint: round(crossEntropy.joint),
    crossEntropyLeaveOneOut: round(crossEntropy.leaveOneOut),
    divergence: round(divergence?.raw),
    divergenceCalibrated: round(divergence?.calibrated),
    informationAll: round(information?.all),
    informationBestSingle: round(information?.bestSingle),
    informationUnique: round(information?.unique),
    pullLocalEarly: round(pull.early.localInformation),
    pullLocalLate: round(pull.late.localInformation),
    pullGlobalEarly: round(pull.early.globalInformation),
    pullGlobalLate: round(pull.late.globalInformation),
    localInformation: round(result.trace.at(-1)?.localInformation),
    globalInformation: round(result.trace.at(-1)?.globalInformation),
    lossWeights: result.lossWeights.map((p) => p.toFixed(4)).join(" "),
    parameters: result.parameters,
    seconds: round(result.seconds),
  };
}

/** The traces of a result, a row a step: the terms that tell how a loss is lowered. */
export function traceRows(result: StudyResult): ResultRow[] {
  const { setting, row, seed } = result;
  return result.trace.map((record) => {
    const numbered = (word: string) =>
      Object.entries(record).filter(([name]) => name.startsWith(word)).map(([, value]) => value);
    const heads = numbered("crossEntropyLeaveOneOut"), divergences = numbered("divergence");
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return {
      setting,
      row,
      seed,
      step: record.step,
      crossEntropyGlobal: round(record.crossEntropyGlobal),
      crossEntropyJoint: round(record.crossEntropyJoint),
      crossEntropyLeaveOneOut: heads.length > 0 ? round(sum(heads) / heads.length) : null,
      sumOfDivergences: divergences.length > 0 ? round(sum(divergences)) : null,
      localInformation: round(record.localInformation),
      globalInformation: round(record.globalInformation),
    };
  });
}

/** A mean with its 95 % interval. */
export interface Interval {
  /** Mean. */
  readonly mean: number;
  /** Half the width of the interval: t · s / √count; `undefined` for fewer than two values. */
  readonly half: number | undefined;
  /** Standard deviation, with count − 1; `undefined` for fewer than two values. */
  readonly deviation: number | undefined;
  /** How many values. */
  readonly count: number;
}

/** Student's t at 97.5 % for 1 to 30 degrees of freedom; beyond, the normal's 1.96 is near enough. */
// deno-fmt-ignore
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
  2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/**
 * Mean and 95 % interval by Student's t.
 *
 * @throws RangeError when there are no values.
 *
 * @example
 * ```ts
 * import { intervalOf } from "lib/studies/planted_clues/study_table.ts";
 * import assert from "node:assert/strict";
 *
 * const { mean, half } = intervalOf([0.1, 0.2, 0.3]);
 * assert.ok(Math.abs(mean - 0.2) < 1e-12);
 * assert.ok(Math.abs(half! - 4.303 * 0.1 / Math.sqrt(3)) < 1e-3);
 * ```
 */
export function intervalOf(values: readonly number[]): Interval {
  const count = values.length;
  if (count === 0) throw new RangeError("An interval needs at least one value.");
  const mean = values.reduce((a, b) => a + b) / count;
  if (count === 1) return { mean, half: undefined, deviation: undefined, count };
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (count - 1));
  return {
    mean,
    half: (T_975[count - 2] ?? 1.96) * deviation / Math.sqrt(count),
    deviation,
    count,
  };
}

/** Which two rows are compared, on which number. */
export interface Comparison {
  /** The row that is changed. */
  readonly with: string;
  /** The row it is compared to. */
  readonly without: string;
  /** Column of the number; default `"shifted"`. */
  readonly of?: string;
  /** Only this setting; default: all. */
  readonly setting?: string;
}

/**
 * Differences of two rows, pair by pair of the same setting and seed: what differs between seeds, the
 * pictures and the first weights, drops out.
 *
 * @returns One difference a pair, in the table's order.
 */
export function pairedDifferences(
  table: readonly ResultRow[],
  { with: changed, without: base, of = "shifted", setting }: Comparison,
): number[] {
  const key = (row: ResultRow) => `${row.setting} ${row.seed}`;
  const bases = new Map(table.filter(({ row }) => row === base).map((row) => [key(row), row]));
  return table.filter((row) => row.row === changed && (!setting || row.setting === setting))
    .flatMap((row) => {
      const a = row[of], b = bases.get(key(row))?.[of];
      return typeof a === "number" && typeof b === "number" ? [a - b] : [];
    });
}

/** Which traces are drawn, and how their columns are called in the figure. */
export interface TraceSelection {
  /** Rows of the study. */
  readonly rows: readonly string[];
  /** Columns of the traces, and their titles. */
  readonly terms: Readonly<Record<string, string>>;
  /** Setting of the traces. */
  readonly setting: string;
}

/** Traces averaged over seeds: a row a step, for curves. `null` where a row has no such number. */
export function meanTraces(
  traces: readonly ResultRow[],
  { rows, terms, setting }: TraceSelection,
): { run: string; term: string; step: number; value: number | null }[] {
  return rows.flatMap((run) => {
    const own = traces.filter((t) => t.row === run && t.setting === setting);
    const steps = [...new Set(own.map(({ step }) => step as number))];
    return Object.entries(terms).flatMap(([column, term]) =>
      steps.map((step) => {
        const found = own.filter((t) => t.step === step).map((t) => t[column])
          .filter((v) => typeof v === "number");
        return { run, term, step, value: found.length > 0 ? intervalOf(found).mean : null };
      })
    );
  });
}
