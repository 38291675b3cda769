/** The seven regions of the paper's information diagrams (Figs. 3 and 6), computed from a joint. */
import { entropy, interactionInformation, mutualInformation, type Unit } from "./entropy.ts";
import { type Joint, type Names } from "./joint.ts";

/** One region of a three-circle diagram. */
export interface VennRegion {
  /** The circles that the region lies inside, by label: one, two, or all three. */
  readonly inside: readonly string[];
  /** The quantity in symbols, such as `I(y; z1 | z2)`. */
  readonly symbol: string;
  /** Its value; only that of the triple overlap can be negative. */
  readonly value: number;
}

/**
 * The seven regions of three circles whose areas would be entropies: three conditional entropies,
 * three conditional mutual informations, and the interaction information of the middle.
 *
 * @param joint The distribution.
 * @param circles Three sides, each with the label it has in the symbols: `{ y: "y", Z: ["z1", "z2"] … }`.
 * @throws TypeError for other than three circles or an unknown variable.
 */
export function vennRegions(
  joint: Joint,
  circles: Readonly<Record<string, Names>>,
  options: { readonly unit?: Unit } = {},
): VennRegion[] {
  const labels = Object.keys(circles), sides = Object.values(circles);
  if (labels.length !== 3) {
    throw new TypeError(`The diagram has three circles, not ${labels.length}.`);
  }
  const union = (...names: Names[]) => names.flat();
  const unit = options.unit ?? "bits";
  const alone = [[0, 1, 2], [1, 0, 2], [2, 0, 1]].map(([a, b, c]) => ({
    inside: [labels[a]],
    symbol: `H(${labels[a]} | ${labels[b]}, ${labels[c]})`,
    value: entropy(joint, sides[a], { given: union(sides[b], sides[c]), unit }),
  }));
  const pairs = [[0, 1, 2], [0, 2, 1], [1, 2, 0]].map(([a, b, c]) => ({
    inside: [labels[a], labels[b]],
    symbol: `I(${labels[a]}; ${labels[b]} | ${labels[c]})`,
    value: mutualInformation(joint, [sides[a], sides[b]], { given: sides[c], unit }),
  }));
  const middle = {
    inside: labels,
    symbol: `I(${labels.join("; ")})`,
    value: interactionInformation(joint, sides, { unit }),
  };
  return [...alone, ...pairs, middle];
}
