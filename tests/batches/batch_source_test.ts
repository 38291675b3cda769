import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { disposeBatch } from "lib/batches/batches.ts";
import { epochOrder } from "lib/batches/epoch_order.ts";
import { numberedCrops } from "./made_up_crops.ts";

const labels = [0, 0, 1, 1, 1, 1] as const;

Deno.test("cropSource gives the batches that the configuration's order says, in any turn", async () => {
  for (const balance of ["equal", "repeatReals", "none"] as const) {
    const configuration = vary(SMOKE, {
      batchSize: 4,
      balance,
      ...(balance === "repeatReals" ? { realRepeats: 3 } : {}),
    });
    await using source = cropSource(numberedCrops(labels, 32), configuration);
    const { data, training: { seed } } = configuration;
    const order = epochOrder(labels, { ...data, seed });
    assert.equal(source.batchesPerEpoch, order.batchesPerEpoch);
    for (const step of [5, 0, 1, 5]) {
      const batch = await source.batch(step);
      assert.deepEqual(batch.indices, order.places(step));
      assert.deepEqual(
        [...batch.images.dataSync()].filter((_, i) => i % (32 * 32 * 3) === 0),
        order.places(step),
      );
      disposeBatch(batch);
    }
  }
});

Deno.test("cropSource refuses a missing kind at once, and a negative step when it is asked", async () => {
  assert.throws(() => cropSource(numberedCrops([1, 1], 32), SMOKE), /no real sample/);
  await using source = cropSource(numberedCrops(labels, 32), SMOKE);
  await assert.rejects(source.batch(-1), RangeError);
});

Deno.test("cropSource refuses crops of another size than the detector's, by name", () => {
  assert.throws(() => cropSource(numberedCrops(labels, 16), SMOKE), {
    name: "TypeError",
    message: /"0.png" is 16 × 16, but the detector takes 32 × 32/,
  });
});
