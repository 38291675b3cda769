import assert from "node:assert/strict";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { plantedCluesSheet } from "lib/forgeries/planted_clues/planted_clues_sheet.ts";

Deno.test("plantedCluesSheet has a column a person and a row for none, each and all of the clues", async () => {
  const two = await plantedCluesSheet(PLANTED_SETTINGS.A8, { persons: 2, cell: 50 });
  const three = await plantedCluesSheet(PLANTED_SETTINGS.A8, { persons: 3, cell: 50 });
  assert.equal(three.width - two.width, 53); // a cell and its gap
  assert.equal(three.height, two.height);
  assert.ok(two.height > 6 * 53 && two.height < 7 * 53 + 52);
});
