/** Where each local information block of a detector looks, and where the whole does. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { batchesInOrder } from "lib/batches/batches.ts";
import type { Crop } from "lib/data/samples.ts";
import { compile } from "lib/engine/engine.ts";
import { blockName, detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { tileGrid } from "lib/detectors/exposing_the_deception/tiles.ts";
import {
  type Evidence,
  globalEvidence,
} from "lib/detectors/exposing_the_deception/head_evidence.ts";
import { type ChannelWeights, classActivationMaps, gradCam } from "./grad_cam.ts";
import type { Grid } from "./map_grid.ts";

/**
 * The maps of one image. By Grad-CAM all are signed and in one unit: logits per cell, positive for
 * fake. They are not scaled, so maps of blocks, images and detectors can be compared; a figure gives
 * them one scale.
 */
export interface BlockMaps {
  /** Probability of fake, 0 to 1. */
  readonly score: number;
  /** The explained number; of `globalEvidence` the log-odds of the score. */
  readonly explained: number;
  /** One map a block, on the grid of the layer; 0 outside of the block's tile, if it sees one. */
  readonly blocks: Grid[];
  /** The blocks' maps added up: the evidence that the whole detector has at each place. */
  readonly whole: Grid;
}

/** Whose maps are wanted, of what, and at which layer. */
export interface BlockMapOptions {
  /** Of a detector of this configuration. */
  readonly parameters: Parameters;
  /** The detector's configuration. */
  readonly configuration: Configuration;
  /**
   * A layer's name inside a block. Default: `LAST_LAYERS` of the backbone. A ResNet-34's `"layer4"` has
   * a grid of the image's side over 32; on small images `"layer3"` has twice as many cells a side.
   */
  readonly layer?: string;
  /** What to explain. Default: `globalEvidence`, what the detector decides by. */
  readonly explain?: Evidence;
  /** The method. Default: `gradCam`. */
  readonly weigh?: ChannelWeights;
}

/**
 * The last named layer of each backbone's blocks, before the average over the picture. EfficientNet's
 * is taken before its Swish, so activations there can be negative; the others' are 0 or more.
 */
export const LAST_LAYERS: Readonly<Record<Configuration["backbone"], string>> = Object.freeze({
  resnet34: "layer4",
  mobilenetV1: "model.13",
  efficientnetB0: "_bn1",
  conv4: "stage4",
});

/** A detector made ready for maps. */
export interface BlockMapper extends Disposable {
  /**
   * The maps of crops, one entry a crop, in order.
   *
   * @throws TypeError for a crop that is not `imageSize` pixels wide and high, naming it.
   */
  maps(crops: readonly Crop[]): Promise<BlockMaps[]>;
}

/** Where a block sees a tile, its map at the tile's place in a grid of the whole picture. */
function placeTiles(maps: readonly tf.Tensor3D[], { view }: Configuration): tf.Tensor3D[] {
  if (view === "whole") return [...maps];
  const { rows, columns } = tileGrid(maps.length);
  return maps.map((map, i) => {
    const [, height, width] = map.shape, row = Math.floor(i / columns), column = i % columns;
    return tf.pad(map, [
      [0, 0],
      [row * height, (rows - 1 - row) * height],
      [column * width, (columns - 1 - column) * width],
    ]);
  });
}

/**
 * Makes a detector ready for class activation maps: all blocks in one captured function with one
 * backward pass, which begins at the layer. It always runs in evaluation mode, and reads its variables
 * anew at each batch.
 *
 * @param options With `batchSize`, the pictures that run at once; default: the configuration's.
 * @throws RangeError from `maps` when the blocks have no such layer, with the names there are.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { openBlockMapper } from "lib/explain/block_maps.ts";
 * import { createDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const parameters = createDetector(SMOKE, createRandom(1));
 * using mapper = openBlockMapper({ parameters, configuration: SMOKE, batchSize: 1 });
 * const [{ blocks }] = await mapper.maps([{
 *   image: { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 },
 *   sample: {
 *     path: "a.png", label: 0 as const, dataset: "mine", method: "real", video: "a",
 *     split: "test" as const, frame: 0, identities: [],
 *   },
 * }]);
 * assert.equal(blocks.length, SMOKE.blocks);
 * ```
 */
export function openBlockMapper(options: BlockMapOptions & { batchSize?: number }): BlockMapper {
  const { parameters, configuration, explain = globalEvidence, weigh = gradCam } = options;
  const { backbone, blocks, imageSize } = configuration;
  const { layer = LAST_LAYERS[backbone], batchSize = configuration.batchSize } = options;
  const layers = Array.from({ length: blocks }, (_, i) => `${blockName(i)}.${layer}`);
  const mapsOf = (images: tf.Tensor): tf.Tensor[] => {
    const x = normaliseImages(images as tf.Tensor4D, configuration);
    const { explained, maps, reported } = classActivationMaps({
      forward: (tap) => detect(x, parameters, configuration, { tap }),
      layers,
      explain,
      weigh,
      report: (outputs) => [tf.sigmoid(globalEvidence(outputs))],
    });
    const placed = placeTiles(maps, configuration);
    return [reported[0], explained, tf.addN(placed), ...placed];
  };
  let captured: ReturnType<typeof compile> | undefined;
  const maps = async (crops: readonly Crop[]): Promise<BlockMaps[]> => {
    for (const { image: { width, height }, sample } of crops) {
      if (width === imageSize && height === imageSize) continue;
      throw new TypeError(
        `${JSON.stringify(sample.path)} is ${width} × ${height}, but the detector takes ` +
          `${imageSize} × ${imageSize}. Resize it first.`,
      );
    }
    const all: BlockMaps[] = [];
    for (const batch of batchesInOrder(crops, { batchSize })) {
      captured ??= compile(mapsOf, [batch.images], { name: "block maps" });
      const outputs = captured(batch.images);
      try {
        const [scores, explained, whole, ...each] = await Promise.all(
          outputs.map((tensor) => tensor.array()),
        ) as [number[], number[], Grid[], ...Grid[][]];
        batch.indices.forEach((_, i) =>
          all.push({
            score: scores[i],
            explained: explained[i],
            whole: whole[i],
            blocks: each.map((map) => map[i]),
          })
        );
      } finally {
        tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup, ...outputs]);
      }
    }
    return all;
  };
  return { maps, [Symbol.dispose]: () => captured?.dispose() };
}

/**
 * The maps of some crops, once; to explain more and more of them, keep an `openBlockMapper`.
 *
 * @param crops Pictures of `configuration.imageSize` pixels a side.
 * @returns One entry a crop, in order.
 */
export async function blockMaps(
  crops: readonly Crop[],
  options: BlockMapOptions,
): Promise<BlockMaps[]> {
  const batchSize = Math.max(1, Math.min(crops.length, options.configuration.batchSize));
  using mapper = openBlockMapper({ ...options, batchSize });
  return await mapper.maps(crops);
}
