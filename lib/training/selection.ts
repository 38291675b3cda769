/**
 * When a run is validated, which step is its best, and when it ends early: functions of what validations
 * have shown so far, which is two numbers and a count, however long the run.
 */
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import type { StepRecord } from "./step_record.ts";
import { runLength, type ScheduledRun } from "./schedule.ts";

/** What validations have shown so far. */
export interface Selection {
  /** The step with the highest validation AUC, the first of equals; undefined before a validation. */
  readonly best: { readonly step: number; readonly auc: number } | undefined;
  /** Validations after the best one. */
  readonly since: number;
}

/** Before the first validation. */
export const BEGINNING: Selection = Object.freeze({ best: undefined, since: 0 });

/** What is known after one more step; a record without `validationAuc` was not validated. */
export function selected(
  { best, since }: Selection,
  { step, validationAuc }: { readonly step: number; readonly validationAuc?: number | undefined },
): Selection {
  if (validationAuc === undefined) return { best, since };
  if (best !== undefined && !(validationAuc > best.auc)) return { best, since: since + 1 };
  return { best: { step, auc: validationAuc }, since: 0 };
}

/**
 * The best step of a run so far.
 *
 * @example
 * ```ts
 * import { selectionOf } from "lib/training/selection.ts";
 * import assert from "node:assert/strict";
 *
 * const record = (step: number, validationAuc: number) =>
 *   ({ step, learningRate: 1e-3, seconds: step, total: 1, validationAuc });
 * const { best, since } = selectionOf([record(9, 0.7), record(19, 0.8), record(29, 0.75)]);
 * assert.deepEqual([best, since], [{ step: 19, auc: 0.8 }, 1]);
 * ```
 */
export function selectionOf(records: readonly StepRecord[]): Selection {
  return records.reduce<Selection>(selected, BEGINNING);
}

/** Whether a run ends before its last step: `patience` validations in a row were no better. */
export function endsEarly(
  { since }: Selection,
  { patience }: Pick<TrainingSettings, "patience">,
): boolean {
  return patience > 0 && since >= patience;
}

/** Whether the run is validated after a step: every so many, or at each epoch's end, and at the last. */
export function isValidated(
  step: number,
  run: ScheduledRun & { training: Pick<TrainingSettings, "validateEvery"> },
): boolean {
  const every = run.training.validateEvery || run.batchesPerEpoch;
  return (step + 1) % every === 0 || step + 1 === runLength(run);
}
