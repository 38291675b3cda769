/**
 * What validation says of a detector's scores, kept with the detector: thresholds by stated rules,
 * recalibrations, and how many samples with such a score were fake.
 */
import { isRecord } from "lib/io/is_record.ts";
import { measure } from "../scored.ts";
import { chooseThreshold, type ThresholdRule } from "../threshold.ts";
import { type FrameScore, videoScores } from "../video_scores.ts";
import {
  type Calibration,
  CALIBRATION_KINDS,
  calibrationFrom,
  fitCalibration,
} from "./calibration.ts";
import { reliability, type ReliabilityRow } from "./reliability.ts";

/** The name of a rule, as commands take it; a number is the false-positive rate. */
export type ThresholdName = "equal-error" | "youden" | "fpr-0.1" | "fpr-0.05" | "fpr-0.01";

/** The rules whose thresholds are kept. */
export const THRESHOLD_RULES: Readonly<Record<ThresholdName, ThresholdRule>> = Object.freeze({
  "equal-error": { kind: "equalError" },
  "youden": { kind: "youden" },
  "fpr-0.1": { kind: "falsePositiveRate", rate: 0.1 },
  "fpr-0.05": { kind: "falsePositiveRate", rate: 0.05 },
  "fpr-0.01": { kind: "falsePositiveRate", rate: 0.01 },
});

/** A threshold with what it did on validation. */
export interface KeptThreshold {
  /** Log-odds of this or more are called fake. */
  readonly threshold: number;
  /** Share of validation reals called fake. */
  readonly falsePositiveRate: number;
  /** Share of validation fakes called fake. */
  readonly truePositiveRate: number;
}

/** What validation says of frames, or of videos. */
export interface LevelRecord {
  /** Reals. */
  readonly reals: number;
  /** Fakes. */
  readonly fakes: number;
  /** By rule; one that cannot be kept on these samples is not there. */
  readonly thresholds: Readonly<Partial<Record<ThresholdName, KeptThreshold>>>;
  /** One of each kind, but a temperature only where there is one. */
  readonly calibrations: readonly Calibration[];
  /** Ten bins of equally many samples, by rising score. */
  readonly reliability: readonly ReliabilityRow[];
}

/** What validation says of a detector's scores. */
export interface OperatingRecord {
  /** Of single frames. */
  readonly frame: LevelRecord;
  /** Of videos by the mean probability of their frames. */
  readonly video: LevelRecord;
}

/** Bins of the reliability rows that are kept. */
const BINS = 10;

/** The record of one level. */
function levelRecord(rows: readonly FrameScore[]): LevelRecord {
  const logOdds = rows.map((row) => row.logOdds), labels = rows.map((row) => row.label);
  const fakes = labels.filter((label) => label === 1).length;
  const thresholds = Object.entries(THRESHOLD_RULES).flatMap(([name, rule]) => {
    const { value } = measure(() => chooseThreshold(logOdds, labels, rule));
    return value ? [[name, value] as const] : [];
  });
  return {
    reals: rows.length - fakes,
    fakes,
    thresholds: Object.fromEntries(thresholds),
    calibrations: CALIBRATION_KINDS.flatMap((kind) => {
      const { value } = measure(() => fitCalibration(kind, logOdds, labels));
      return value ? [value] : [];
    }),
    reliability: reliability(logOdds, labels, { bins: BINS, equal: "mass" }),
  };
}

/**
 * Chooses and fits everything on validation samples. The step of a run was chosen on them too, so what they
 * say is a little better than what new samples would.
 *
 * @param frames Predictions of validation frames, of both classes.
 * @throws RangeError where a class is missing; TypeError for a video with two labels.
 *
 * @example
 * ```ts
 * import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
 * import assert from "node:assert/strict";
 *
 * const frames = [-3, -1, 0.5, 2].map((logOdds, i) => ({ video: `${i}`, label: i < 2 ? 0 : 1, logOdds }));
 * const { video } = operatingRecord(frames);
 * assert.equal(video.thresholds["equal-error"]?.threshold, 0.5);
 * ```
 */
export function operatingRecord(frames: readonly FrameScore[]): OperatingRecord {
  return { frame: levelRecord(frames), video: levelRecord(videoScores(frames)) };
}

/** The validation samples with a score like this one: of its bin, or the nearest below it. */
export function samplesLike(
  { reliability: rows }: LevelRecord,
  probability: number,
): ReliabilityRow {
  return rows.findLast(({ from }) => from <= probability) ?? rows[0];
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const holdsNumbers = (record: unknown, fields: readonly string[]) =>
  isRecord(record) && fields.every((field) => isNumber(record[field]));

/** A level's record, checked. */
function levelFrom(record: unknown, name: string): LevelRecord {
  const refuse = (what: string): never => {
    throw new TypeError(`${name}: ${what}.`);
  };
  if (!isRecord(record) || !holdsNumbers(record, ["reals", "fakes"])) {
    return refuse("the numbers of reals and fakes are missing");
  }
  const { reals, fakes, thresholds, calibrations, reliability: rows } = record;
  const rates = ["threshold", "falsePositiveRate", "truePositiveRate"];
  const isThreshold = ([rule, value]: [string, unknown]) =>
    Object.hasOwn(THRESHOLD_RULES, rule) && holdsNumbers(value, rates);
  if (!isRecord(thresholds) || !Object.entries(thresholds).every(isThreshold)) {
    return refuse("thresholds are not records of known rules");
  }
  const bin = ["from", "to", "samples", "fakes", "said", "share", "low", "high"];
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every((row) => holdsNumbers(row, bin))) {
    return refuse("reliability is no list of bins");
  }
  if (!Array.isArray(calibrations)) return refuse("calibrations are no list");
  return {
    reals: reals as number,
    fakes: fakes as number,
    thresholds: thresholds as LevelRecord["thresholds"],
    calibrations: calibrations.map(calibrationFrom),
    reliability: rows as ReliabilityRow[],
  };
}

/**
 * A record that was written down, checked.
 *
 * @throws TypeError for anything that is none, saying why.
 */
export function operatingRecordFrom(record: unknown): OperatingRecord {
  if (!isRecord(record)) throw new TypeError("it holds no record of frames and videos");
  return { frame: levelFrom(record.frame, "frame"), video: levelFrom(record.video, "video") };
}
