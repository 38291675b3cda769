/** What the planted-clues study asks: pairs of rows, and in which one thing they differ. */

/** A change, as two rows of the study. */
export interface StudyEffect {
  /** What is changed, in a few words. */
  readonly label: string;
  /** The row with the change. */
  readonly with: string;
  /** The row without it. */
  readonly without: string;
}

const effect = (label: string, changed: string, without: string): StudyEffect =>
  Object.freeze({ label, with: changed, without });

/** The effects of the study's tables, in their order. Where two things change, the label says both. */
export const STUDY_EFFECTS: readonly StudyEffect[] = Object.freeze([
  effect("local term, on top of all heads", "heads + LIL", "heads"),
  effect("global term, on top of all heads", "heads + GIL", "heads"),
  effect("ten times the local term", "LIL × 10", "heads, fixed"),
  effect("all heads trained, without a term", "heads", "none"),
  effect("official switch, local: term and heads", "LIL", "none"),
  effect("official switch, global: term and head", "GIL", "none"),
  effect("official switches, both: terms and heads", "both", "none"),
  effect("paper's equations, automatic weights", "paper both, automatic", "none"),
  effect("paper's equations and fixed weights", "paper both", "none"),
  effect("fixed weights, in the paper's equations", "paper both", "paper both, automatic"),
  effect("paper's equations, on top of all heads", "paper both + heads", "heads, fixed"),
  effect("Eq. 8 through heads held fixed", "held heads", "heads, fixed"),
  effect("exponential per sample", "per sample", "heads, fixed"),
  effect("features against the heads (minimax)", "minimax", "heads, fixed"),
  effect("four blocks for one of the same width", "none", "n = 1"),
  effect("four blocks for one of equal parameters", "none", "n = 1, wide"),
  effect("cropping evenly, both losses", "tiles, both", "both"),
]);
