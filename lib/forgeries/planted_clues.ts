/**
 * Planted clues: drawn faces whose fakes carry a random set of small, localised clues with known
 * probability, visibility and place. What there is to be learnt is known exactly, so "the detector
 * uses more clues" can be measured. A data set like any other, made in memory from a seed.
 */
import type { Random } from "lib/random.ts";
import { drawPerson } from "./planted_clues/drawn_person.ts";
import { type ClueMasks, paint } from "./planted_clues/paint_face.ts";
import { CLUES, type PerClue, type PlantedSetting } from "./planted_clues/planted_settings.ts";
import type { Crop, Split } from "lib/data/samples.ts";

/** Side of the pictures in pixels. */
const PLANTED_SIZE = 48;

/** A drawn face with all that is known about it. */
export interface PlantedPicture extends Crop {
  /** Which clues it carries, in the order of `CLUES`. */
  readonly clues: readonly boolean[];
  /** Where each clue is, or would be if it were there, in the order of `CLUES`. */
  readonly masks: ClueMasks;
}

/** What is drawn. */
export interface PlantedOptions {
  /** How likely and visible clues are: of `PLANTED_SETTINGS`, `withoutGhost`, `onlyClue`, or one's own. */
  readonly setting: PlantedSetting;
  /** Draws all; the same state gives the same pictures. */
  readonly random: Random;
  /** What the pictures are for. */
  readonly split: Split;
  /** 0: only real pictures; 1: only fakes; left out: real and fake in turn. */
  readonly label?: 0 | 1;
}

/** A set of clues for a picture; a fake's is drawn again until it has one. */
function drawClues(label: 0 | 1, { setting, random }: PlantedOptions): boolean[] {
  const probabilities = label === 1 ? setting.inFakes : setting.inReals;
  for (;;) {
    const clues = probabilities.map((p) => random.uniform() < p);
    if (label === 0 || clues.some(Boolean)) return clues;
  }
}

/**
 * Draws pictures of 48 × 48 pixels. Each shows another person, so each is a video of its own.
 *
 * @throws RangeError when the count is not a whole number from 1, or no clue can be in a fake.
 *
 * @example Four pictures, two of them fake
 * ```ts
 * import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
 * import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const options = { setting: PLANTED_SETTINGS.A8, split: "train" as const };
 * const pictures = drawPlantedClues(4, { ...options, random: createRandom(1, "planted") });
 * assert.deepEqual(pictures.map(({ sample }) => sample.label), [0, 1, 0, 1]);
 * assert.ok(pictures[1].clues.includes(true));
 * assert.equal(pictures[1].image.data.length, 48 * 48 * 3);
 * ```
 */
export function drawPlantedClues(count: number, options: PlantedOptions): PlantedPicture[] {
  const { setting, random, split, label: wanted } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`Pictures are counted in whole numbers from 1, not ${count}.`);
  }
  if (!setting.inFakes.some((p) => p > 0)) {
    throw new RangeError(`Setting ${setting.name}: a fake carries a clue, but all have chance 0.`);
  }
  return Array.from({ length: count }, (_, i) => {
    const label = wanted ?? (i % 2) as 0 | 1;
    const clues = drawClues(label, options);
    const own = CLUES.map((_, k) => setting.visibility[k] * (0.7 + 0.6 * random.uniform()));
    const visibility = own.map((v, k) => clues[k] ? v : 0) as unknown as PerClue;
    const person = drawPerson(random, PLANTED_SIZE);
    const { noise } = setting;
    const path = `${split}/${label === 1 ? "fake" : "real"}/${i}`;
    const dataset = `planted clues ${setting.name}`, method = label === 1 ? "planted" : "real";
    return {
      ...paint(person, { visibility, noise, random, size: PLANTED_SIZE }),
      clues,
      sample: { path, label, dataset, method, video: path, split, frame: 0, identities: [] },
    };
  });
}
