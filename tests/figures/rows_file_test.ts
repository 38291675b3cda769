/** Rows as CSV and back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readRows, writeRows } from "lib/figures/rows_file.ts";

/** As it comes back: −0 is 0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const value = fc.oneof(fc.string({ unit: "grapheme" }), number, fc.boolean(), fc.constant(null));

Deno.test("readRows gives back the rows of writeRows, whatever text and numbers they hold", () => {
  const row = fc.record({
    text: fc.string({ unit: "binary" }),
    number,
    mixed: value,
    map: fc.array(fc.array(number)),
    'a, "b"\n': value,
  });
  fc.assert(fc.property(fc.array(row, { minLength: 1 }), (rows) => {
    let file;
    try {
      file = writeRows(rows);
    } catch (error) {
      // What a CSV cannot keep is refused, not changed.
      assert.match((error as Error).message, /which a CSV file cannot keep/);
      return;
    }
    assert.deepEqual(readRows(file), rows.map((r) => ({ ...r })));
  }));
});

Deno.test("writeRows keeps text that looks like numbers, and gaps", () => {
  const rows = [{ run: "1", value: null, list: [1, null] }, { run: "null", value: 2, list: [] }];
  assert.deepEqual(readRows(writeRows(rows)), rows);
  const gap = writeRows([{ run: "a", note: "x" }, { run: "b" }]);
  assert.deepEqual(readRows(gap), [{ run: "a", note: "x" }, { run: "b", note: null }]);
  assert.deepEqual(readRows(writeRows([])), []);
});

Deno.test("writeRows names row and column of what cannot be kept", () => {
  for (const bad of [[NaN], new Date(0), { a: 1, b: undefined }]) {
    assert.throws(() => writeRows([{ fine: 1, bad: 1 }, { fine: 1, bad }]), /Row 1, column bad/);
  }
});
