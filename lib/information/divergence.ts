/**
 * Kullback–Leibler divergence and cross-entropy: between two distributions, and in expectation
 * between heads p(y | Z) over a joint. The direction is always first ‖ second.
 */
import { type Conditional } from "./conditional.ts";
import { natsPer, type Unit } from "./entropy.ts";
import { checkProbabilities, type Joint } from "./joint.ts";
import { cellIndex, marginalTable, readNames } from "./marginal.ts";

/** Options of a divergence. */
export interface DivergenceOptions {
  /** The unit of the result; bits by default. */
  readonly unit?: Unit;
}

/** Σ p log(p / q) in nats over `columns` entries from the two offsets; q = 0 < p gives infinity. */
function rowDivergence(p: ArrayLike<number>, q: ArrayLike<number>, at: [number, number, number]) {
  const [i, j, columns] = at;
  let sum = 0;
  for (let k = 0; k < columns; k++) {
    if (p[i + k] > 0) sum += p[i + k] * Math.log(p[i + k] / q[j + k]);
    else if (Number.isNaN(p[i + k])) return NaN;
  }
  return sum;
}

function checkPair(p: ArrayLike<number>, q: ArrayLike<number>) {
  if (p.length !== q.length) {
    throw new TypeError(`The distributions have ${p.length} and ${q.length} states.`);
  }
  checkProbabilities(p, (entry) => `The first distribution's entry ${entry}`);
  checkProbabilities(q, (entry) => `The second distribution's entry ${entry}`);
}

/**
 * KL(p ‖ q) = Σ p log(p / q).
 *
 * @param p The distribution that the expectation is over.
 * @param q The other, of the same states.
 * @returns 0 or more; infinite where q is 0 and p is not.
 * @throws TypeError for different lengths; RangeError when either is not a distribution.
 *
 * @example The two directions differ
 * ```ts
 * import { klDivergence } from "lib/information/divergence.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(klDivergence([1, 0], [0.5, 0.5]), 1);
 * assert.equal(klDivergence([0.5, 0.5], [1, 0]), Infinity);
 * ```
 */
export function klDivergence(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  options: DivergenceOptions = {},
): number {
  checkPair(p, q);
  return rowDivergence(p, q, [0, 0, p.length]) / natsPer(options.unit);
}

/**
 * −Σ p log q = H(p) + KL(p ‖ q), infinite where q is 0 and p is not.
 *
 * @throws TypeError for different lengths; RangeError when either is not a distribution.
 */
export function crossEntropy(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  options: DivergenceOptions = {},
): number {
  checkPair(p, q);
  let sum = 0;
  for (let k = 0; k < p.length; k++) if (p[k] > 0) sum -= p[k] * Math.log(q[k]);
  return sum / natsPer(options.unit);
}

const shape = (sizes: Readonly<Record<string, number>>) =>
  Object.entries(sizes).map(([name, size]) => `${name}: ${size}`).join(", ");

/** Throws a `TypeError` for what is no head, such as a joint: cells run without a check of their types. */
function checkHead(head: Conditional) {
  if (head?.of && head.given) return;
  throw new TypeError(
    "A head is a table p(of | given): make it by conditional or conditionalFromRows.",
  );
}

function checkFits(joint: Joint, head: Conditional) {
  readNames(joint, []); // throws for what is no joint
  for (const [name, size] of Object.entries({ ...head.of, ...head.given })) {
    const axis = joint.names.indexOf(name);
    if (joint.sizes[axis] !== size) {
      throw new TypeError(
        `The head has ${name}: ${size}, but the joint has ` +
          `${axis < 0 ? "no such variable" : `${name}: ${joint.sizes[axis]}`}.`,
      );
    }
  }
}

/**
 * E[KL(first(·|…) ‖ second(·|…))] over the joint distribution of what the two heads read: the paper's
 * D_KL[P_Z ‖ P_{Z∖zᵢ}] (Eq. 7) and D_KL[P_Z ‖ P_G] (Eq. 12) averaged over the data.
 *
 * @param joint Holds the variables that both heads read.
 * @param pair Two heads over the same variables: exact ones by `conditional`, or any others.
 * @returns 0 or more, infinite where the second gives 0 to what the first thinks possible.
 * @throws TypeError when a head is no conditional table or its variables are not the joint's, or the heads predict
 * different ones.
 * @throws RangeError when a head is undefined at something that can happen.
 *
 * @example The theorem of Eq. 7, with equality, for the exclusive or
 * ```ts
 * import { conditional } from "lib/information/conditional.ts";
 * import { expectedDivergence } from "lib/information/divergence.ts";
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
 * const joint = conditional(xor, "y", { given: ["z1", "z2"] });
 * const without1 = conditional(xor, "y", { given: "z2" });
 * assert.equal(expectedDivergence(xor, [joint, without1]), 1); // I(z1; y | z2) is 1 bit
 * ```
 */
export function expectedDivergence(
  joint: Joint,
  pair: readonly [Conditional, Conditional],
  options: DivergenceOptions = {},
): number {
  const [first, second] = pair;
  [first, second].forEach(checkHead);
  if (shape(first.of) !== shape(second.of)) {
    throw new TypeError(
      `The heads predict { ${shape(first.of)} } and { ${shape(second.of)} }, not the same.`,
    );
  }
  pair.forEach((head) => checkFits(joint, head));
  const read = [...new Set([...Object.keys(first.given), ...Object.keys(second.given)])];
  const reads: Joint = {
    names: read,
    sizes: read.map((name) => joint.sizes[joint.names.indexOf(name)]),
    table: marginalTable(joint, read),
  };
  const firstRow = cellIndex(reads, Object.keys(first.given));
  const secondRow = cellIndex(reads, Object.keys(second.given));
  const { columns } = first;
  let sum = 0;
  for (let i = 0; i < reads.table.length; i++) {
    if (reads.table[i] === 0) continue;
    const at: [number, number, number] = [firstRow[i] * columns, secondRow[i] * columns, columns];
    sum += reads.table[i] * rowDivergence(first.table, second.table, at);
  }
  if (Number.isNaN(sum)) throw new RangeError("A head is undefined at something that can happen.");
  return sum / natsPer(options.unit);
}

/**
 * E[−log head(of | given)]: a head's cross-entropy on the joint. It is H(of | given) for the exact
 * conditional and larger by E[KL(exact ‖ head)] for any other.
 *
 * @throws TypeError when the head is no conditional table, or its variables are not the joint's.
 * @throws RangeError when the head is undefined at something that can happen.
 */
export function expectedCrossEntropy(
  joint: Joint,
  head: Conditional,
  options: DivergenceOptions = {},
): number {
  checkHead(head);
  checkFits(joint, head);
  const table = marginalTable(joint, [...Object.keys(head.given), ...Object.keys(head.of)]);
  let sum = 0;
  for (let i = 0; i < table.length; i++) {
    if (table[i] > 0) sum -= table[i] * Math.log(head.table[i]);
  }
  if (Number.isNaN(sum)) throw new RangeError("A head is undefined at something that can happen.");
  return sum / natsPer(options.unit);
}
