/** The detector's scores of pictures in memory. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { batchesInOrder, type Crop } from "lib/data/batches.ts";
import { compile } from "lib/engine/engine.ts";
import { detect } from "lib/models/detector.ts";
import { normaliseImages } from "lib/models/normalise_images.ts";
import type { Parameters } from "lib/models/parameters.ts";

/**
 * Scores, the probability of fake (0 to 1), one a crop and in their order. The detector runs in
 * evaluation mode, captured once for all batches.
 *
 * @param crops Pictures of one size.
 * @param detector Parameters and the configuration they belong to; `batchSize` pictures run at once.
 */
export async function scoreCrops(
  crops: readonly Crop[],
  { parameters, configuration }: { parameters: Parameters; configuration: Configuration },
): Promise<number[]> {
  const { batchSize } = configuration;
  const scores: number[] = [];
  let captured: ReturnType<typeof compile> | undefined;
  try {
    for (const batch of batchesInOrder(crops, { batchSize })) {
      captured ??= compile(
        (images) => {
          const { global } = detect(
            normaliseImages(images as tf.Tensor4D),
            parameters,
            configuration,
          );
          return tf.squeeze(tf.slice(tf.softmax(global), [0, 1], [-1, 1]), [1]);
        },
        [batch.images],
        { name: "scores" },
      );
      const [probabilities] = captured(batch.images);
      scores.push(...(await probabilities.data()).slice(0, batch.indices.length));
      tf.dispose([probabilities, batch.images, batch.labels, batch.augmentation]);
    }
  } finally {
    captured?.dispose();
  }
  return scores;
}
