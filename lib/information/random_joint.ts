/** Random joints and conditional tables for property tests, and samples drawn from a joint. */
import { type Random } from "lib/random.ts";
import { type Conditional, conditionalFromRows } from "./conditional.ts";
import { cellStates, type Joint, jointFromTable, readSizes, type Sizes } from "./joint.ts";

/** How a random table is drawn. */
export interface RandomTableOptions {
  /** Where the numbers come from. */
  readonly random: Random;
  /** Probability that a cell is an exact zero, 0 to below 1; 0 by default. One cell is always kept. */
  readonly zeros?: number;
}

/** Uniform on the simplex of `cells` probabilities, but for the zeros. */
function randomRow(cells: number, options: RandomTableOptions): Float64Array {
  const { random, zeros = 0 } = options;
  if (!(zeros >= 0 && zeros < 1)) {
    throw new RangeError(`The share of zeros is ${zeros}, but must be from 0 to below 1.`);
  }
  const weights = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    const weight = -Math.log(1 - random.uniform()); // exponential weights, normalised: Dirichlet(1)
    weights[i] = random.uniform() < zeros ? 0 : weight;
  }
  let sum = weights.reduce((a, b) => a + b, 0);
  if (sum === 0) sum = weights[random.integer(cells)] = 1;
  return weights.map((weight) => weight / sum);
}

/**
 * A joint drawn uniformly from all joints of these sizes, but for a share of exact zeros.
 *
 * @throws RangeError for sizes that are not whole numbers from 1, or a share of zeros out of range.
 */
export function randomJoint(sizes: Sizes, options: RandomTableOptions): Joint {
  return jointFromTable(sizes, randomRow(readSizes(sizes).cells, options));
}

/** A conditional table whose rows are drawn independently, each as `randomJoint` draws. */
export function randomConditional(
  variables: { readonly of: Sizes; readonly given: Sizes },
  options: RandomTableOptions,
): Conditional {
  const columns = readSizes(variables.of).cells, count = readSizes(variables.given).cells;
  return conditionalFromRows(
    variables,
    Array.from({ length: count }, () => randomRow(columns, options)),
  );
}

/**
 * Independent draws from a joint, each a row of states in the joint's order.
 *
 * @throws RangeError unless `count` is a whole number from 0.
 */
export function drawSamples(
  joint: Joint,
  options: { readonly count: number; readonly random: Random },
): number[][] {
  const { count, random } = options;
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`The number of samples is ${count}, but must be a whole number from 0.`);
  }
  const possible: number[] = [], upTo: number[] = [];
  let total = 0;
  joint.table.forEach((p, cell) => {
    if (p > 0) (possible.push(cell), upTo.push(total += p));
  });
  return Array.from({ length: count }, () => {
    const u = random.uniform() * total;
    let low = 0, high = upTo.length - 1; // the first cell whose running total exceeds u
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] > u) high = middle;
      else low = middle + 1;
    }
    return cellStates(joint.sizes, possible[low]);
  });
}
