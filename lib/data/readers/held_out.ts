/**
 * Validation and test where nobody has made them: which people, or videos, are held out of training.
 * Choices are made on validation, so a publisher's test is never touched.
 */
import { sha256 } from "lib/io/sha256.ts";
import type { Split } from "../samples.ts";

/**
 * The split of what is for training: "validation" and "test" for about these shares of the keys, always the
 * same ones, whatever else is in the data set. Another share of one leaves the other as it was.
 *
 * @param key What must stay together: the first identity, or the video where there is none.
 * @param shares Each 0 to 0.5; `test` is 0 where a publisher has made one.
 *
 * @example
 * ```ts
 * import { heldOut } from "lib/data/readers/held_out.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(heldOut("id7", { validation: 0 }), "train");
 * assert.equal(heldOut("id7", { validation: 0.1 }), heldOut("id7", { validation: 0.1 }));
 * ```
 */
export function heldOut(
  key: string,
  { validation, test = 0 }: { readonly validation: number; readonly test?: number },
): Split {
  const number = parseInt(sha256(key).slice(0, 8), 16) / 2 ** 32;
  return number < validation ? "validation" : number >= 1 - test ? "test" : "train";
}
