/**
 * A detector's scores of any number of pictures, in memory or in files, one batch at a time. What the
 * scores are worth is left to the metrics.
 */
import * as tf from "@tensorflow/tfjs";
import { type Batch, batchesInOrder, disposeBatch, requireCropSize } from "lib/batches/batches.ts";
import { type InOrderOptions, openInOrder } from "lib/batches/in_order_loader.ts";
import type { Crop, Sample } from "lib/data/samples.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { scoreImages } from "lib/detectors/score_images.ts";
import { compileEachShape } from "lib/engine/compile_each_shape.ts";
import { chunksOf } from "lib/io/chunks.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { probability } from "./probability.ts";

/** Pictures that run at once, unless said otherwise: enough to fill a machine's cores. */
export const BATCH_SIZE = 32;

/** A sample's record with the detector's score of it. */
export interface FramePrediction extends Sample {
  /** Log-odds of fake, in nats, as float32 has them: what decisions and comparisons rest on. */
  readonly logOdds: number;
  /** The same as a probability of fake, 0 to 1, for people. */
  readonly score: number;
}

/** A detector made ready for scoring. */
export interface Predictor extends Disposable {
  /**
   * Scores crops in their order. Memory does not grow with their number: a batch is read when the one
   * before has been handed out.
   *
   * @throws TypeError for a crop that is not of the detector's size, naming it.
   */
  predict(
    crops: Iterable<Crop> | AsyncIterable<Crop>,
  ): AsyncGenerator<FramePrediction, void, void>;
  /**
   * Scores samples in files in their order, resized where they are of another size. Memory does not grow
   * with their number: the next batch goes up to the device while one runs.
   *
   * @throws ImageError for a file that cannot be read, unless `onUnreadable` is given.
   */
  predictFiles(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options: Pick<InOrderOptions, "root" | "onUnreadable">,
  ): AsyncGenerator<FramePrediction, void, void>;
}

/**
 * Makes a detector ready: it runs in evaluation mode, captured once for each size of batch, and reads its
 * variables anew at each batch, so that a detector in training can be scored again and again.
 *
 * @param options `batchSize`: pictures that run at once; default: 32, or fewer where each is looked at
 * several times or learnt from. `takesOver`: for a detector that nothing else will use, of which many batches are
 * to be scored: its weights are packed for the processor and freed at the first batch, and every batch
 * is filled up to the full size. Default false.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { openPredictor } from "lib/evaluation/predict.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { detector } = SMOKE;
 * const parameters = initialiseParameters(detector.parameters, createRandom(1));
 * using predictor = openPredictor({ detector, parameters });
 * const crop = {
 *   image: { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 },
 *   sample: {
 *     path: "a.png", label: 0 as const, dataset: "mine", method: "real", video: "a",
 *     split: "test" as const, frame: 0, identities: [],
 *   },
 * };
 * const [{ path, score }] = await Array.fromAsync(predictor.predict([crop]));
 * assert.ok(path === "a.png" && score > 0 && score < 1);
 * ```
 */
export function openPredictor(
  { detector, parameters }: TrainedDetector,
  {
    batchSize = detector.adaptation?.atOnce ?? Math.ceil(BATCH_SIZE / (detector.views?.count ?? 1)),
    takesOver = false,
  }: {
    batchSize?: number;
    takesOver?: boolean;
  } = {},
): Predictor {
  const { input: { size, normalisation } } = detector;
  const captured = compileEachShape(
    (images) => {
      const x = normaliseImages(images as tf.Tensor4D, normalisation);
      return scoreImages(detector, x, parameters);
    },
    { name: "log-odds", takesOver: takesOver ? Object.values(parameters) : [] },
  );
  /** The log-odds of a batch, whose tensors it frees. */
  const scoresOf = async (batch: Batch): Promise<Float32Array> => {
    const [logOdds] = captured.run(batch.images);
    try {
      return await logOdds.data() as Float32Array;
    } finally {
      logOdds.dispose();
      disposeBatch(batch);
    }
  };
  const scored = (sample: Sample, logOdds: number): FramePrediction => ({
    ...sample,
    logOdds,
    score: probability(logOdds),
  });
  async function* predict(crops: Iterable<Crop> | AsyncIterable<Crop>) {
    for await (const chunk of chunksOf(crops, batchSize)) {
      for (const crop of chunk) requireCropSize(crop, size);
      const [batch] = batchesInOrder(chunk, { batchSize, isFull: takesOver });
      const scores = await scoresOf(batch);
      for (const [i, { sample }] of chunk.entries()) yield scored(sample, scores[i]);
    }
  }
  async function* predictFiles(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options: Pick<InOrderOptions, "root" | "onUnreadable">,
  ) {
    const batches = openInOrder(samples, { ...options, batchSize, size, isFull: takesOver });
    let coming = batches.next();
    try {
      for (let next = await coming; !next.done; next = await coming) {
        const { value: batch } = next, running = scoresOf(batch);
        coming = batches.next(); // goes up to the device while the one before runs there
        coming.catch(() => {}); // an error is for the time when its batch is wanted
        const scores = await running;
        for (const [i, sample] of batch.samples.entries()) yield scored(sample, scores[i]);
      }
    } finally {
      const unused = await coming.catch(() => undefined);
      if (unused && !unused.done) disposeBatch(unused.value);
      await batches.return();
    }
  }
  return { predict, predictFiles, [Symbol.dispose]: () => captured[Symbol.dispose]() };
}

/**
 * Scores of pictures in memory as plain numbers, the probability of fake (0 to 1), one a crop and in
 * their order.
 *
 * @param crops Pictures of the detector's size; however many, as long as they fit into memory.
 */
export async function scoreCrops(
  crops: readonly Crop[],
  detector: TrainedDetector,
): Promise<number[]> {
  using predictor = openPredictor(detector);
  return await Array.fromAsync(predictor.predict(crops), ({ score }) => score);
}
