/**
 * Tables 1 to 5 of the paper as far as they are about its method: what the paper reports, and for each
 * line the configuration that would measure it. Whether data is there is the caller's matter.
 */
import { type Changes, vary } from "lib/detectors/configuration.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import {
  type ExposingConfiguration,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { Benchmark } from "./benchmarks.ts";
import { OURS } from "./compared_systems.ts";
import { PRINTED_VALUES, type PrintedValue } from "./printed_tables.ts";

/** A detector that is trained for the tables. */
export interface PaperTraining {
  /** Its short name; runs are called after it. */
  readonly name: string;
  /** The words of the table's line. */
  readonly line: string;
  /** The data set whose training and validation splits it learns from. */
  readonly data: Benchmark;
  /** What differs from `PAPER`. */
  readonly changes: Changes<ExposingSettings>;
  /** Its settings, whole. */
  readonly configuration: ExposingConfiguration;
}

/** One number of a table. */
export interface PaperValue {
  /** The table, 1 to 5. */
  readonly table: 1 | 2 | 3 | 4 | 5;
  /** `name` of the training that it belongs to. */
  readonly training: string;
  /** The data set whose test split was measured. */
  readonly test: Benchmark;
  /** The metric, by its name in `METRICS`. */
  readonly metric: "AUC" | "accuracy" | "log loss";
  /** Whether a sample is a frame or a video with the mean of its frames' scores. */
  readonly level: "frame" | "video";
  /** What the paper reports; accuracies as shares, not in %. */
  readonly paper: number;
}

const training = (
  name: string,
  line: string,
  data: Benchmark,
  changes: Changes<ExposingSettings> = {},
): PaperTraining =>
  Object.freeze({ name, line, data, changes, configuration: vary(PAPER, changes) });

/**
 * The eight detectors behind the tables. Table 4's ablation switches a loss off and nothing else: the
 * heads' cross-entropy stays, while in the official code it goes with the loss [ours].
 */
export const PAPER_TRAININGS: readonly PaperTraining[] = Object.freeze([
  training("ff_resnet34", "ResNet-34, both", "FaceForensics++"),
  training("cd2_resnet34", "ResNet-34, both", "Celeb-DF-v2", { realRepeats: 6 }), // [code]
  training("dfdc_resnet34", "ResNet-34, both", "DFDC", { realRepeats: 5 }), // [code]
  training("ff_gil_only", "GIL only", "FaceForensics++", { localInformation: false }),
  training("ff_lil_only", "LIL only", "FaceForensics++", { globalInformation: false }),
  training("ff_neither", "neither loss", "FaceForensics++", {
    localInformation: false,
    globalInformation: false,
  }),
  training("ff_mobilenet", "MobileNet-V1", "FaceForensics++", { backbone: "mobilenetV1" }),
  training("ff_efficientnet", "EfficientNet-B0", "FaceForensics++", { backbone: "efficientnetB0" }),
]);

/** Values of a table of ablations: its number, the metric's level, and then training, test, metric, value. */
function values(
  table: PaperValue["table"],
  level: PaperValue["level"],
  rows: readonly [string, Benchmark, PaperValue["metric"], number][],
): PaperValue[] {
  return rows.map(([training, test, metric, paper]) =>
    Object.freeze({ table, training, test, metric, level, paper })
  );
}

/** In-dataset and cross-dataset, as Tables 4 and 5 have them: accuracy and AUC, FF++ and Celeb-DF v2. */
function inAndCross(
  training: string,
  [ffAccuracy, ffAuc, cdAccuracy, cdAuc]: readonly number[],
): [string, Benchmark, PaperValue["metric"], number][] {
  return [
    [training, "FaceForensics++", "accuracy", ffAccuracy],
    [training, "FaceForensics++", "AUC", ffAuc],
    [training, "Celeb-DF-v2", "accuracy", cdAccuracy],
    [training, "Celeb-DF-v2", "AUC", cdAuc],
  ];
}

/** The training of the full model on each data set. */
const OWN_RUNS: Readonly<Partial<Record<PrintedValue["training"], string>>> = {
  "FaceForensics++": "ff_resnet34",
  "Celeb-DF-v2": "cd2_resnet34",
  "DFDC": "dfdc_resnet34",
};

/** Every number that the paper's Tables 1 to 5 report for its own method. */
export const PAPER_VALUES: readonly PaperValue[] = Object.freeze([
  ...PRINTED_VALUES.filter(({ system }) => system === OURS).map(
    ({ table, training, test, metric, level, value }): PaperValue =>
      Object.freeze({ table, training: OWN_RUNS[training]!, test, metric, level, paper: value! }),
  ),
  ...values(4, "frame", [
    ...inAndCross("ff_gil_only", [0.9426, 0.979, 0.7879, 0.84]),
    ...inAndCross("ff_lil_only", [0.9428, 0.977, 0.7696, 0.827]),
    ...inAndCross("ff_neither", [0.9353, 0.966, 0.7729, 0.816]),
    ...inAndCross("ff_resnet34", [0.9498, 0.983, 0.807, 0.864]),
  ]),
  ...values(5, "frame", [
    ...inAndCross("ff_mobilenet", [0.9085, 0.962, 0.7036, 0.858]),
    ...inAndCross("ff_efficientnet", [0.9371, 0.982, 0.7232, 0.863]),
    ...inAndCross("ff_resnet34", [0.9498, 0.983, 0.807, 0.864]),
  ]),
]);

/**
 * The training of a name.
 *
 * @throws RangeError for a name that is none, with the names that are.
 */
export function paperTraining(name: string): PaperTraining {
  const found = PAPER_TRAININGS.find((training) => training.name === name);
  if (found) return found;
  const names = PAPER_TRAININGS.map((training) => training.name).join(", ");
  throw new RangeError(`The tables have no training "${name}". There are: ${names}.`);
}

/** One run of a sweep. */
export interface SweepRun {
  /** What is trained. */
  readonly training: PaperTraining;
  /** Its settings, with the run's seed. */
  readonly configuration: ExposingConfiguration;
}

/**
 * All runs of a sweep in a fixed order: every training with every seed.
 *
 * @param seeds Each a whole number from 0.
 */
export function paperSweep(
  trainings: readonly PaperTraining[],
  seeds: readonly number[],
): SweepRun[] {
  return trainings.flatMap((training) =>
    seeds.map((seed) => ({ training, configuration: vary(training.configuration, { seed }) }))
  );
}

/**
 * The share of job k of N: every N-th item from the k-th on, so that N jobs do all items, each once,
 * and no job has more than one item more than another.
 *
 * @param job `"k/N"` with k from 1 to N, as `--job` takes it.
 * @throws RangeError for anything else.
 *
 * @example
 * ```ts
 * import { shareOfJob } from "lib/studies/paper_tables/paper_tables.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(shareOfJob(["a", "b", "c", "d", "e"], "2/3"), ["b", "e"]);
 * ```
 */
export function shareOfJob<T>(items: readonly T[], job: string): T[] {
  const [, k, n] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(job) ?? [];
  if (k === undefined || Number(k) > Number(n)) {
    throw new RangeError(`A job is given as k/N with k from 1 to N, such as 2/8, not "${job}".`);
  }
  return items.filter((_, i) => i % Number(n) === Number(k) - 1);
}
