/** Differential entropy of Gaussian variables in closed form: unlike discrete entropy it can be negative. */
import { natsPer, type Unit } from "./entropy.ts";

/** log |covariance| by Cholesky; throws as `gaussianEntropy` says. */
function logDeterminant(covariance: readonly (readonly number[])[]): number {
  const n = covariance.length;
  const lower = covariance.map(() => new Float64Array(n));
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (covariance[i].length !== n) {
      throw new TypeError(
        `Row ${i} of the covariance has ${covariance[i].length} entries for ${n}.`,
      );
    }
    for (let j = 0; j <= i; j++) {
      if (Math.abs(covariance[i][j] - covariance[j][i]) > 1e-12) {
        throw new RangeError(`The covariance is not symmetric at (${i}, ${j}).`);
      }
      let rest = covariance[i][j];
      for (let k = 0; k < j; k++) rest -= lower[i][k] * lower[j][k];
      if (i !== j) lower[i][j] = rest / lower[j][j];
      else if (rest > 0) lower[i][i] = Math.sqrt(rest);
      else throw new RangeError(`The covariance is not positive definite at row ${i}.`);
    }
    sum += 2 * Math.log(lower[i][i]);
  }
  return sum;
}

/**
 * The differential entropy h = ½ log((2πe)ⁿ |Σ|) of a Gaussian, or h(of | given) when `given` names
 * other rows of the covariance.
 *
 * @param covariance A symmetric positive definite matrix.
 * @param options `of` and `given`: row numbers, all and none by default; `unit`: bits by default.
 * @returns Any real number: negative when the variables are confined to a volume below one.
 * @throws TypeError for a matrix that is not square or a row that does not exist; RangeError for one
 * that is not symmetric or not positive definite.
 *
 * @example A narrow Gaussian has negative entropy
 * ```ts
 * import { gaussianEntropy } from "lib/information/gaussian.ts";
 * import assert from "node:assert/strict";
 *
 * assert(gaussianEntropy([[0.01]]) < 0);
 * ```
 */
export function gaussianEntropy(
  covariance: readonly (readonly number[])[],
  options: {
    readonly of?: readonly number[];
    readonly given?: readonly number[];
    readonly unit?: Unit;
  } = {},
): number {
  const { of = covariance.map((_, row) => row), given = [], unit } = options;
  const nats = (rows: readonly number[]) => {
    const missing = rows.find((row) => covariance[row] === undefined);
    if (missing !== undefined) throw new TypeError(`The covariance has no row ${missing}.`);
    const part = rows.map((row) => {
      if (covariance[row].length !== covariance.length) {
        throw new TypeError(`Row ${row} of the covariance has ${covariance[row].length} entries.`);
      }
      return rows.map((column) => covariance[row][column]);
    });
    return (rows.length * Math.log(2 * Math.PI * Math.E) + logDeterminant(part)) / 2;
  };
  return (nats([...new Set([...of, ...given])]) - nats(given)) / natsPer(unit);
}
