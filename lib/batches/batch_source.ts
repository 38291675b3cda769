/**
 * Where a training run gets its batches from: one interface, whether pictures are in memory (here) or in
 * files (`loader.ts`). What is in a batch follows from the configuration's seed and the step alone, so a
 * resumed run sees the batches an undisturbed one would.
 */
import type { Configuration } from "lib/config.ts";
import { type Batch, stackCrops, trainingBatch } from "./batches.ts";
import type { Crop } from "lib/data/samples.ts";
import { epochOrder, type OrderSettings } from "./epoch_order.ts";

/** The fields of a configuration that decide what is in a batch, but for the pictures. */
export type BatchSettings = OrderSettings & Pick<Configuration, "augmentation" | "mixup">;

/** Batches of a training run. */
export interface BatchSource extends AsyncDisposable {
  /** Steps in one pass over the data. */
  readonly batchesPerEpoch: number;
  /**
   * The batch of a step, from 0 on and without end: after an epoch's last batch the next epoch begins.
   * Asking for a step lets the following ones be prepared meanwhile; what was asked before never
   * changes what a batch holds. The caller disposes its tensors.
   */
  batch(step: number): Promise<Batch>;
}

/**
 * Batches of crops in memory.
 *
 * @param crops All of one size.
 * @throws RangeError when there are none, or balanced batches lack a class. (`batch` also: for a negative
 * step; and TypeError when crops differ in size.)
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { cropSource } from "lib/batches/batch_source.ts";
 * import assert from "node:assert/strict";
 *
 * const crops = Array.from({ length: 12 }, (_, i) => ({
 *   image: { data: new Uint8Array(32 * 32 * 3).fill(i), width: 32, height: 32 },
 *   sample: {
 *     path: `${i}`, label: (i % 2) as 0 | 1, dataset: "mine", method: "real", video: `${i}`,
 *     split: "train" as const, frame: 0, identities: [],
 *   },
 * }));
 * await using source = cropSource(crops, SMOKE);
 * assert.equal(source.batchesPerEpoch, Math.ceil(12 / SMOKE.batchSize));
 * const { images, indices } = await source.batch(5);
 * assert.deepEqual(images.shape, [SMOKE.batchSize, 32, 32, 3]);
 * assert.equal(images.dataSync()[0], indices[0]);
 * ```
 */
export function cropSource(crops: readonly Crop[], configuration: BatchSettings): BatchSource {
  const order = epochOrder(crops.map(({ sample }) => sample.label), configuration);
  return {
    batchesPerEpoch: order.batchesPerEpoch,
    // deno-lint-ignore require-await -- errors become rejections, as in every other source
    batch: async (step) =>
      trainingBatch(stackCrops(crops, order.places(step)), { step, configuration }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
