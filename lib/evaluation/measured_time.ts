/** How long work takes on this machine: median and quartiles over runs. */
import * as tf from "@tensorflow/tfjs";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { scoreImages } from "lib/detectors/score_images.ts";
import { compile } from "lib/engine/compile.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import { quantile } from "./quantile.ts";

/** Time of a run in milliseconds. */
export interface MeasuredTime {
  /** Half of the runs took less. */
  readonly median: number;
  /** A quarter of the runs took less. */
  readonly lower: number;
  /** Three quarters of the runs took less. */
  readonly upper: number;
  /** Each run in the order of the rounds: what was timed in one round can be set in ratio. */
  readonly times: readonly number[];
}

/** How a measurement is made. */
export interface MeasureOptions {
  /** Runs of each work that are timed, 1 or more. Default 11. */
  readonly runs?: number;
  /** Runs before those, which are not: they fill caches and build kernels. Default 2. */
  readonly warmUp?: number;
}

/**
 * Times several works in turns: a round is one run of each, so that what else the machine does falls
 * on all of them alike. On a busy machine the numbers differ from one minute to the next; their ratios
 * within one measurement differ much less.
 *
 * @param works By name. A run ends when its result is there, so it reads a value of it (`dataSync`).
 * @throws RangeError when there are no runs.
 *
 * @example
 * ```ts
 * import { measureInTurns } from "lib/evaluation/measured_time.ts";
 * import assert from "node:assert/strict";
 *
 * const short = () => void Array(1_000).fill(0), long = () => void Array(1_000_000).fill(0);
 * const { median, lower, upper, times } = measureInTurns({ short, long }, { runs: 5 }).short;
 * assert.ok(0 <= lower && lower <= median && median <= upper && times.length === 5);
 * ```
 */
export function measureInTurns<Name extends string>(
  works: Readonly<Record<Name, () => void>>,
  { runs = 11, warmUp = 2 }: MeasureOptions = {},
): Record<Name, MeasuredTime> {
  if (!(Number.isSafeInteger(runs) && runs > 0)) {
    throw new RangeError(`A measurement has a whole number of runs from 1, not ${runs}.`);
  }
  const all = Object.entries(works) as [Name, () => void][];
  const times = Object.fromEntries(all.map(([name]) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = -warmUp; round < runs; round++) {
    for (const [name, work] of all) {
      const start = performance.now();
      work();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  const measured = all.map(([name]) => {
    const sorted = times[name].toSorted((a, b) => a - b);
    const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share));
    return [name, { median, lower, upper, times: times[name] }];
  });
  return Object.fromEntries(measured);
}

/** A detector's inference, ready to be run again and again. */
export interface InferenceRun extends Disposable {
  /** One pass, from normalised images on the device to the scores in memory. */
  readonly run: () => void;
}

/**
 * Makes a detector ready for timing: captured, with batch norm merged into the weights, on blank
 * images of the size that it takes.
 *
 * @param trained Its parameters stay the caller's.
 * @param options `batchSize`: images a run; default 1. `precision`: the arithmetic; default float32.
 * @returns A run that the caller frees with `using`.
 */
export function openInference(
  trained: TrainedDetector,
  { batchSize = 1, precision = "float32" }: {
    batchSize?: number;
    precision?: TrainingSettings["precision"];
  } = {},
): InferenceRun {
  const folded = foldedDetector(trained),
    { detector, parameters } = folded,
    { size } = detector.input;
  const images = tf.zeros<tf.Rank.R4>([batchSize, size, size, 3]);
  const captured = compile(
    (x) => tf.sigmoid(scoreImages(detector, x as tf.Tensor4D, parameters)),
    [images],
    { precision, name: "inference", takesOver: Object.values(parameters) },
  );
  return {
    run: () => {
      const scores = captured(images);
      scores[0].dataSync();
      tf.dispose(scores);
    },
    [Symbol.dispose]: () => {
      captured.dispose();
      images.dispose();
      folded[Symbol.dispose]();
    },
  };
}
