/** A recalibration as a record that can be written down, read back and applied to log-odds. */
import { isRecord } from "lib/io/is_record.ts";
import { logOddsOf } from "../probability.ts";
import { pooledMeans } from "./isotonic.ts";
import { fitPlatt, fitTemperature } from "./sigmoid_fit.ts";

/** The kinds of recalibration. */
export const CALIBRATION_KINDS = ["temperature", "platt", "isotonic"] as const;

/** From a detector's log-odds to those that fit its validation samples. */
export type Calibration =
  /** Log-odds are divided by the temperature, above 0. */
  | { readonly kind: "temperature"; readonly temperature: number }
  /** Log-odds become slope · log-odds + intercept. */
  | { readonly kind: "platt"; readonly slope: number; readonly intercept: number }
  /**
   * Probabilities by rising blocks of log-odds from `low` to `high`, with straight lines between blocks; below
   * the first and above the last they stay. None is nearer to 0 or 1 than 1 / (samples + 2): the samples it was
   * fitted to can say no more.
   */
  | {
    readonly kind: "isotonic";
    readonly samples: number;
    readonly blocks: readonly {
      readonly low: number;
      readonly high: number;
      readonly share: number;
    }[];
  };

/**
 * Fits a recalibration to validation samples.
 *
 * @param logOdds One finite number a sample, above 0 for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError without samples of both classes, and where there is no temperature, with the reason.
 *
 * @example
 * ```ts
 * import { calibrated, fitCalibration } from "lib/evaluation/calibration/calibration.ts";
 * import assert from "node:assert/strict";
 *
 * const calibration = fitCalibration("temperature", [2, 2, 2, 2, -2], [1, 1, 1, 0, 0]);
 * assert.ok(Math.abs(calibrated(calibration, 2) - Math.log(4)) < 1e-9); // right four times of five
 * ```
 */
export function fitCalibration(
  kind: Calibration["kind"],
  logOdds: ArrayLike<number>,
  labels: ArrayLike<number>,
): Calibration {
  switch (kind) {
    case "temperature":
      return { kind, temperature: 1 / fitTemperature(logOdds, labels).slope };
    case "platt":
      return { kind, ...fitPlatt(logOdds, labels) };
    case "isotonic": {
      const { blocks } = pooledMeans(logOdds, labels);
      return { kind, samples: logOdds.length, blocks };
    }
  }
}

/** The recalibrated log-odds. */
export function calibrated(calibration: Calibration, logOdds: number): number {
  switch (calibration.kind) {
    case "temperature":
      return logOdds / calibration.temperature;
    case "platt":
      return calibration.slope * logOdds + calibration.intercept;
    case "isotonic": {
      const least = 1 / (calibration.samples + 2);
      const share = shareAt(calibration.blocks, logOdds);
      return logOddsOf(Math.min(Math.max(share, least), 1 - least));
    }
  }
}

/** The share at a score, by halving the list of blocks. */
function shareAt(
  blocks: (Calibration & { kind: "isotonic" })["blocks"],
  score: number,
): number {
  let first = 0, beyond = blocks.length - 1; // the first block that ends at the score or above
  while (first < beyond) {
    const middle = (first + beyond) >> 1;
    if (blocks[middle].high >= score) beyond = middle;
    else first = middle + 1;
  }
  const block = blocks[first], before = blocks[first - 1];
  if (score >= block.low || before === undefined) return block.share;
  const way = (score - before.high) / (block.low - before.high);
  return before.share + way * (block.share - before.share);
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

/**
 * A record that was written down, such as YAML or JSON gives it, checked.
 *
 * @throws TypeError for anything that is no calibration, saying why.
 *
 * @example
 * ```ts
 * import { calibrationFrom, fitCalibration } from "lib/evaluation/calibration/calibration.ts";
 * import assert from "node:assert/strict";
 *
 * const calibration = fitCalibration("isotonic", [1, 2, 3, 4], [0, 1, 0, 1]);
 * assert.deepEqual(calibrationFrom(JSON.parse(JSON.stringify(calibration))), calibration);
 * ```
 */
export function calibrationFrom(record: unknown): Calibration {
  const refuse = (what: string) => {
    throw new TypeError(`This is no calibration: ${what}.`);
  };
  if (!isRecord(record)) return refuse("it is no record") as never;
  const { kind, temperature, slope, intercept, samples, blocks } = record;
  if (kind === "temperature") {
    if (!isNumber(temperature) || temperature <= 0) refuse("its temperature is not above 0");
    return { kind, temperature: temperature as number };
  }
  if (kind === "platt") {
    if (!isNumber(slope) || !isNumber(intercept)) refuse("slope or intercept is no number");
    return { kind, slope: slope as number, intercept: intercept as number };
  }
  if (kind !== "isotonic") {
    return refuse(
      `its kind is ${JSON.stringify(kind)}, not ${CALIBRATION_KINDS.join(", ")}`,
    ) as never;
  }
  const isBlock = (block: unknown) =>
    isRecord(block) && [block.low, block.high, block.share].every(isNumber);
  if (
    !isNumber(samples) || !Array.isArray(blocks) || blocks.length === 0 || !blocks.every(isBlock)
  ) {
    refuse("its blocks are not records of low, high and share");
  }
  return { kind, samples: samples as number, blocks: blocks as [] };
}
