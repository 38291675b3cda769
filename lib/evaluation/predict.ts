/**
 * The detector's scores of any number of pictures, in memory or in files, one batch at a time. What the
 * scores are worth is left to the metrics.
 */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { type Batch, batchesInOrder } from "lib/batches/batches.ts";
import { type InOrderOptions, openInOrder } from "lib/batches/loader.ts";
import type { Crop, Sample } from "lib/data/samples.ts";
import { compile } from "lib/engine/engine.ts";
import { detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** A detector that was loaded or trained. */
export interface Detector {
  /** Its variables. */
  readonly parameters: Parameters;
  /** The configuration they belong to; `batchSize` pictures run at once. */
  readonly configuration: Configuration;
}

/** A sample's record with the detector's score of it. */
export interface FramePrediction extends Sample {
  /** Probability of fake, 0 to 1. */
  readonly score: number;
}

/** A detector made ready for scoring. */
export interface Predictor extends Disposable {
  /**
   * Scores crops in their order. Memory does not grow with their number: a batch is read when the one
   * before has been handed out.
   *
   * @throws TypeError for a crop that is not `imageSize` pixels wide and high, naming it.
   */
  predict(
    crops: Iterable<Crop> | AsyncIterable<Crop>,
  ): AsyncGenerator<FramePrediction, void, void>;
  /**
   * Scores samples in files in their order, resized where they are of another size. Memory does not grow
   * with their number.
   *
   * @throws ImageError for a file that cannot be read, unless `onUnreadable` is given.
   */
  predictFiles(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options: Pick<InOrderOptions, "root" | "onUnreadable">,
  ): AsyncGenerator<FramePrediction, void, void>;
}

/**
 * Makes a detector ready: it runs in evaluation mode, captured once for all batches, and reads its
 * variables anew at each batch, so that a detector in training can be scored again and again.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { openPredictor } from "lib/evaluation/predict.ts";
 * import { createDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const parameters = createDetector(SMOKE, createRandom(1));
 * using predictor = openPredictor({ parameters, configuration: SMOKE });
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
export function openPredictor({ parameters, configuration }: Detector): Predictor {
  const { batchSize, imageSize } = configuration;
  let captured: ReturnType<typeof compile> | undefined;
  /** The scores of a batch, whose tensors it frees. */
  const scoresOf = async (batch: Batch): Promise<Float32Array> => {
    const { images, labels, augmentation, mixup } = batch;
    captured ??= compile(
      (images) => {
        const x = normaliseImages(images as tf.Tensor4D, configuration);
        const { global } = detect(x, parameters, configuration);
        return tf.squeeze(tf.slice(tf.softmax(global), [0, 1], [-1, 1]), [1]);
      },
      [images],
      { name: "scores" },
    );
    const [probabilities] = captured(images);
    try {
      return await probabilities.data() as Float32Array;
    } finally {
      tf.dispose([probabilities, images, labels, augmentation, mixup]);
    }
  };
  async function* predict(crops: Iterable<Crop> | AsyncIterable<Crop>) {
    for await (const chunk of batchesOf(crops, batchSize)) {
      for (const { image: { width, height }, sample } of chunk) {
        if (width === imageSize && height === imageSize) continue;
        throw new TypeError(
          `${JSON.stringify(sample.path)} is ${width} × ${height}, but the detector takes ` +
            `${imageSize} × ${imageSize}. Resize it first.`,
        );
      }
      const [batch] = batchesInOrder(chunk, { batchSize });
      const scores = await scoresOf(batch);
      for (const [i, { sample }] of chunk.entries()) yield { ...sample, score: scores[i] };
    }
  }
  async function* predictFiles(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    options: Pick<InOrderOptions, "root" | "onUnreadable">,
  ) {
    for await (const batch of openInOrder(samples, { ...options, batchSize, size: imageSize })) {
      const scores = await scoresOf(batch);
      for (const [i, sample] of batch.samples.entries()) yield { ...sample, score: scores[i] };
    }
  }
  return { predict, predictFiles, [Symbol.dispose]: () => captured?.dispose() };
}

async function* batchesOf(
  crops: Iterable<Crop> | AsyncIterable<Crop>,
  size: number,
): AsyncGenerator<Crop[]> {
  let batch: Crop[] = [];
  for await (const crop of crops) {
    batch.push(crop);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
