/**
 * A joint distribution of a few named discrete variables as one exact table, and its construction
 * from a table, a function, independent parts or samples. Derived joints are in marginal.ts,
 * conditional.ts and derived.ts; entropies in entropy.ts.
 */

/** One variable's name, or several: `"y"` or `["z1", "z2"]`. */
export type Names = string | readonly string[];

/** The names as a list. */
export function nameList(names: Names): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

/** How many states each variable has, in the order of the table's axes: `{ y: 2, z1: 2 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** A joint distribution. Made by the functions of this folder, which check it; do not edit it. */
export interface Joint {
  /** The variables, in the order of the table's axes. */
  readonly names: readonly string[];
  /** The number of states of each variable, in the same order. A state is 0, 1, …, size − 1. */
  readonly sizes: readonly number[];
  /** Probabilities in row-major order: the last variable's state changes fastest. */
  readonly table: Float64Array;
}

/** How far a table's sum may be from one: room for rounding, not for mistakes. */
const SUM_TOLERANCE = 1e-9;

const MOST_CELLS = 2 ** 27; // 1 GiB of float64

/** The axes that `sizes` asks for and the number of cells; throws as `jointFromTable` says. */
export function readSizes(sizes: Sizes): { names: string[]; sizes: number[]; cells: number } {
  const names = Object.keys(sizes);
  let cells = 1;
  for (const name of names) {
    if (/^\d*$/.test(name)) {
      throw new TypeError(`"${name}" cannot name a variable: begin the name with a letter.`);
    }
    const size = sizes[name];
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Variable ${name} has size ${size}, but needs a whole number from 1.`);
    }
    cells *= size;
  }
  if (cells > MOST_CELLS) {
    throw new RangeError(`${cells} cells are too many: a joint holds at most ${MOST_CELLS}.`);
  }
  return { names, sizes: names.map((name) => sizes[name]), cells };
}

/** The states of cell `cell`, one per axis. */
export function cellStates(sizes: readonly number[], cell: number): number[] {
  const states = new Array<number>(sizes.length);
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    states[axis] = cell % sizes[axis];
    cell = Math.floor(cell / sizes[axis]);
  }
  return states;
}

/** Throws unless `state` is a state of the variable; `where` begins the message. */
export function checkState(state: number, variable: { name: string; size: number }, where: string) {
  if (!Number.isInteger(state) || state < 0 || state >= variable.size) {
    throw new RangeError(
      `${where}: ${variable.name} is ${state}, but its states are 0 to ${variable.size - 1}.`,
    );
  }
}

/** Throws unless the entries are probabilities that sum to one; `place` names an entry by index. */
export function checkProbabilities(table: ArrayLike<number>, place: (entry: number) => string) {
  let sum = 0;
  for (let i = 0; i < table.length; i++) {
    const p = table[i];
    if (!(p >= 0 && p <= 1 + SUM_TOLERANCE)) {
      throw new RangeError(`${place(i)} is ${p}, but a probability is from 0 to 1.`);
    }
    sum += p;
  }
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    throw new RangeError(
      `The probabilities sum to ${sum}, not 1: divide each by the sum if they are weights.`,
    );
  }
}

/**
 * The joint whose probabilities are `table`, copied.
 *
 * @param sizes The variables and how many states each has.
 * @param table One probability per cell, row-major: the last variable's state changes fastest.
 * @throws TypeError when the table has the wrong length or a name is a number.
 * @throws RangeError for an entry that is negative, above one or not a number (which entry is
 * said), for a sum that is not one within 1e-9, and for a size that is not a whole number from 1.
 *
 * @example A clue that agrees with the label three times in four
 * ```ts
 * import { jointFromTable } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const joint = jointFromTable({ y: 2, z: 2 }, [3 / 8, 1 / 8, 1 / 8, 3 / 8]);
 * assert.deepEqual(joint.names, ["y", "z"]);
 * assert.throws(() => jointFromTable({ y: 2 }, [1.5, -0.5]), /Entry 0 \(y=0\) is 1.5/);
 * ```
 */
export function jointFromTable(sizes: Sizes, table: ArrayLike<number>): Joint {
  const axes = readSizes(sizes);
  if (table.length !== axes.cells) {
    const shape = axes.names.map((name, axis) => `${name}: ${axes.sizes[axis]}`).join(", ");
    throw new TypeError(
      `The table has ${table.length} entries, but { ${shape} } needs ${axes.cells}.`,
    );
  }
  checkProbabilities(table, (entry) => {
    const states = cellStates(axes.sizes, entry);
    return `Entry ${entry} (${axes.names.map((n, axis) => `${n}=${states[axis]}`).join(", ")})`;
  });
  return { names: axes.names, sizes: axes.sizes, table: Float64Array.from(table) };
}

/**
 * The joint with probability `probability(...states)` at every cell, states in the order of `sizes`.
 *
 * @throws As `jointFromTable`.
 *
 * @example The label is the exclusive or of two fair bits
 * ```ts
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const xor = jointFromFunction(
 *   { y: 2, z1: 2, z2: 2 },
 *   (y, z1, z2) => y === (z1 ^ z2) ? 1 / 4 : 0,
 * );
 * assert.deepEqual([...xor.table], [0.25, 0, 0, 0.25, 0, 0.25, 0.25, 0]);
 * ```
 */
export function jointFromFunction(
  sizes: Sizes,
  probability: (...states: number[]) => number,
): Joint {
  const axes = readSizes(sizes);
  const table = new Float64Array(axes.cells);
  for (let i = 0; i < table.length; i++) table[i] = probability(...cellStates(axes.sizes, i));
  return jointFromTable(sizes, table);
}

/**
 * The joint of parts that are independent of one another, axes in the order of the parts.
 *
 * @throws TypeError when two parts have a variable of the same name.
 */
export function independentJoint(parts: readonly Joint[]): Joint {
  let table = Float64Array.of(1);
  const sizes: Record<string, number> = {};
  for (const part of parts) {
    part.names.forEach((name, axis) => {
      if (Object.hasOwn(sizes, name)) {
        throw new TypeError(`Two independent parts have a variable ${name}.`);
      }
      sizes[name] = part.sizes[axis];
    });
    const product = new Float64Array(table.length * part.table.length);
    for (let i = 0, k = 0; i < table.length; i++) {
      for (let j = 0; j < part.table.length; j++) product[k++] = table[i] * part.table[j];
    }
    table = product;
  }
  return jointFromTable(sizes, table);
}

/**
 * The relative frequencies of observed states. An entropy of them estimates the source's from
 * below (its bias is about (cells − 1) / 2N nats), so use many more samples than cells.
 *
 * @param sizes The variables and how many states each has.
 * @param samples Rows of states, one state per variable in the order of `sizes`; at least one row.
 * @throws TypeError for a row of the wrong length or no row; RangeError for a state out of range.
 */
export function jointFromSamples(sizes: Sizes, samples: readonly ArrayLike<number>[]): Joint {
  const axes = readSizes(sizes);
  if (samples.length === 0) throw new TypeError("A joint needs at least one sample.");
  const counts = new Float64Array(axes.cells);
  samples.forEach((states, row) => {
    if (states.length !== axes.names.length) {
      throw new TypeError(
        `Sample ${row} has ${states.length} states for ${axes.names.length} variables.`,
      );
    }
    let cell = 0;
    axes.names.forEach((name, axis) => {
      checkState(states[axis], { name, size: axes.sizes[axis] }, `Sample ${row}`);
      cell = cell * axes.sizes[axis] + states[axis];
    });
    counts[cell]++;
  });
  return jointFromTable(sizes, counts.map((count) => count / samples.length));
}
