import assert from "node:assert/strict";
import { assembleWeightedSums, WASM } from "./assemble_weighted_sums.ts";

Deno.test("weighted_sums.wasm is what its text becomes", async () => {
  assert.deepEqual(
    await Deno.readFile(WASM),
    await assembleWeightedSums(),
    "Run: deno run -A tests/media/assemble_weighted_sums.ts",
  );
});
