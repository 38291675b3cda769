/** JPEG crops to read: made from the demo photographs, the same at every run. */
import { join } from "node:path";
import sharp from "sharp";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import type { Sample } from "lib/data/samples.ts";
import { createRandom } from "lib/random.ts";

/** Crops in files. */
export interface CropFiles {
  /** Where they are. */
  readonly folder: string;
  /** One a file, real and fake in turn; paths are relative to the folder. */
  readonly samples: readonly Sample[];
}

/**
 * Writes `count` squares cut at random out of the photographs.
 *
 * @param options `side` in pixels; the JPEG's quality is 95, as in `prepare`.
 */
export async function writeCrops(
  folder: string,
  { count, side }: { count: number; side: number },
): Promise<CropFiles> {
  const photographs = demoPhotographs(), random = createRandom(1, "bench crops", side);
  await Deno.mkdir(folder, { recursive: true });
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    const photograph = photographs[i % photographs.length];
    const { width, height } = await sharp(photograph).metadata();
    const cut = 300 + random.integer(300), path = `${i}.jpg`, fake = i % 2 === 1;
    await sharp(photograph)
      .extract({
        left: random.integer(width - cut),
        top: random.integer(height - cut),
        width: cut,
        height: cut,
      })
      .resize(side, side).jpeg({ quality: 95 }).toFile(join(folder, path));
    samples.push({
      path,
      label: fake ? 1 : 0,
      dataset: "bench",
      method: fake ? "DF" : "real",
      video: `${i}`,
      split: "train",
      frame: 0,
      identities: [],
    });
  }
  return { folder, samples };
}
