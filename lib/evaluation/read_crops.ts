/** Pictures of a manifest for evaluation: in order, each once, without augmentation. */
import { isAbsolute, join } from "node:path";
import type { Crop } from "lib/data/batches.ts";
import { resizeImage } from "lib/data/crop.ts";
import { readImage } from "lib/data/image.ts";
import type { Sample } from "lib/data/samples.ts";

/** How files are read. */
export interface ReadCropsOptions {
  /** Folder that relative paths start from: the manifest's. */
  readonly root: string;
  /** Side of the crops in pixels; files of another size are resized. */
  readonly size: number;
  /** Pictures read ahead of the one handed out, 1 or more. Default 8. */
  readonly ahead?: number;
  /**
   * What to do with a file that cannot be read: nothing is left out silently. Default: the error ends
   * the reading. Given, it hears of the sample and the error, and the reading goes on without it.
   */
  readonly onUnreadable?: (sample: Sample, error: Error) => void;
}

/**
 * Reads the samples' pictures in their order. Memory holds `ahead` pictures, whatever their number.
 *
 * @throws ImageError for a file that cannot be read, unless `onUnreadable` is given.
 * @throws RangeError when `ahead` is not a whole number from 1.
 */
export async function* readCrops(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  { root, size, ahead = 8, onUnreadable }: ReadCropsOptions,
): AsyncGenerator<Crop, void, void> {
  if (!Number.isSafeInteger(ahead) || ahead < 1) {
    throw new RangeError(`ahead is a whole number from 1, not ${ahead}.`);
  }
  const read = async (sample: Sample): Promise<Crop | undefined> => {
    const path = isAbsolute(sample.path) ? sample.path : join(root, sample.path);
    try {
      const image = await resizeImage(await readImage(path), { width: size, height: size });
      return { image, sample };
    } catch (error) {
      if (!onUnreadable) throw error;
      onUnreadable(sample, error as Error);
      return undefined;
    }
  };
  const waiting: Promise<Crop | undefined>[] = [];
  try {
    for await (const sample of samples) {
      const crop = read(sample);
      crop.catch(() => {}); // it is met in its turn below; until then it is not unhandled
      waiting.push(crop);
      if (waiting.length < ahead) continue;
      const first = await waiting.shift();
      if (first) yield first;
    }
    while (waiting.length > 0) {
      const next = await waiting.shift();
      if (next) yield next;
    }
  } finally {
    await Promise.allSettled(waiting);
  }
}
