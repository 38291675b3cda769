/**
 * Conditional tables p(of | given): read off a joint (then they are the optimal heads), or written
 * down (any other head, an encoder, a noisy channel). Divergences between them: divergence.ts.
 */
import {
  cellStates,
  checkProbabilities,
  type Joint,
  type Names,
  readSizes,
  type Sizes,
} from "./joint.ts";
import { marginalTable, readNames, sizesOf } from "./marginal.ts";

/** A table p(of | given). A classification head on z1 is `{ of: { y: 2 }, given: { z1: 2 } }`. */
export interface Conditional {
  /** The variables that the rows are distributions of, and their sizes. */
  readonly of: Sizes;
  /** The variables that choose the row, and their sizes. */
  readonly given: Sizes;
  /** Length of a row: the product of the sizes of `of`. */
  readonly columns: number;
  /** The rows one after another, row-major over `given`. A row for an event of probability zero is NaN. */
  readonly table: Float64Array;
}

/**
 * The conditional table with the given rows.
 *
 * @param variables The variables of a row, and those that choose the row.
 * @param rows One distribution per combination of the given states, the last given variable's state
 * changing fastest; each is row-major over `of`.
 * @throws TypeError for the wrong number of rows or columns; RangeError for a row that is not a
 * distribution, saying which row and entry.
 *
 * @example A head that is sure, and wrong once in ten
 * ```ts
 * import { conditionalFromRows } from "lib/information/conditional.ts";
 *
 * conditionalFromRows({ of: { y: 2 }, given: { z: 2 } }, [[0.9, 0.1], [0.1, 0.9]]);
 * ```
 */
export function conditionalFromRows(
  variables: { readonly of: Sizes; readonly given: Sizes },
  rows: readonly ArrayLike<number>[],
): Conditional {
  const of = readSizes(variables.of), given = readSizes(variables.given);
  if (rows.length !== given.cells) {
    throw new TypeError(
      `${rows.length} rows, but the given variables have ${given.cells} combinations.`,
    );
  }
  const table = new Float64Array(of.cells * given.cells);
  rows.forEach((row, r) => {
    const states = cellStates(given.sizes, r);
    const said = given.names.map((name, axis) => `${name}=${states[axis]}`).join(", ");
    if (row.length !== of.cells) {
      throw new TypeError(`Row ${r} (${said}) has ${row.length} entries, but needs ${of.cells}.`);
    }
    checkProbabilities(row, (entry) => `Row ${r} (${said}), entry ${entry}`);
    table.set(Array.from(row), r * of.cells);
  });
  return { of: { ...variables.of }, given: { ...variables.given }, columns: of.cells, table };
}

/**
 * The exact conditional p(of | given) of a joint. For `of` = y it is the head that no head on the
 * same inputs can beat in expected cross-entropy.
 *
 * @param joint The distribution.
 * @param of The variables of a row.
 * @param options `given`: the variables that choose the row; none by default, which gives one row.
 * @returns Rows of probability zero hold NaN: nothing is known about what never happens.
 * @throws TypeError for an unknown variable, or one on both sides.
 */
export function conditional(
  joint: Joint,
  of: Names,
  options: { readonly given?: Names } = {},
): Conditional {
  const rowNames = readNames(joint, of), givenNames = readNames(joint, options.given ?? []);
  const both = rowNames.find((name) => givenNames.includes(name));
  if (both !== undefined) throw new TypeError(`${both} stands on both sides of the bar.`);
  const table = marginalTable(joint, [...givenNames, ...rowNames]);
  const columns = Object.values(sizesOf(joint, rowNames)).reduce((a, b) => a * b, 1);
  for (let start = 0; start < table.length; start += columns) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += table[start + j];
    for (let j = 0; j < columns; j++) table[start + j] /= sum; // 0 / 0 is the NaN that is promised
  }
  return { of: sizesOf(joint, rowNames), given: sizesOf(joint, givenNames), columns, table };
}
