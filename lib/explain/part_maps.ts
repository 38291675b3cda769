/** Where each part of a detector looks (a block of the paper's, or another one's network), and the whole. */
import * as tf from "@tensorflow/tfjs";
import { batchesInOrder, disposeBatch, requireCropSize } from "lib/batches/batches.ts";
import type { Crop } from "lib/data/samples.ts";
import type { MapTarget, TrainedDetector } from "lib/detectors/detector.ts";
import { compileEachShape } from "lib/engine/compile_each_shape.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { type ChannelWeights, classActivationMaps, gradCam } from "./grad_cam.ts";
import type { Grid } from "./map_grid.ts";

/**
 * The maps of one image. By Grad-CAM all are signed and in one unit: logits per cell, positive for
 * fake. They are not scaled, so maps of parts, images and detectors can be compared; a figure gives
 * them one scale.
 */
export interface PartMaps {
  /** Probability of fake, 0 to 1. */
  readonly score: number;
  /** The explained number; unless said otherwise the log-odds of the score. */
  readonly explained: number;
  /** One map a part, on the grid of its layer; 0 outside of what the part sees. */
  readonly parts: Grid[];
  /** The parts' maps added up: the evidence that the whole detector has at each place. */
  readonly whole: Grid;
}

/** Whose maps are wanted, of what, and at which layer. */
export interface PartMapOptions<Outputs = unknown> extends TrainedDetector<object, Outputs> {
  /**
   * A layer's name within a part. Default: the detector's own choice, its last one. A ResNet-34's
   * `"layer4"` has a grid of the image's side over 32; on small images `"layer3"` has twice as many cells a
   * side.
   */
  readonly layer?: string;
  /** What to explain: one number an image, `[batch]`. Default: the log-odds that the detector decides by. */
  explain?(outputs: Outputs): tf.Tensor1D;
  /** The method. Default: `gradCam`. */
  readonly weigh?: ChannelWeights;
  /** Pictures that run at once. Default 8. */
  readonly batchSize?: number;
}

/** A detector made ready for maps. */
export interface PartMapper extends Disposable {
  /** What the parts are, in the order of `PartMaps.parts`. */
  readonly parts: readonly MapTarget[];
  /**
   * The maps of crops, one entry a crop, in order.
   *
   * @throws TypeError for a crop that is not of the detector's size, naming it.
   * @throws RangeError when there is no such layer, with the names there are.
   */
  maps(crops: readonly Crop[]): Promise<PartMaps[]>;
}

/**
 * All maps added up, on the finest of their grids: coarser ones, of an ensemble's other members, are resized, and
 * what a cell holds is shared among those that it becomes.
 */
function addedUp(maps: readonly tf.Tensor3D[]): tf.Tensor3D {
  const side = Math.max(...maps.map(({ shape: [, height] }) => height));
  return tf.addN(maps.map((map) => {
    const [, height] = map.shape;
    if (height === side) return map;
    const fine = resizeLinear(tf.expandDims(map, 3), side, "areas");
    return tf.mul(tf.squeeze<tf.Tensor3D>(fine, [3]), (height / side) ** 2);
  }));
}

/** Where a part sees an area of the picture, its map at that place in a grid of the whole picture. */
function placed(map: tf.Tensor3D, { area }: MapTarget): tf.Tensor3D {
  if (!area) return map;
  const [, height, width] = map.shape;
  const around = (first: number, share: number, cells: number): [number, number] => {
    const before = Math.round(first / share * cells), all = Math.round(cells / share);
    return [before, all - before - cells];
  };
  return tf.pad(map, [
    [0, 0],
    around(area.top, area.height, height),
    around(area.left, area.width, width),
  ]);
}

/**
 * Makes a detector ready for class activation maps: all parts in one captured function with one backward
 * pass, which begins at their layers. It always runs in evaluation mode, and reads its variables anew at
 * each batch.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { openPartMapper } from "lib/explain/part_maps.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { detector } = SMOKE;
 * const parameters = initialiseParameters(detector.parameters, createRandom(1));
 * using mapper = openPartMapper({ detector, parameters });
 * const [{ parts }] = await mapper.maps([{
 *   image: { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 },
 *   sample: {
 *     path: "a.png", label: 0 as const, dataset: "mine", method: "real", video: "a",
 *     split: "test" as const, frame: 0, identities: [],
 *   },
 * }]);
 * assert.equal(parts.length, detector.settings.blocks);
 * ```
 */
export function openPartMapper<Outputs>(options: PartMapOptions<Outputs>): PartMapper {
  const { detector, parameters, layer, weigh = gradCam, batchSize = 8 } = options;
  const explain = options.explain ?? ((outputs: Outputs) => detector.logOdds(outputs));
  const { size, normalisation } = detector.input, parts = detector.parts(layer);
  const captured = compileEachShape(
    (images) => {
      const x = normaliseImages(images as tf.Tensor4D, normalisation);
      const { explained, maps, reported } = classActivationMaps({
        forward: (tap) => detector.forward(x, parameters, { tap }),
        layers: parts.map(({ layer }) => layer),
        explain,
        weigh,
        report: (outputs) => [tf.sigmoid(detector.logOdds(outputs))],
      });
      const whole = maps.map((map, i) => placed(map, parts[i]));
      return [reported[0], explained, addedUp(whole), ...whole];
    },
    { name: "maps" },
  );
  const maps = async (crops: readonly Crop[]): Promise<PartMaps[]> => {
    for (const crop of crops) requireCropSize(crop, size);
    const all: PartMaps[] = [];
    for (const batch of batchesInOrder(crops, { batchSize })) {
      const outputs = captured.run(batch.images);
      try {
        const [scores, explained, whole, ...each] = await Promise.all(
          outputs.map((tensor) => tensor.array()),
        ) as [number[], number[], Grid[], ...Grid[][]];
        batch.indices.forEach((_, i) =>
          all.push({
            score: scores[i],
            explained: explained[i],
            whole: whole[i],
            parts: each.map((map) => map[i]),
          })
        );
      } finally {
        tf.dispose(outputs);
        disposeBatch(batch);
      }
    }
    return all;
  };
  return { parts, maps, [Symbol.dispose]: () => captured[Symbol.dispose]() };
}

/**
 * The maps of some crops, once; to explain more and more of them, keep an `openPartMapper`.
 *
 * @param crops Pictures of the detector's size.
 * @returns One entry a crop, in order.
 */
export async function partMaps<Outputs>(
  crops: readonly Crop[],
  options: PartMapOptions<Outputs>,
): Promise<PartMaps[]> {
  using mapper = openPartMapper(options);
  return await mapper.maps(crops);
}
