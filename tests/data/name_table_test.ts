import assert from "node:assert/strict";
import fc from "fast-check";
import { NameTable } from "lib/data/name_table.ts";

Deno.test("NameTable numbers names as a Map would, however many and in whatever letters", () => {
  const names = fc.array(
    fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "a", "ab", "é")),
  );
  fc.assert(fc.property(names, (list) => {
    const table = new NameTable(), map = new Map<string, number>();
    for (const name of list) {
      if (!map.has(name)) map.set(name, map.size);
      assert.equal(table.numberOf(name), map.get(name));
    }
    assert.equal(table.size, map.size);
  }));
  const table = new NameTable();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 50_000; i++) assert.equal(table.numberOf(`video ${i}`), i);
  }
  assert.equal(table.size, 50_000);
});
