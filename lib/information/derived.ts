/**
 * New variables beside those of a joint: a deterministic function of some of them (a fusion layer,
 * a relabelling), or a draw from a conditional table (a stochastic encoder, noise).
 */
import { type Conditional } from "./conditional.ts";
import { cellStates, checkState, type Joint, jointFromTable, type Names } from "./joint.ts";
import { cellIndex, readNames, sizesOf } from "./marginal.ts";

/** A deterministic function of variables. */
export interface VariableFunction {
  /** The variables it reads, in the order of `value`'s arguments. */
  readonly of: Names;
  /** How many states the new variable has. */
  readonly size: number;
  /** The new variable's state, 0 to size − 1. */
  readonly value: (...states: number[]) => number;
}

function refuseTaken(joint: Joint, names: readonly string[]) {
  const taken = names.find((name) => joint.names.includes(name));
  if (taken !== undefined) throw new TypeError(`The joint already has a variable ${taken}.`);
}

/**
 * The joint with one more variable, last, that is a function of others.
 *
 * @param joint The distribution.
 * @param name The new variable's name.
 * @param rule What it reads, how many states it has, and its value.
 * @throws TypeError for a name that is taken or unknown; RangeError for a value out of range.
 *
 * @example A fused feature G of two local features
 * ```ts
 * import { withFunction } from "lib/information/derived.ts";
 * import { mutualInformation } from "lib/information/entropy.ts";
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const z = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
 * const fused = withFunction(z, "G", { of: ["z1", "z2"], size: 2, value: (a, b) => a ^ b });
 * assert.equal(mutualInformation(fused, ["y", "G"]), 1);
 * ```
 */
export function withFunction(joint: Joint, name: string, rule: VariableFunction): Joint {
  refuseTaken(joint, [name]);
  const inputs = sizesOf(joint, rule.of);
  const names = Object.keys(inputs), sizes = Object.values(inputs);
  const values = new Int32Array(sizes.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) {
    const states = cellStates(sizes, i), value = rule.value(...states);
    const said = names.map((input, axis) => `${input}=${states[axis]}`).join(", ");
    checkState(value, { name, size: rule.size }, `At ${said}`);
    values[i] = value;
  }
  const index = cellIndex(joint, names);
  const table = new Float64Array(joint.table.length * rule.size);
  for (let i = 0; i < index.length; i++) table[i * rule.size + values[index[i]]] = joint.table[i];
  return jointFromTable({ ...sizesOf(joint), [name]: rule.size }, table);
}

/**
 * The joint with more variables, last, drawn from p(of | given) and independent of everything else
 * once the given variables are known: the Markov chain (rest) – (given) – (of).
 *
 * @throws TypeError when a new name is taken, or a given variable is unknown or of another size.
 * @throws RangeError when a row that can happen is undefined.
 */
export function withConditional(joint: Joint, added: Conditional): Joint {
  refuseTaken(joint, Object.keys(added.of));
  const given = readNames(joint, Object.keys(added.given));
  for (const [name, size] of Object.entries(sizesOf(joint, given))) {
    if (added.given[name] !== size) {
      throw new TypeError(
        `${name} has ${size} states in the joint, but ${added.given[name]} in the conditional.`,
      );
    }
  }
  const index = cellIndex(joint, given), { columns } = added;
  const table = new Float64Array(joint.table.length * columns);
  for (let i = 0; i < index.length; i++) {
    if (joint.table[i] === 0) continue; // an undefined row may stand where nothing happens
    for (let j = 0; j < columns; j++) {
      table[i * columns + j] = joint.table[i] * added.table[index[i] * columns + j];
    }
  }
  return jointFromTable({ ...sizesOf(joint), ...added.of }, table);
}
