/**
 * What the rows of the planted-clues study are called where people read them, and which belong together. Results
 * keep the short names of study_rows.ts.
 */

/** Rows that belong together. */
export interface StudyGroup {
  /** Its heading. */
  readonly group: string;
  /** The rows in their order: name of the study, and what figures call it. */
  readonly rows: Readonly<Record<string, string>>;
}

const group = (group: string, rows: StudyGroup["rows"]): StudyGroup =>
  Object.freeze({ group, rows: Object.freeze(rows) });

/** All rows of the study, each in one group. */
export const STUDY_GROUPS: readonly StudyGroup[] = Object.freeze([
  group("The official switches, which bring heads along", {
    "none": "neither: G's head alone",
    "GIL": "global loss and joint head",
    "LIL": "local loss and leave-one-out heads",
    "both": "both losses and all heads",
  }),
  group("All heads trained, a term on top", {
    "heads": "no term",
    "heads + LIL": "local term",
    "heads + GIL": "global term",
    "heads, fixed": "no term, weights fixed at 1",
    "LIL × 10": "ten times the local term, fixed",
  }),
  group("The paper's equations", {
    "paper LIL": "Eq. 8, fixed weights",
    "paper both": "both losses, fixed weights",
    "paper both, automatic": "both losses, automatic weights",
    "paper both + heads": "both, fixed weights, all heads trained",
  }),
  group("Forms that no head can lower, all heads trained", {
    "held heads": "Eq. 8 through heads held fixed",
    "per sample": "exponential per sample, held heads",
    "minimax": "features against the heads",
  }),
  group("Number of blocks", {
    "n = 1": "one, no loss",
    "n = 1, wide": "one with as many parameters, no loss",
    "both, n = 2": "two, both losses",
    "both, n = 3": "three, both losses",
    "both, n = 5": "five, both losses",
    "both, n = 6": "six, both losses",
    "both, n = 7": "seven, both losses",
  }),
  group("Cropping evenly", {
    "tiles, none": "no loss",
    "tiles, both": "both losses",
  }),
  group("Other backbones", {
    "none, resnet34": "ResNet-34, no loss",
    "both, resnet34": "ResNet-34, both losses",
    "none, mobilenetV1": "MobileNet-V1, no loss",
    "both, mobilenetV1": "MobileNet-V1, both losses",
    "none, efficientnetB0": "EfficientNet-B0, no loss",
    "both, efficientnetB0": "EfficientNet-B0, both losses",
  }),
  group("Trained on pictures without the shortcut", {
    "no shortcut": "no loss",
  }),
]);

/**
 * Where people find a row in tables and figures, and what it is called there.
 *
 * @param name Of the study's rows.
 * @throws RangeError for a name that the study does not have.
 *
 * @example
 * ```ts
 * import { studyPlace } from "lib/studies/planted_clues/study_names.ts";
 * import assert from "node:assert/strict";
 *
 * const { group, label } = studyPlace("heads + LIL");
 * assert.equal(`${group}: ${label}`, "All heads trained, a term on top: local term");
 * ```
 */
export function studyPlace(name: string): { readonly group: string; readonly label: string } {
  const found = STUDY_GROUPS.find(({ rows }) => Object.hasOwn(rows, name));
  if (!found) throw new RangeError(`The study has no row ${JSON.stringify(name)}.`);
  return { group: found.group, label: found.rows[name]! };
}
