/** The controlled benchmark's settings: how likely and how visible each planted clue is. */

/** One of the planted clues. */
export type Clue = "ghost" | "tone" | "mouth" | "seam";

/** The clues in their order: the shortcut first. */
export const CLUES: readonly Clue[] = Object.freeze(["ghost", "tone", "mouth", "seam"]);

/** A number for each clue, in the order of `CLUES`. */
export type PerClue = readonly [ghost: number, tone: number, mouth: number, seam: number];

/** What decides how pictures are drawn. */
export interface PlantedSetting {
  /** Short name, such as "A8"; test sets add what was changed. */
  readonly name: string;
  /** Probability of each clue in a fake, before sets without any clue are drawn again. */
  readonly inFakes: PerClue;
  /** Probability of each clue in a real picture. */
  readonly inReals: PerClue;
  /** Visibility of each clue; each picture's own is 0.7 to 1.3 times that. */
  readonly visibility: PerClue;
  /** Standard deviation of the sensor's noise, of the full range. */
  readonly noise: number;
}

const setting = (
  name: string,
  inFakes: PerClue,
  inReals: PerClue,
  visibility: PerClue,
): PlantedSetting => Object.freeze({ name, inFakes, inReals, visibility, noise: 0.03 });

/**
 * The settings of the study. A8 is the usual one: an easy shortcut, the ghost, in nine fakes of ten,
 * and three quieter clues. B8 has a stronger shortcut, D8 a perfect one.
 */
export const PLANTED_SETTINGS: Readonly<Record<"A8" | "B8" | "D8", PlantedSetting>> = Object
  .freeze({
    A8: setting("A8", [0.9, 0.5, 0.5, 0.5], [0.02, 0.05, 0.05, 0.05], [1.6, 2, 0.6, 1.4]),
    B8: setting("B8", [0.97, 0.35, 0.35, 0.35], [0.02, 0.05, 0.05, 0.05], [1.8, 1.8, 0.6, 1.3]),
    D8: setting("D8", [1, 0.7, 0.7, 0.7], [0, 0.02, 0.02, 0.02], [1.6, 2.2, 0.8, 1.6]),
  });

/** The setting with the shortcut taken away: no fake has a ghost. */
export function withoutGhost(base: PlantedSetting): PlantedSetting {
  const [, tone, mouth, seam] = base.inFakes;
  const inFakes: PerClue = [0, tone, mouth, seam];
  return Object.freeze({ ...base, name: `${base.name} without ghost`, inFakes });
}

/** The setting in which each fake has one clue, this one, and no other. */
export function onlyClue(base: PlantedSetting, clue: Clue): PlantedSetting {
  const inFakes = CLUES.map((other) => other === clue ? 1 : 0) as unknown as PerClue;
  return Object.freeze({ ...base, name: `${base.name} ${clue} only`, inFakes });
}

/**
 * The evidence of a set of clues, exactly: log P(set | fake) − log P(set | real). No detector that sees
 * only the clues can rank pictures better than by this number, so its AUC is the ceiling.
 *
 * @param clues Which clues there are, in the order of `CLUES`.
 * @returns Natural logarithm; −∞ for a set that no fake has, ∞ for one that no real picture has.
 *
 * @example A ghost is strong evidence, and no clue at all is proof of a real picture
 * ```ts
 * import { evidenceOf, PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(evidenceOf([true, false, false, false], PLANTED_SETTINGS.A8) > 1);
 * assert.equal(evidenceOf([false, false, false, false], PLANTED_SETTINGS.A8), -Infinity);
 * ```
 */
export function evidenceOf(
  clues: readonly boolean[],
  { inFakes, inReals }: PlantedSetting,
): number {
  if (!clues.some(Boolean)) return -Infinity;
  const none = inFakes.reduce((product, p) => product * (1 - p), 1);
  return clues.reduce((sum, there, i) => {
    const fake = there ? inFakes[i] : 1 - inFakes[i];
    const real = there ? inReals[i] : 1 - inReals[i];
    return sum + Math.log(fake) - Math.log(real);
  }, -Math.log(1 - none));
}
