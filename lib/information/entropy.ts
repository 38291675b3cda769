/**
 * Entropies and informations of a joint's variables, exact up to rounding: 0 log 0 is 0. Divergences
 * between distributions are in divergence.ts.
 */
import { type Joint, nameList, type Names } from "./joint.ts";
import { marginalTable, readNames } from "./marginal.ts";

/** The logarithm's base: 2 for bits, e for nats. The losses of lib/losses are in nats. */
export type Unit = "bits" | "nats";

/** Options of every measure. */
export interface MeasureOptions {
  /** Variables that are known; none by default. */
  readonly given?: Names;
  /** The unit of the result; bits by default. */
  readonly unit?: Unit;
}

/** How many nats make one of the unit. Throws a `TypeError` for another word. */
export function natsPer(unit: Unit = "bits"): number {
  if (unit === "bits") return Math.LN2;
  if (unit === "nats") return 1;
  throw new TypeError(`The unit is "${unit}", but must be "bits" or "nats".`);
}

/** The entropy in nats of a table of probabilities. */
function tableEntropy(table: Float64Array): number {
  let sum = 0;
  for (const p of table) if (p > 0) sum -= p * Math.log(p);
  return sum;
}

/**
 * H(of | given) = −Σ p(of, given) log p(of | given), as H(of, given) − H(given).
 *
 * @param joint The distribution.
 * @param of One variable or several; none has entropy 0.
 * @returns From 0 to the logarithm of the number of states; rounding may leave −1e-16.
 * @throws TypeError for a variable that the joint does not have.
 *
 * @example A fair bit
 * ```ts
 * import { entropy } from "lib/information/entropy.ts";
 * import { jointFromTable } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const bit = jointFromTable({ y: 2 }, [0.5, 0.5]);
 * assert.equal(entropy(bit, "y"), 1);
 * assert.equal(entropy(bit, "y", { unit: "nats" }), Math.LN2);
 * ```
 */
export function entropy(joint: Joint, of: Names, options: MeasureOptions = {}): number {
  const given = readNames(joint, options.given ?? []);
  const all = readNames(joint, [...nameList(of), ...given]);
  const nats = tableEntropy(marginalTable(joint, all)) -
    (given.length > 0 ? tableEntropy(marginalTable(joint, given)) : 0);
  return nats / natsPer(options.unit);
}

/**
 * I(a; b | given) = H(a | given) + H(b | given) − H(a, b | given).
 *
 * @param joint The distribution.
 * @param pair The two sides, each one variable or several. A variable on both sides counts as
 * known to both: I(a; a) = H(a).
 * @returns 0 or more; rounding may leave −1e-15.
 * @throws TypeError for an unknown variable.
 *
 * @example What z1 says about y, without and with z2
 * ```ts
 * import { mutualInformation } from "lib/information/entropy.ts";
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
 * assert.equal(mutualInformation(xor, ["y", "z1"]), 0);
 * assert.equal(mutualInformation(xor, ["y", "z1"], { given: "z2" }), 1);
 * ```
 */
export function mutualInformation(
  joint: Joint,
  pair: readonly [Names, Names],
  options: MeasureOptions = {},
): number {
  const [a, b] = pair;
  return entropy(joint, a, options) + entropy(joint, b, options) -
    entropy(joint, [...nameList(a), ...nameList(b)], options);
}

/**
 * Interaction information with the sign of the paper's Eq. 3 and of McGill (1954):
 * I(a; b; c) = I(a; b) − I(a; b | c), also called co-information. Symmetric in its arguments. It is
 * negative where the parts say together what none says alone (synergy). Many books use the opposite
 * sign.
 *
 * @param joint The distribution.
 * @param parts Two or more sides, each one variable or several; two give mutual information.
 * @throws TypeError for an unknown variable or fewer than two sides.
 */
export function interactionInformation(
  joint: Joint,
  parts: readonly Names[],
  options: MeasureOptions = {},
): number {
  if (parts.length < 2) {
    throw new TypeError("Interaction information needs at least two sides.");
  }
  let sum = 0; // inclusion–exclusion over the non-empty sets of sides
  for (let set = 1; set < 2 ** parts.length; set++) {
    const chosen = parts.filter((_, side) => (set >> side) & 1);
    const sign = chosen.length % 2 === 1 ? 1 : -1;
    sum += sign * entropy(joint, chosen.flatMap((names) => nameList(names)), options);
  }
  return sum;
}

/**
 * The paper's local objective, Eq. 6: Σᵢ I(zᵢ; y | Z∖zᵢ).
 *
 * @param joint The distribution.
 * @param roles `label`: the variable y; `locals`: the local features z₁ … zₙ, one name or several each.
 * @returns 0 to n·H(y). It exceeds I(y; Z) exactly when the features are synergistic.
 * @throws TypeError for an unknown variable.
 */
export function localObjective(
  joint: Joint,
  roles: { readonly label: Names; readonly locals: readonly Names[]; readonly unit?: Unit },
): number {
  const { label, locals, unit = "bits" } = roles;
  return locals.reduce<number>((sum, z, i) => {
    const given = locals.filter((_, j) => j !== i).flatMap((names) => nameList(names));
    return sum + mutualInformation(joint, [z, label], { given, unit });
  }, 0);
}
