/** What a trained detector says about pictures, head by head, for measuring. */
import * as tf from "@tensorflow/tfjs";
import { batchesInOrder, disposeBatch } from "lib/batches/batches.ts";
import type { Crop } from "lib/data/samples.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { compileEachShape } from "lib/engine/compile_each_shape.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";

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
  { detector, parameters }: TrainedDetector<ExposingSettings, ExposingOutputs>,
): Promise<PictureOutputs[]> {
  const { blocks } = detector.settings, results: PictureOutputs[] = [];
  using captured = compileEachShape(
    (images) => {
      const x = normaliseImages(images as tf.Tensor4D, detector.input.normalisation);
      const { global, joint, leaveOneOut, features } = detector.forward(x, parameters);
      const odds = [global, joint, ...leaveOneOut].map(logOddsOfFake);
      return [tf.stack(odds, 1), tf.concat([...features], 1)];
    },
    { name: "study outputs" },
  );
  for (const batch of batchesInOrder(crops, { batchSize: AT_ONCE })) {
    const answers = captured.run(batch.images);
    const [odds, features] = await Promise.all(
      answers.map((t) => t.array() as Promise<number[][]>),
    );
    batch.indices.forEach((_, i) => {
      const [global, joint, ...leaveOneOut] = odds[i], length = features[i].length / blocks;
      const ofBlock = (k: number) => features[i].slice(k * length, (k + 1) * length);
      const perBlock = Array.from({ length: blocks }, (_, k) => ofBlock(k));
      results.push({ global, joint, leaveOneOut, features: perBlock });
    });
    tf.dispose(answers);
    disposeBatch(batch);
  }
  return results;
}
