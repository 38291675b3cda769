/**
 * Validation where a publisher has none: which training identities are held out. Choices are made on
 * validation, so test is never touched.
 */
import { sha256 } from "lib/io/sha256.ts";
import type { Split } from "../samples.ts";

/**
 * The split of a training video: "validation" for about `share` of the keys, always the same ones,
 * whatever else is in the data set.
 *
 * @param key What must stay together: the first identity, or the video where there is none.
 * @param share 0 to 1.
 *
 * @example
 * ```ts
 * import { heldOut } from "lib/data/readers/held_out.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(heldOut("id7", 0), "train");
 * assert.equal(heldOut("id7", 0.1), heldOut("id7", 0.1));
 * ```
 */
export function heldOut(key: string, share: number): Split {
  const number = parseInt(sha256(key).slice(0, 8), 16) / 2 ** 32;
  return number < share ? "validation" : "train";
}
