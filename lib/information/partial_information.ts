/**
 * Partial information decomposition: what two sources tell of a label, parted into what only the one
 * tells, what only the other, what both tell, and what they tell together only. The parts follow from
 * the redundant one, and which that is, is a choice: Williams and Beer's is here, that of Bertschinger,
 * Rauh, Olbrich, Jost and Ay (BROJA) in broja.ts.
 */
import { mutualInformation, natsPer, type Unit } from "./entropy.ts";
import { type Joint, nameList, type Names } from "./joint.ts";
import { marginalTable, readNames } from "./marginal.ts";

/** Who tells of what. */
export interface Sources {
  /** The label y: one variable, or several taken together. */
  readonly label: Names;
  /** The two sources z₁ and z₂, each one variable or several taken together. */
  readonly locals: readonly [Names, Names];
  /** The unit of the parts; bits by default. */
  readonly unit?: Unit;
}

/** The four parts of I(y; z₁, z₂); they sum to it. */
export interface InformationParts {
  /** What z₁ alone tells and z₂ does not, and the other way round. */
  readonly unique: readonly [number, number];
  /** What z₁ tells and z₂ tells as well. */
  readonly redundant: number;
  /** What neither tells, but both together do. */
  readonly synergistic: number;
}

/** Throws a `TypeError` unless label and sources are three disjoint sets of the joint's variables. */
export function checkSources(joint: Joint, { label, locals }: Sources): void {
  if (locals.length !== 2) {
    throw new TypeError(`A decomposition has two sources, not ${locals.length}.`);
  }
  const sets = {
    "The label": label,
    "The first source": locals[0],
    "The second source": locals[1],
  };
  const seen = new Set<string>();
  for (const [role, names] of Object.entries(sets)) {
    const list = readNames(joint, names);
    if (list.length === 0) throw new TypeError(`${role} has no variable.`);
    const twice = list.find((name) => seen.has(name));
    if (twice !== undefined) throw new TypeError(`${role} has ${twice}, which is taken already.`);
    list.forEach((name) => seen.add(name));
  }
}

/**
 * The four parts that belong to a redundant part: I(y; zᵢ) is redundant and unique, and I(y; z₁, z₂) is
 * all four. So I(y; z₁ | z₂) is unique and synergistic, and the interaction information of the paper's
 * Eq. 3 is what is redundant less what is synergistic.
 *
 * @param joint The distribution.
 * @param sources The label and its two sources.
 * @param redundant In the sources' unit.
 * @throws TypeError as `checkSources`.
 */
export function partsFromRedundancy(
  joint: Joint,
  sources: Sources,
  redundant: number,
): InformationParts {
  checkSources(joint, sources);
  const { label, locals, unit = "bits" } = sources;
  const of = (z: Names) => mutualInformation(joint, [label, z], { unit });
  const [first, second] = [of(locals[0]), of(locals[1])];
  const all = of([...nameList(locals[0]), ...nameList(locals[1])]);
  return {
    unique: [first - redundant, second - redundant],
    redundant,
    synergistic: all - first - second + redundant,
  };
}

/**
 * The decomposition by Williams and Beer's I_min (2010, arXiv:1004.2515, Eqs. 2 and 3): for each state of
 * the label the smaller of the sources' specific informations,
 * Σ_y p(y) minᵢ Σ_zᵢ p(zᵢ | y) log p(y | zᵢ) / p(y).
 *
 * No part is negative. It counts as redundant whatever two sources tell *as much* of, though it be of
 * different things: two independent bits are one redundant bit of their pair. `broja` does not.
 *
 * @param joint The distribution.
 * @param sources The label and its two sources.
 * @throws TypeError for an unknown variable, one in two places, or a place without any.
 *
 * @example An "and": much is known to both
 * ```ts
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import { williamsBeer } from "lib/information/partial_information.ts";
 * import assert from "node:assert/strict";
 *
 * const and = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a & b) ? 1 / 4 : 0);
 * const { unique, redundant, synergistic } = williamsBeer(and, { label: "y", locals: ["z1", "z2"] });
 * assert(Math.abs(redundant - 0.3113) < 1e-4 && Math.abs(synergistic - 0.5) < 1e-12);
 * assert(unique.every((part) => Math.abs(part) < 1e-12));
 * ```
 */
export function williamsBeer(joint: Joint, sources: Sources): InformationParts {
  checkSources(joint, sources);
  const { label, locals, unit } = sources;
  const ofLabel = marginalTable(joint, label), labels = ofLabel.length;
  const specific = locals.map((z) => { // p(y) times the specific information of z at y, in nats
    const pairs = marginalTable(joint, [...nameList(label), ...nameList(z)]);
    const alone = marginalTable(joint, z), states = alone.length;
    return Array.from({ length: labels }, (_, y) => {
      let sum = 0;
      for (let state = 0; state < states; state++) {
        const p = pairs[y * states + state];
        if (p > 0) sum += p * Math.log(p / (alone[state] * ofLabel[y]));
      }
      return sum;
    });
  });
  const nats = specific[0].reduce((sum, first, y) => sum + Math.min(first, specific[1][y]), 0);
  return partsFromRedundancy(joint, sources, nats / natsPer(unit));
}
