/** Whether a batch can be learnt from in micro-batches: what the detector's loss and the batch allow. */
import type { DataSettings } from "lib/settings/data_settings.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import type { Detector } from "./detector.ts";

/** Whether batches are of pairs, side by side, which no micro-batch may part. */
const ofPairs = ({ wants }: Pick<Detector, "wants">, { balance, forge }: DataSettings) =>
  wants.includes("pair") || balance === "pairs" || forge !== "none";

/**
 * The sizes of micro-batches that a batch can be learnt from in, from the smallest; none where the detector's
 * loss cannot be had from parts.
 *
 * @example
 * ```ts
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { microBatchSizes } from "lib/detectors/micro_batches.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(microBatchSizes(PAPER.detector, PAPER.data), [2, 4, 8, 16, 32, 64, 128]);
 * ```
 */
export function microBatchSizes(
  detector: Pick<Detector, "wants" | "microBatches">,
  data: DataSettings,
): number[] {
  const { microBatches } = detector, { batchSize } = data;
  if (microBatches === undefined || typeof microBatches === "object") return [];
  const step = ofPairs(detector, data) ? 2 : 1, half = Math.floor(batchSize / 2);
  return Array.from({ length: half }, (_, i) => i + 1)
    .filter((size) => size > 1 && batchSize % size === 0 && size % step === 0);
}

/**
 * Check that a run's micro-batches give its batches' loss.
 *
 * @throws RangeError for a detector whose loss cannot be had from parts, naming the term, or that does not say;
 * and for a size that does not divide the batch or would part pairs, with the sizes that do.
 */
export function assertMicroBatches(
  detector: Pick<Detector, "kind" | "wants" | "microBatches">,
  { data, training: { microBatchSize } }: { data: DataSettings; training: TrainingSettings },
): void {
  if (microBatchSize === 0) return;
  const { kind: { name }, microBatches } = detector, beginning = "Configuration: microBatchSize is";
  if (microBatches === undefined) {
    throw new RangeError(
      `${beginning} ${microBatchSize}, but ${name} does not say how its loss follows from parts of a batch: ` +
        "its detector needs `microBatches` (lib/detectors/detector.ts). Set it to 0 for whole batches.",
    );
  }
  if (typeof microBatches === "object") {
    throw new RangeError(
      `${beginning} ${microBatchSize}, but ${name}'s term "${microBatches.term}" needs the whole batch at ` +
        `once: ${microBatches.why}. Set it to 0, and batchSize to what fits into memory.`,
    );
  }
  const sizes = microBatchSizes(detector, data);
  if (sizes.includes(microBatchSize)) return;
  throw new RangeError(
    `${beginning} ${microBatchSize}, but batches of ${data.batchSize}` +
      `${ofPairs(detector, data) ? " in pairs" : ""} ` +
      (sizes.length > 0
        ? `can be learnt from in micro-batches of ${sizes.join(", ")}; 0 is the whole batch.`
        : "cannot be divided into smaller ones: set it to 0."),
  );
}
