/**
 * What an audit of a data set can find, and how much each kind matters.
 */

/**
 * "problem": results on this data would be wrong or could not be had. "warning": a person should look.
 * "note": good to know.
 */
export type Severity = "problem" | "warning" | "note";

/** The kinds of findings, most telling first, each with what it means. */
export const FINDING_KINDS = {
  unreadableDataSet: "The data set cannot be read",
  missing: "Fewer videos than the publisher states",
  surplus: "More videos than the publisher states",
  absent: "Listed, but not there",
  unlisted: "There, but in no list",
  misspelt: "Misspelt paths",
  malformed: "Lines or items of a list that say nothing",
  contradiction: "Two places say different things",
  unreadable: "Cannot be looked at",
  empty: "Empty",
  undecodable: "Cannot be decoded",
  damaged: "Damaged in parts",
  changed: "Changed since the manifest was written",
  fewFrames: "Fewer pictures than the list says",
  noMask: "The mask is not there",
  sharedVideo: "Videos in several splits",
  sharedIdentity: "Identities in several splits",
  duplicate: "The same contents more than once",
  noFace: "No face found",
  assumed: "Taken for granted, as nothing says so",
  oneClass: "Only one class",
  noTraining: "Nothing to train on",
  notPrepared: "Left out by prepare",
  notChecked: "Not checked",
} as const;

/** One of the kinds of findings. */
export type FindingKind = keyof typeof FINDING_KINDS;

/** One thing that an audit found. */
export interface Finding {
  /** How much it matters. */
  readonly severity: Severity;
  /** What it is. */
  readonly kind: FindingKind;
  /** What it is about: mostly a path below the data set's root. */
  readonly path: string;
  /** What is wrong and what to do. */
  readonly message: string;
}
