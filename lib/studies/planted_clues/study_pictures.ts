/** The pictures of the planted-clues study: one training set a seed, one test for all. */
import { drawPlantedClues, type PlantedPicture } from "lib/forgeries/planted_clues.ts";
import {
  type Clue,
  CLUES,
  onlyClue,
  type PlantedSetting,
  withoutGhost,
} from "lib/forgeries/planted_clues/planted_settings.ts";
import { createRandom } from "lib/random.ts";

/** The kinds of fakes that a detector is tested on, against the same real pictures. */
export type TestName = "inDistribution" | "shifted" | Clue;

/** Test pictures of one setting. */
export interface TestPictures {
  /** Real pictures. */
  readonly reals: readonly PlantedPicture[];
  /** Fakes as in training, without the shortcut, and with one clue each. */
  readonly fakes: Readonly<Record<TestName, readonly PlantedPicture[]>>;
}

/** How many pictures are drawn. */
export interface StudySizes {
  /** Pictures to train on, half of them fake. */
  readonly training: number;
  /** Real test pictures. */
  readonly reals: number;
  /** Fakes of each kind in the test. */
  readonly fakes: number;
}

/** Those of the study whose tables come with the project. */
export const FULL_SIZES: StudySizes = Object.freeze({ training: 3000, reals: 1600, fakes: 800 });

/** Seed of the test pictures, far from the training sets' seeds. */
const TEST_SEED = 1_000_000;

/** The training pictures of a seed. */
export function trainingPictures(
  setting: PlantedSetting,
  { seed, sizes }: { seed: number; sizes: StudySizes },
): PlantedPicture[] {
  const random = createRandom(seed, "planted training", setting.name);
  return drawPlantedClues(sizes.training, { setting, random, split: "train" });
}

/** The test pictures of a setting: the same for every row and seed. */
export function testPictures(setting: PlantedSetting, sizes: StudySizes): TestPictures {
  const draw = (count: number, of: PlantedSetting, label: 0 | 1) =>
    drawPlantedClues(count, {
      setting: of,
      label,
      split: "test",
      random: createRandom(TEST_SEED, "planted test", of.name, label),
    });
  const fakes = (of: PlantedSetting) => draw(sizes.fakes, of, 1);
  const single = CLUES.map((clue) => [clue, fakes(onlyClue(setting, clue))] as const);
  return {
    reals: draw(sizes.reals, setting, 0),
    fakes: {
      inDistribution: fakes(setting),
      shifted: fakes(withoutGhost(setting)),
      ...Object.fromEntries(single) as Record<Clue, PlantedPicture[]>,
    },
  };
}
