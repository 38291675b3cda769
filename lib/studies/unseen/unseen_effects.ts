/** Which rows of the benchmark are set against each other. */
import { SELF_BLENDED } from "./unseen_crops.ts";
import { UNSEEN_ROWS } from "./unseen_rows.ts";

/** A change, as two rows of the benchmark. */
export interface UnseenEffect {
  /** What is changed, in a few words. */
  readonly label: string;
  /** The row with the change. */
  readonly with: string;
  /** The row without it. */
  readonly without: string;
  /** Names of the questions that the two sides answer, where it is the question that changes. Default: each question, asked of both. */
  readonly questions?: { readonly with: string; readonly without: string };
}

/** What the paper adds to a detector, one thing after the other. */
export const UNSEEN_EFFECTS: readonly UnseenEffect[] = Object.freeze([
  { label: "four blocks for one", with: "global head", without: "one block" },
  { label: "heads, no loss", with: "heads", without: "global head" },
  { label: "LIL on all heads", with: "heads + LIL", without: "heads" },
  { label: "GIL on all heads", with: "heads + GIL", without: "heads" },
  { label: "both losses on all heads", with: "paper", without: "heads" },
]);

/** Every other row against the paper's detector. */
export const AGAINST_PAPER: readonly UnseenEffect[] = Object.freeze(
  UNSEEN_ROWS.slice(1).map(({ name }) => ({
    label: name,
    with: name,
    without: UNSEEN_ROWS[0].name,
  })),
);

/** Self-blended images made of the reals that one has, in place of stand-ins: tested on stand-ins both times. */
const BLENDED_FOR_STAND_INS = {
  with: "trained on self-blended",
  without: "unseen people",
} as const;

/** What is trained on, for the same detector: in pairs or not; self-blended images or stand-ins. */
export const LESSON_EFFECTS: readonly UnseenEffect[] = Object.freeze([
  ...["heads", "xception"].map((row) => ({
    label: `${row}, in pairs`,
    with: row,
    without: `${row}, unpaired`,
  })),
  ...UNSEEN_ROWS.filter(({ settings }) => settings?.includes(SELF_BLENDED) ?? true)
    .map(({ name }) => ({
      label: `${name}, self-blended for stand-ins`,
      with: name,
      without: name,
      questions: BLENDED_FOR_STAND_INS,
    })),
]);
