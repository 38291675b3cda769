/** Pieces of one length out of a sequence of any length. */

/**
 * The items in their order, `size` at a time; the last piece holds what is left. Memory holds one piece.
 *
 * @param size Items a piece, 1 or more.
 *
 * @example
 * ```ts
 * import { chunksOf } from "lib/io/chunks.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await Array.fromAsync(chunksOf([1, 2, 3], 2)), [[1, 2], [3]]);
 * ```
 */
export async function* chunksOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncGenerator<Item[], void, void> {
  let chunk: Item[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
