/**
 * Looking at part of a joint: some of its variables (marginal), or the cells where some variables
 * have given states (condition). New variables are added in derived.ts.
 */
import { checkState, type Joint, jointFromTable, nameList, type Names } from "./joint.ts";

/**
 * The names as a list without repeats; throws a `TypeError` for one that the joint does not have, and for what
 * is no joint, which a notebook's cell, run without a check of its types, may well hand over.
 */
export function readNames(joint: Joint, names: Names): string[] {
  if (!Array.isArray(joint?.names)) {
    throw new TypeError(
      "This is no joint distribution: make one by jointFromFunction or jointFromTable.",
    );
  }
  const list = [...new Set(nameList(names))];
  const unknown = list.find((name) => !joint.names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`No variable ${unknown}: the joint has ${joint.names.join(", ")}.`);
  }
  return list;
}

/** The size of each of the joint's variables, by name. */
export function sizesOf(joint: Joint, names: Names = joint.names): Record<string, number> {
  return Object.fromEntries(
    readNames(joint, names).map((name) => [name, joint.sizes[joint.names.indexOf(name)]]),
  );
}

/**
 * For every cell of the joint, the index of its states of `names` in a row-major table over `names`
 * alone, in the order given.
 */
export function cellIndex(joint: Joint, names: Names): Int32Array {
  const wanted = readNames(joint, names);
  const strides = new Map<string, number>();
  let stride = 1;
  for (const name of wanted.toReversed()) {
    strides.set(name, stride);
    stride *= joint.sizes[joint.names.indexOf(name)];
  }
  let index = new Int32Array(1);
  joint.names.forEach((name, axis) => { // each axis multiplies the cells by its size
    const size = joint.sizes[axis], step = strides.get(name) ?? 0;
    const next = new Int32Array(index.length * size);
    for (let i = 0, k = 0; i < index.length; i++) {
      for (let state = 0; state < size; state++) next[k++] = index[i] + state * step;
    }
    index = next;
  });
  return index;
}

/** The marginal's probabilities alone, for inner loops: row-major over `names` in the order given. */
export function marginalTable(joint: Joint, names: Names): Float64Array {
  const cells = Object.values(sizesOf(joint, names)).reduce((a, b) => a * b, 1);
  const index = cellIndex(joint, names);
  const table = new Float64Array(cells);
  for (let i = 0; i < index.length; i++) table[index[i]] += joint.table[i];
  return table;
}

/**
 * The joint of some of the variables, axes in the order of `names`: sums over all others.
 *
 * @throws TypeError for a variable that the joint does not have.
 *
 * @example Each bit of an exclusive or is fair
 * ```ts
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import { marginal } from "lib/information/marginal.ts";
 * import assert from "node:assert/strict";
 *
 * const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
 * assert.deepEqual([...marginal(xor, "y").table], [0.5, 0.5]);
 * ```
 */
export function marginal(joint: Joint, names: Names): Joint {
  return jointFromTable(sizesOf(joint, names), marginalTable(joint, names));
}

/**
 * The joint of the other variables once some are known to have the states of `event`.
 *
 * @param joint The distribution.
 * @param event States of some variables, such as `{ y: 1 }`.
 * @throws TypeError for an unknown variable; RangeError for a state that the variable does not have
 * and for an event of probability zero, where nothing is defined.
 */
export function condition(joint: Joint, event: Readonly<Record<string, number>>): Joint {
  const known = readNames(joint, Object.keys(event));
  const others = joint.names.filter((name) => !known.includes(name));
  const said = known.map((name) => `${name}=${event[name]}`).join(", ");
  let row = 0;
  for (const [name, size] of Object.entries(sizesOf(joint, known))) {
    checkState(event[name], { name, size }, "The event");
    row = row * size + event[name];
  }
  const ordered = marginal(joint, [...known, ...others]).table;
  const cells = Object.values(sizesOf(joint, others)).reduce((a, b) => a * b, 1);
  const table = ordered.slice(row * cells, (row + 1) * cells);
  const probability = table.reduce((a, b) => a + b, 0);
  if (probability === 0) {
    throw new RangeError(`The event ${said} has probability 0: nothing can be conditioned on it.`);
  }
  return jointFromTable(sizesOf(joint, others), table.map((p) => p / probability));
}
