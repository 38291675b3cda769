/** Whether a training step fits into memory, said before the first one. */
import type { Configuration } from "lib/detectors/configuration.ts";
import { stepMemory } from "lib/training/step_memory.ts";

/** A batch whose pixels take a smaller share of what is free fits with any network: nothing is measured. */
const CERTAIN = 1 / 2000;

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/**
 * What is to be said of a run whose step takes more memory than is free, with a batch that would fit.
 *
 * @param free Bytes.
 * @returns A sentence, or undefined where it fits, or its detector cannot be measured.
 */
export async function memoryWarning(
  configuration: Configuration,
  free: number,
): Promise<string | undefined> {
  const { data: { batchSize }, detector: { input: { size } } } = configuration;
  if (batchSize * size * size * 3 * 4 < CERTAIN * free) return undefined;
  // A detector of one's own may not take blank pictures; training then says so, or does not mind.
  const estimate = await stepMemory(configuration).catch(() => undefined);
  if (!estimate) return undefined;
  const { fixed, eachPicture } = estimate, needed = fixed + batchSize * eachPicture;
  if (needed <= free) return undefined;
  const fitting = Math.floor((free - fixed) / eachPicture);
  return `A step with ${batchSize} pictures takes about ${gigabytes(needed)} of memory, and ` +
    `${gigabytes(free)} are free. ` +
    (fitting >= 2
      ? `--set batchSize=${fitting} would fit; the run is then another one than with ${batchSize}.`
      : "Not even two pictures would fit: take a smaller detector or a larger machine.");
}
