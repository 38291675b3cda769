/** Made-up crops in files, with their manifest: for tests of commands that train and evaluate. */
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import type { Sample, Split } from "lib/data/samples.ts";
import { writeImage } from "lib/media/write_image.ts";
import { madeUpCrops } from "./made_up_crops.ts";

/** Writes crops of 32 pixels and their manifest, and returns its path. */
export async function madeUpFolder(
  folder: string,
  counts: Readonly<Partial<Record<Split, number>>>,
): Promise<string> {
  const samples: Sample[] = [];
  for (const [split, count] of Object.entries(counts) as [Split, number][]) {
    for (const { image, sample } of madeUpCrops(count, split)) {
      const path = `${split}-${sample.path}.png`;
      await writeImage(join(folder, path), image);
      samples.push({ ...sample, path, video: `${split}/${sample.video}` });
    }
  }
  await writeManifest(join(folder, "manifest.csv"), samples);
  return join(folder, "manifest.csv");
}
