/** What is written down of every training step. */
import type { ValidationMetrics } from "./validation.ts";

/** One row for each step; every field is a plain number, ready for a data frame. */
export interface StepRecord {
  /** From 0. */
  readonly step: number;
  /** The run's learning rate in this step. */
  readonly learningRate: number;
  /** Seconds of computing since the run began, over all sittings. */
  readonly seconds: number;
  /** The objective that was minimised. */
  readonly total: number;
  /** Every other term of the loss, by name; see the detector's `loss`. */
  readonly [term: string]: number;
}

/** Fields that only the records of steps have after which the run was validated. */
export const VALIDATION_FIELDS: readonly (keyof ValidationMetrics)[] = Object.freeze([
  "validationAuc",
  "validationAccuracy",
  "validationLogLoss",
]);
