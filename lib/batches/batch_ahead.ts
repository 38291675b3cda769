/** A run's batches on the device: the next one goes up while the device is at work on the one before. */
import { type Batch, disposeBatch } from "./batches.ts";
import type { BatchSource } from "./batch_source.ts";

/** Batches of which one is begun before it is asked for. Disposing of it frees what was begun and not taken. */
export interface BatchAhead extends AsyncDisposable {
  /** The batch of a step, begun before or now; its tensors are the caller's from here on. */
  take(step: number): Promise<Batch>;
  /** Begins the batch of a step in place of what was begun: it is read, and goes up. An error waits for `take`. */
  begin(step: number): void;
}

/**
 * Batches of a source, one ahead.
 *
 * @param source Stays the caller's.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { batchAhead } from "lib/batches/batch_ahead.ts";
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
 * await using batches = batchAhead(source);
 * const first = await batches.take(0);
 * batches.begin(1); // while something is computed of the first
 * const second = await batches.take(1);
 * assert.deepEqual(first.images.shape, second.images.shape);
 * ```
 */
export function batchAhead(source: Pick<BatchSource, "batch">): BatchAhead {
  let begun: { step: number; batch: Promise<Batch> } | undefined;
  const drop = async () => {
    const dropped = begun;
    begun = undefined;
    await dropped?.batch.then(disposeBatch, () => {}); // nobody asked for its error
  };
  return {
    take: async (step) => {
      if (begun?.step !== step) {
        await drop();
        return await source.batch(step);
      }
      const { batch } = begun;
      begun = undefined;
      return await batch;
    },
    begin: (step) => {
      void drop();
      // deno-lint-ignore require-await -- what it throws at once is for `take`, too
      const batch = (async () => source.batch(step))();
      batch.catch(() => {});
      begun = { step, batch };
    },
    [Symbol.asyncDispose]: drop,
  };
}
