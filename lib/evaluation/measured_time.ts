/** How long work takes on this machine: median and quartiles over runs. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { compile } from "lib/engine/engine.ts";
import { detect } from "lib/models/detector.ts";
import { foldBatchNorm } from "lib/models/fold_batch_norm.ts";
import { disposeParameters, type Parameters } from "lib/models/parameters.ts";
import { quantile } from "./quantile.ts";

/** Time of a run in milliseconds. */
export interface MeasuredTime {
  /** Half of the runs took less. */
  readonly median: number;
  /** A quarter of the runs took less. */
  readonly lower: number;
  /** Three quarters of the runs took less. */
  readonly upper: number;
  /** Number of runs that were timed. */
  readonly runs: number;
}

/** How a measurement is made. */
export interface MeasureOptions {
  /** Runs that are timed, 1 or more. Default 11. */
  readonly runs?: number;
  /** Runs before those, which are not: they fill caches and build kernels. Default 2. */
  readonly warmUp?: number;
}

/**
 * Times work, one run after the other. Numbers of a busy machine differ from one minute to the next:
 * compare only what was measured in turns in one go, as a ratio.
 *
 * @param work One run; it ends when its result is there, so read a value of it (`dataSync`).
 * @throws RangeError when there are no runs.
 *
 * @example
 * ```ts
 * import { measureTime } from "lib/evaluation/measured_time.ts";
 * import assert from "node:assert/strict";
 *
 * const { lower, median, upper, runs } = measureTime(() => Array(1000).fill(0), { runs: 5 });
 * assert.ok(0 <= lower && lower <= median && median <= upper && runs === 5);
 * ```
 */
export function measureTime(
  work: () => void,
  { runs = 11, warmUp = 2 }: MeasureOptions = {},
): MeasuredTime {
  if (!(Number.isSafeInteger(runs) && runs > 0)) {
    throw new RangeError(`A measurement has a whole number of runs from 1, not ${runs}.`);
  }
  for (let i = 0; i < warmUp; i++) work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => quantile(times, share));
  return { median, lower, upper, runs };
}

/**
 * Times a detector's inference: captured, with batch norm merged into the weights, from normalised
 * images on the device to the scores in memory.
 *
 * @param detector Parameters, which stay the caller's, and the configuration they belong to.
 * @param options `batchSize` images a run (default 1), and how often.
 * @returns Milliseconds a run, for all images of a batch together.
 */
export function measureInference(
  { parameters, configuration }: { parameters: Parameters; configuration: Configuration },
  { batchSize = 1, ...options }: MeasureOptions & { batchSize?: number } = {},
): MeasuredTime {
  const { imageSize } = configuration;
  const folded = foldBatchNorm(parameters, configuration);
  const images = tf.zeros<tf.Rank.R4>([batchSize, imageSize, imageSize, 3]);
  const captured = compile(
    (x) => tf.softmax(detect(x as tf.Tensor4D, folded, configuration, { folded: true }).global),
    [images],
    { precision: configuration.precision, name: "inference" },
  );
  try {
    return measureTime(() => {
      const scores = captured(images);
      scores[0].dataSync();
      tf.dispose(scores);
    }, options);
  } finally {
    captured.dispose();
    images.dispose();
    disposeParameters(folded);
  }
}
