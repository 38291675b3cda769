import assert from "node:assert/strict";
import { contactSheet } from "lib/media/contact_sheet.ts";

const flat = (rgb: number[]) => ({
  data: Uint8Array.from({ length: 48 }, (_, i) => rgb[i % 3]),
  width: 4,
  height: 4,
});

Deno.test("contactSheet puts each picture and mask into its cell", async () => {
  const rows = [
    {
      caption: "<one> & two",
      cells: [flat([200, 10, 20]), { data: new Uint8Array(16).fill(90), width: 4, height: 4 }],
    },
    { caption: "", cells: [undefined, flat([0, 0, 255])] },
  ];
  const sheet = await contactSheet(rows, { columns: ["a", "b"], cell: 20, margin: 40 });
  const at = (
    x: number,
    y: number,
  ) => [...sheet.data.subarray((y * sheet.width + x) * 3).subarray(0, 3)];
  assert.deepEqual([sheet.width, sheet.height], [40 + 2 * 23, 26 + 2 * 23]);
  assert.deepEqual(at(50, 36), [200, 10, 20]);
  assert.deepEqual(at(73, 36), [90, 90, 90]);
  assert.deepEqual(at(50, 59), [255, 255, 255]);
  assert.deepEqual(at(73, 59), [0, 0, 255]);
  const dark = sheet.data.some((v, i) => v < 128 && Math.floor(i / 3) % sheet.width < 38);
  assert.ok(dark, "the caption is drawn");
});

Deno.test("contactSheet refuses rows that do not fit and empty sheets", async () => {
  await assert.rejects(contactSheet([], { columns: ["a"] }), RangeError);
  const row = { caption: "r", cells: [flat([1, 2, 3]), flat([1, 2, 3])] };
  await assert.rejects(contactSheet([row], { columns: ["a"] }), /2 cells for 1 columns/);
});
