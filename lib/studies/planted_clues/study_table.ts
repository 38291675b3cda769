/** The study's results as flat rows. */
import { intervalOf, type ResultRow } from "../paired_differences.ts";
import type { StudyResult } from "./study_run.ts";

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
    instructions: result.instructions.join(" "),
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
