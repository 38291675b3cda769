/**
 * Sanity checks of maps (Adebayo et al., "Sanity Checks for Saliency Maps", 2018): a map that stays the
 * same when what was learnt is taken away shows the picture, not the detector.
 */
import type { Configuration } from "lib/config.ts";
import type { Crop } from "lib/data/samples.ts";
import {
  createDetector,
  detectorParameters,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import type { Random } from "lib/random.ts";
import { correlation } from "./balance_of_blocks.ts";
import { type BlockMapOptions, blockMaps } from "./block_maps.ts";
import { type Grid, requireOneSize } from "./map_grid.ts";
import type { ImageValue } from "./over_images.ts";

/** A step of the cascade. */
export interface RandomisedDetector {
  /** What lost its learnt parameters in this step: `"heads"`, or a layer of all blocks. */
  readonly layer: string;
  /** Parameters of which this layer's and all before it in the cascade are fresh, the others learnt. */
  readonly parameters: Parameters;
}

/** A cascade; disposing of it frees the fresh parameters, not the learnt ones. */
export interface RandomisationCascade extends Disposable {
  /** From the heads down to the first layer. */
  readonly steps: readonly RandomisedDetector[];
}

/** A parameter's layer: the heads are one, and of a block each stage that has a name. */
function layerOf(parameter: string): string {
  const [, layer] = /^region_model\d+\.(model\.\d+|_blocks\.\d+|[^.]+)/.exec(parameter) ?? [];
  return layer ?? "heads";
}

/** The layers that have parameters, from the heads down to the first of the blocks. */
export function layersFromTop(configuration: Configuration): string[] {
  const inOrder = detectorParameters(configuration).map(({ name }) => layerOf(name));
  return [...new Set(inOrder)].reverse();
}

/**
 * Replaces what was learnt by fresh draws, layer after layer from the heads down, in all blocks at once.
 * Running statistics of batch norm count as learnt.
 *
 * @param parameters The learnt ones; they are used, not changed.
 */
export function randomiseFromTop(
  parameters: Parameters,
  { configuration, random }: { configuration: Configuration; random: Random },
): RandomisationCascade {
  const fresh = createDetector(configuration, random);
  let current = parameters;
  const steps = layersFromTop(configuration).map((layer) => {
    const drawn = Object.entries(fresh).filter(([name]) => layerOf(name) === layer);
    current = { ...current, ...Object.fromEntries(drawn) };
    return { layer, parameters: current };
  });
  return { steps, [Symbol.dispose]: () => disposeParameters(fresh) };
}

/** Ranks from 1, equal values sharing the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Array<number>(values.length);
  for (let first = 0, past = 0; first < order.length; first = past) {
    while (past < order.length && values[order[past]] === values[order[first]]) past++;
    for (let i = first; i < past; i++) result[order[i]] = (first + 1 + past) / 2;
  }
  return result;
}

/**
 * Spearman's rank correlation of two maps, with their signs.
 *
 * @returns −1 to 1; null where a map is the same everywhere.
 * @throws TypeError when the maps differ in size.
 *
 * @example
 * ```ts
 * import { rankCorrelation } from "lib/explain/sanity.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(rankCorrelation([[1, 2, 30]], [[0, 7, 8]])! > 0.999);
 * assert.equal(rankCorrelation([[1, 1, 1]], [[0, 7, 8]]), null);
 * ```
 */
export function rankCorrelation(a: Grid, b: Grid): number | null {
  requireOneSize(a, b);
  return correlation(ranks(a.flat()), ranks(b.flat()));
}

/** How much of the maps is left after a step of the cascade. */
export interface CascadeSimilarity {
  /** As in `RandomisedDetector`; `"nothing"` for the learnt detector itself. */
  readonly layer: string;
  /** For each picture the rank correlation of a block's map with the learnt one's, mean over blocks. */
  readonly similarity: readonly ImageValue[];
}

/**
 * Runs the cascade over pictures and compares each step's maps with the learnt detector's. Similarity
 * should fall to about 0 with the layers that decide where a map is strong.
 *
 * @param options Of the learnt detector; `random` draws the fresh parameters.
 */
export async function cascadeSimilarity(
  crops: readonly Crop[],
  options: BlockMapOptions & { random: Random },
): Promise<CascadeSimilarity[]> {
  const learnt = await blockMaps(crops, options);
  using cascade = randomiseFromTop(options.parameters, options);
  const found: CascadeSimilarity[] = [];
  const steps = [{ layer: "nothing", parameters: options.parameters }, ...cascade.steps];
  for (const { layer, parameters } of steps) {
    const maps = await blockMaps(crops, { ...options, parameters });
    const similarity = crops.map(({ sample }, i) => {
      const each = maps[i].blocks.map((map, b) => rankCorrelation(map, learnt[i].blocks[b]))
        .filter((value) => value !== null);
      const sum = each.reduce((a, b) => a + b, 0);
      return { video: sample.video, value: each.length === 0 ? null : sum / each.length };
    });
    found.push({ layer, similarity });
  }
  return found;
}
