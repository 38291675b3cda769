/** What a trained detector says about pictures, head by head, for measuring. */
import * as tf from "@tensorflow/tfjs";
import { type Configuration, vary } from "lib/config.ts";
import { batchesInOrder } from "lib/batches/batches.ts";
import type { Crop } from "lib/data/samples.ts";
import { compile } from "lib/engine/engine.ts";
import { detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** The answers for one picture. */
export interface PictureOutputs {
  /** Log-odds of fake by the head behind the bottleneck. */
  readonly global: number;
  /** Log-odds of fake by the head that sees all features. */
  readonly joint: number;
  /** Log-odds of fake by the heads that miss one block each; none with one block. */
  readonly leaveOneOut: readonly number[];
  /** The local features, one list a block. */
  readonly features: readonly (readonly number[])[];
}

/** Pictures at once: a few hundred small ones fill both cores. */
const AT_ONCE = 200;

/**
 * Runs the detector over pictures in evaluation mode, captured once.
 *
 * @returns One entry a picture, in order.
 */
export async function outputsOf(
  crops: readonly Crop[],
  { parameters, configuration }: { parameters: Parameters; configuration: Configuration },
): Promise<PictureOutputs[]> {
  const { blocks } = configuration, results: PictureOutputs[] = [];
  const settings = vary(configuration, { batchSize: AT_ONCE });
  let captured: ReturnType<typeof compile> | undefined;
  try {
    for (const batch of batchesInOrder(crops, { batchSize: AT_ONCE })) {
      captured ??= compile(
        (images) => {
          const x = normaliseImages(images as tf.Tensor4D, settings);
          const { global, joint, leaveOneOut, features } = detect(x, parameters, settings);
          const odds = [global, joint, ...leaveOneOut].map((logits) => {
            const [real, fake] = tf.unstack(logits, 1);
            return tf.sub(fake, real);
          });
          return [tf.stack(odds, 1), tf.concat(features, 1)];
        },
        [batch.images],
        { name: "study outputs" },
      );
      const answers = captured(batch.images);
      const [odds, features] = await Promise.all(
        answers.map((t) => t.array() as Promise<number[][]>),
      );
      batch.indices.forEach((_, i) => {
        const [global, joint, ...leaveOneOut] = odds[i], length = features[i].length / blocks;
        const ofBlock = (k: number) => features[i].slice(k * length, (k + 1) * length);
        const perBlock = Array.from({ length: blocks }, (_, k) => ofBlock(k));
        results.push({ global, joint, leaveOneOut, features: perBlock });
      });
      tf.dispose([answers, batch as unknown as tf.TensorContainer]);
    }
  } finally {
    captured?.dispose();
  }
  return results;
}
