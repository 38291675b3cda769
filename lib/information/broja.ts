/**
 * The partial information decomposition of Bertschinger, Rauh, Olbrich, Jost and Ay (2014, "Quantifying
 * unique information", arXiv:1311.2852), BROJA for short. What is unique to a source may depend only on
 * what that source and the label have in common, p(y, z₁), and likewise for the other; so among all joints
 * with these two marginals the one that tells least of the label has no synergy, and what the true joint
 * tells beyond it is synergistic. The search for it is in least_informative.ts.
 */
import { entropy, mutualInformation, natsPer } from "./entropy.ts";
import type { Joint } from "./joint.ts";
import { leastInformative } from "./least_informative.ts";
import { marginalTable } from "./marginal.ts";
import {
  checkSources,
  type InformationParts,
  partsFromRedundancy,
  type Sources,
} from "./partial_information.ts";

/** The four parts, and how exactly they are known. */
export interface BrojaParts extends InformationParts {
  /**
   * How far the parts can be from the exact ones, in the sources' unit: the redundant and the synergistic
   * part are at most this much too small, the unique ones at most this much too large. A proof by duality,
   * not an estimate; below 1e-9 bits unless states are many.
   */
  readonly gap: number;
}

/**
 * The decomposition of what two sources tell of a label.
 *
 * @param joint The distribution.
 * @param sources The label and its two sources.
 * @returns Parts of 0 or more, less at most 1e-9 for rounding.
 * @throws TypeError for an unknown variable, one in two places, or a place without any; RangeError for
 * more states than the search can hold, as `leastInformative`.
 *
 * @example Two clues that err independently: redundant is what the weaker one knows
 * ```ts
 * import { broja } from "lib/information/broja.ts";
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const clues = jointFromFunction(
 *   { y: 2, z1: 2, z2: 2 },
 *   (y, z1, z2) => (z1 === y ? 0.95 : 0.05) * (z2 === y ? 0.8 : 0.2) / 2,
 * );
 * const { unique, redundant, gap } = broja(clues, { label: "y", locals: ["z1", "z2"] });
 * assert(Math.abs(redundant - 0.2781) < 1e-4 && Math.abs(unique[0] - 0.4355) < 1e-4);
 * assert(Math.abs(unique[1]) < 1e-9 && gap < 1e-9);
 * ```
 */
export function broja(joint: Joint, sources: Sources): BrojaParts {
  checkSources(joint, sources);
  const { label, locals, unit = "bits" } = sources;
  const [first, second] = locals.map((z) => ({
    pairs: marginalTable(joint, [label, z].flat()),
    tells: mutualInformation(joint, [label, z], { unit }),
  }));
  const labels = marginalTable(joint, label).length;
  const least = leastInformative([first.pairs, second.pairs], labels);
  const leastTold = entropy(joint, label, { unit }) - least.entropy / natsPer(unit);
  const redundant = first.tells + second.tells - leastTold;
  return { ...partsFromRedundancy(joint, sources, redundant), gap: least.gap / natsPer(unit) };
}
