/**
 * Sanity checks of maps (Adebayo et al., "Sanity Checks for Saliency Maps", 2018): a map that stays the
 * same when what was learnt is taken away shows the picture, not the detector.
 */
import type { Crop } from "lib/data/samples.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import type { Random } from "lib/random.ts";
import { correlation } from "./balance_of_parts.ts";
import { type PartMapOptions, partMaps } from "./part_maps.ts";
import { type Grid, requireOneSize } from "./map_grid.ts";
import type { ImageValue } from "./over_images.ts";

/** A step of the cascade. */
export interface RandomisedDetector {
  /** What lost its learnt parameters in this step: a stage, as the detector's `stageOf` names it. */
  readonly stage: string;
  /** Parameters of which this stage's and all before it in the cascade are fresh, the others learnt. */
  readonly parameters: Parameters;
}

/** A cascade; disposing of it frees the fresh parameters, not the learnt ones. */
export interface RandomisationCascade extends Disposable {
  /** From the last stage down to the first. */
  readonly steps: readonly RandomisedDetector[];
}

/**
 * Replaces what was learnt by fresh draws, stage after stage from the last down, in all parts at once.
 * Running statistics of batch norm count as learnt.
 *
 * @param trained The learnt ones; they are used, not changed.
 */
export function randomiseFromTop(
  { detector, parameters }: TrainedDetector,
  random: Random,
): RandomisationCascade {
  const fresh = initialiseParameters(detector.parameters, random);
  let current = parameters;
  const steps = stagesFromTop(detector).map((stage) => {
    const drawn = Object.entries(fresh).filter(([name]) => detector.stageOf(name) === stage);
    current = { ...current, ...Object.fromEntries(drawn) };
    return { stage, parameters: current };
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
  readonly stage: string;
  /** For each picture the rank correlation of a part's map with the learnt one's, mean over parts. */
  readonly similarity: readonly ImageValue[];
}

/**
 * Runs the cascade over pictures and compares each step's maps with the learnt detector's. Similarity
 * should fall to about 0 with the stages that decide where a map is strong.
 *
 * @param options Of the learnt detector; `random` draws the fresh parameters.
 */
export async function cascadeSimilarity<Outputs>(
  crops: readonly Crop[],
  options: PartMapOptions<Outputs> & { random: Random },
): Promise<CascadeSimilarity[]> {
  const learnt = await partMaps(crops, options);
  using cascade = randomiseFromTop(options, options.random);
  const found: CascadeSimilarity[] = [];
  const steps = [{ stage: "nothing", parameters: options.parameters }, ...cascade.steps];
  for (const { stage, parameters } of steps) {
    const maps = await partMaps(crops, { ...options, parameters });
    const similarity = crops.map(({ sample }, i) => {
      const each = maps[i].parts.map((map, p) => rankCorrelation(map, learnt[i].parts[p]))
        .filter((value) => value !== null);
      const sum = each.reduce((a, b) => a + b, 0);
      return { video: sample.video, value: each.length === 0 ? null : sum / each.length };
    });
    found.push({ stage, similarity });
  }
  return found;
}
