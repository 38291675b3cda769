/** A folder of small pictures and the samples that name them: for tests of the loader. */
import { join } from "node:path";
import type { Sample } from "lib/data/samples.ts";
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
