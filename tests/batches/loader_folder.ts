/** A folder of small pictures, the samples that name them, and what batches hold: for tests of loaders. */
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "lib/batches/batches.ts";
import type { Sample } from "lib/data/samples.ts";
import { readImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";

/** Samples with paths relative to a folder; the first third is real. */
export function numberedSamples(count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i < count / 3 ? 0 : 1;
    return {
      path: `${i}.png`,
      label,
      dataset: "d",
      method: label ? "DF" : "real",
      video: `${i}`,
      split: "train",
      frame: 0,
      identities: [],
    };
  });
}

/** Writes a picture of noise for each sample, 20 × 18 pixels. */
export async function writeNoise(folder: string, samples: readonly Sample[]): Promise<void> {
  const random = createRandom(6, "noise");
  for (const { path } of samples) {
    const data = Uint8Array.from({ length: 20 * 18 * 3 }, () => random.integer(256));
    await writeImage(join(folder, path), { data, width: 20, height: 18 });
  }
}

/** A batch's values; its tensors are disposed. */
export function valuesOf({ indices, images, labels, augmentation, mixup }: Batch) {
  const tensors = [images, labels, augmentation, mixup];
  const values = tensors.map((t) => [...t.dataSync()]);
  tf.dispose(tensors);
  return { indices: [...indices], values, shape: images.shape };
}

/** The pictures of samples, of `size` × `size` pixels, in memory. */
export async function cropsOf(folder: string, list: readonly Sample[], size = 32) {
  return await Promise.all(list.map(async (sample) => ({
    image: await readImage(join(folder, sample.path), { size: { width: size, height: size } }),
    sample,
  })));
}
