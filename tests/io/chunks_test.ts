import assert from "node:assert/strict";
import fc from "fast-check";
import { chunksOf } from "lib/io/chunks.ts";

Deno.test("chunksOf gives all items in order, each piece full but the last, which is not empty", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer()),
    fc.integer({ min: 1, max: 9 }),
    async (items, size) => {
      const chunks = await Array.fromAsync(chunksOf(items, size));
      assert.deepEqual(chunks.flat(), items);
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.length === size));
      assert.ok(chunks.every((chunk) => chunk.length > 0 && chunk.length <= size));
    },
  ));
});

Deno.test("chunksOf reads no item before it is wanted, and ends its source when it is left", async () => {
  let read = 0, ended = false;
  async function* source() {
    try {
      for (;;) yield read++;
    } finally {
      ended = true;
    }
  }
  for await (const chunk of chunksOf(source(), 3)) {
    assert.deepEqual(chunk, [0, 1, 2]);
    break;
  }
  assert.equal(read, 3);
  assert.ok(ended);
});
