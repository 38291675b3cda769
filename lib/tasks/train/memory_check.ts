/** Whether a training step fits into the device's memory, said before the first one. */
import type { Configuration } from "lib/detectors/configuration.ts";
import { microBatchSizes } from "lib/detectors/micro_batches.ts";
import { bytesOfStep, type StepMemory, stepMemory } from "lib/training/step_memory.ts";

/** A batch whose pixels take a smaller share of what is free fits with any network: nothing is measured. */
const CERTAIN = 1 / 2000;

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/** What is to be said of a run's memory. */
export interface MemoryCheck {
  /** What a step takes and what is free, in a sentence. */
  readonly estimate: string;
  /** Where it does not fit: what would, and how to go on nonetheless. */
  readonly fault?: string;
}

/**
 * What a run's step takes, beside what is free.
 *
 * @param free Bytes of the device that the step is taken on.
 * @returns Undefined where it fits for certain, or its detector cannot be measured.
 */
export async function checkMemory(
  configuration: Configuration,
  free: number,
): Promise<MemoryCheck | undefined> {
  const { data: { batchSize }, detector: { input: { size } }, training } = configuration;
  if (batchSize * size * size * 3 * 4 < CERTAIN * free) return undefined;
  // A detector of one's own may not take blank pictures; training then says so, or does not mind.
  const memory = await stepMemory(configuration).catch(() => undefined);
  if (!memory) return undefined;
  const { microBatchSize } = training, needed = bytesOfStep(memory, { batchSize, microBatchSize });
  const parts = microBatchSize > 0 ? `, ${microBatchSize} at a time,` : "";
  const estimate =
    `A step with ${batchSize} pictures${parts} takes about ${gigabytes(needed)} of ` +
    `memory, and ${gigabytes(free)} are free.`;
  if (needed <= free) return { estimate };
  const fault = `${whatFits(configuration, { memory, free })} --ignore-memory goes on nonetheless.`;
  return { estimate, fault };
}

/** The largest micro-batch, or else the largest batch, that fits. */
function whatFits(
  { detector, data, training: { microBatchSize } }: Configuration,
  { memory, free }: { memory: StepMemory; free: number },
): string {
  const { batchSize } = data;
  const inParts = microBatchSizes(detector, data)
    .filter((size) => bytesOfStep(memory, { batchSize, microBatchSize: size }) <= free).at(-1);
  if (inParts !== undefined) {
    const bytes = bytesOfStep(memory, { batchSize, microBatchSize: inParts });
    return `--micro-batch ${inParts} takes about ${gigabytes(bytes)}, for the same batch.`;
  }
  const fitting = Math.floor((free - memory.fixed) / memory.eachPicture);
  if (fitting < 2) {
    return "Not even two pictures would fit: take a smaller detector or a larger machine.";
  }
  const whole = microBatchSize > 0 ? " --micro-batch 0" : "";
  return `--set batchSize=${fitting}${whole} would fit; the run is then another one than with ${batchSize}.`;
}
