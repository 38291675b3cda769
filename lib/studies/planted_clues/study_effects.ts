/** What the planted-clues study asks: pairs of rows that differ in one thing, with an earlier answer. */

/** A change, as two rows of the study. */
export interface StudyEffect {
  /** What is changed, in a few words. */
  readonly label: string;
  /** The row with the change. */
  readonly with: string;
  /** The row without it. */
  readonly without: string;
  /**
   * Difference of the AUC without the shortcut that a first study found, and half its 95 % interval.
   * That study was made with PyTorch before this kit existed, on the same benchmark over up to five
   * settings.
   */
  readonly first: readonly [mean: number, half: number];
}

const effect = (
  label: string,
  changed: string,
  without: string,
  first: StudyEffect["first"],
): StudyEffect => Object.freeze({ label, with: changed, without, first });

/** The effects of the study's tables, in their order. */
export const STUDY_EFFECTS: readonly StudyEffect[] = Object.freeze([
  effect("LIL term alone, all heads", "heads + LIL", "heads", [-0.0007, 0.0021]),
  effect("GIL term alone, all heads", "heads + GIL", "heads", [-0.009, 0.003]),
  effect("heads that come with the switches", "heads", "none", [0.023, 0.008]),
  effect("official switches, both", "both", "none", [0.013, 0.008]),
  effect("paper form, both, G's head only", "paper both", "none", [-0.044, 0.011]),
  effect("LIL × 10", "LIL × 10", "heads, fixed", [-0.007, 0.013]),
  effect("four blocks for one, same width", "none", "n = 1", [0.1, 0.07]),
  effect("four blocks for one, same parameters", "none", "n = 1, wide", [-0.02, 0.02]),
  effect("cropping evenly, both losses", "tiles, both", "both", [0.002, 0.026]),
  effect("Eq. 8 through heads held fixed", "held heads", "heads, fixed", [-0.02, 0.013]),
  effect("minimax", "minimax", "heads, fixed", [-0.023, 0.016]),
  effect("exponential per sample", "per sample", "heads, fixed", [0.002, 0.015]),
]);
