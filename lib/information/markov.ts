/** Whether variables form a Markov chain, and by how much they do not. */
import { type MeasureOptions, mutualInformation } from "./entropy.ts";
import { type Joint, nameList, type Names } from "./joint.ts";

/**
 * By how much a – b – c (– d …) fails to be a Markov chain: the largest of I(past; next | now), zero
 * for a chain. For y – Z – G it is I(y; G | Z), what the global feature knows beyond Z.
 *
 * @param joint The distribution.
 * @param chain At least three links, each one variable or several.
 * @throws TypeError for fewer than three links or an unknown variable.
 */
export function markovGap(
  joint: Joint,
  chain: readonly Names[],
  options: Pick<MeasureOptions, "unit"> = {},
): number {
  if (chain.length < 3) {
    throw new TypeError(`A Markov chain has at least three links, not ${chain.length}.`);
  }
  const gaps = chain.slice(1, -1).map((now, i) => {
    const past = chain.slice(0, i + 1).flatMap((names) => nameList(names));
    return mutualInformation(joint, [past, chain[i + 2]], { ...options, given: now });
  });
  return Math.max(...gaps);
}

/**
 * Whether the variables form a Markov chain, in either direction.
 *
 * @param joint The distribution.
 * @param chain At least three links, each one variable or several.
 * @param options `tolerance`: the largest gap, in bits, that counts as none; 1e-12 by default.
 * @throws TypeError for fewer than three links or an unknown variable.
 *
 * @example The input, a noisy copy of it, and a noisy copy of the copy
 * ```ts
 * import { conditionalFromRows } from "lib/information/conditional.ts";
 * import { withConditional } from "lib/information/derived.ts";
 * import { jointFromTable } from "lib/information/joint.ts";
 * import { isMarkovChain } from "lib/information/markov.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [[0.9, 0.1], [0.2, 0.8]];
 * const one = jointFromTable({ y: 2 }, [0.5, 0.5]);
 * const two = withConditional(one, conditionalFromRows({ of: { Z: 2 }, given: { y: 2 } }, rows));
 * const all = withConditional(two, conditionalFromRows({ of: { G: 2 }, given: { Z: 2 } }, rows));
 * assert(isMarkovChain(all, ["y", "Z", "G"]));
 * assert(!isMarkovChain(all, ["Z", "y", "G"]));
 * ```
 */
export function isMarkovChain(
  joint: Joint,
  chain: readonly Names[],
  options: { readonly tolerance?: number } = {},
): boolean {
  return markovGap(joint, chain) <= (options.tolerance ?? 1e-12);
}
