/** Where each local information block of a detector looks, and where the whole does. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { batchesInOrder, type Crop } from "lib/data/batches.ts";
import { compile } from "lib/engine/engine.ts";
import { blockName, detect } from "lib/models/detector.ts";
import { normaliseImages } from "lib/models/normalise_images.ts";
import type { Parameters } from "lib/models/parameters.ts";
import { classActivationMaps } from "./grad_cam.ts";

/** Rows of numbers: `[height][width]`, top row first. */
export type Grid = number[][];

/** The maps of one image. All are signed and in one unit: logits per cell, positive for fake. */
export interface BlockMaps {
  /** Probability of fake, 0 to 1. */
  readonly score: number;
  /** One map a block, on the grid of the layer. */
  readonly blocks: Grid[];
  /** The blocks' maps added up: the evidence that the whole detector has at each place. */
  readonly whole: Grid;
}

/** Whose maps are wanted, and at which layer. */
export interface BlockMapOptions {
  /** Of a detector of this configuration. */
  readonly parameters: Parameters;
  /** The detector's configuration. */
  readonly configuration: Configuration;
  /**
   * A layer's name inside a block. Default: `"layer4"`, the last one, whose grid is the image's side
   * over 32; on small images `"layer3"` has twice as many cells a side.
   */
  readonly layer?: string;
}

/**
 * Class activation maps of every block for the evidence of fake: the logit of fake less
 * that of real, of the head behind the bottleneck. One captured function, one backward pass for all
 * blocks; always in evaluation mode. Grad-CAM's map is the positive part.
 *
 * @param crops Pictures of one size, `configuration.imageSize` pixels a side.
 * @returns One entry a crop, in order.
 */
export async function blockMaps(
  crops: readonly Crop[],
  { parameters, configuration, layer = "layer4" }: BlockMapOptions,
): Promise<BlockMaps[]> {
  if (crops.length === 0) return [];
  const layers = Array.from({ length: configuration.blocks }, (_, i) => `${blockName(i)}.${layer}`);
  const [batch] = batchesInOrder(crops, { batchSize: crops.length });
  const captured = compile(
    (images) => {
      const { explained, maps } = classActivationMaps({
        forward: (tap) =>
          detect(
            normaliseImages(images as tf.Tensor4D, configuration),
            parameters,
            configuration,
            { tap },
          ).global,
        layers,
        explain: (logits) => {
          const [real, fake] = tf.unstack(logits, 1) as tf.Tensor1D[];
          return tf.sub(fake, real);
        },
      });
      return [tf.sigmoid(explained), tf.addN(maps), ...maps];
    },
    [batch.images],
    { name: "block maps" },
  );
  const outputs = captured(batch.images);
  try {
    const [scores, whole, ...blocks] = await Promise.all(outputs.map((t) => t.array()));
    return crops.map((_, i) => ({
      score: (scores as number[])[i],
      whole: (whole as Grid[])[i],
      blocks: (blocks as Grid[][]).map((map) => map[i]),
    }));
  } finally {
    tf.dispose([batch.images, batch.labels, batch.augmentation, ...outputs]);
    captured.dispose();
  }
}
