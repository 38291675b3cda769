/** Crops of made-up faces with landmarks, in memory and in files: for tests of what is forged of them. */
import { join } from "node:path";
import type { Crop, Sample } from "lib/data/samples.ts";
import type { Point } from "lib/faces/face.ts";
import { landmarkFile } from "lib/faces/landmark_file.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";
import { drawnFace } from "../faces/drawn_face.ts";

/** Side of the crops in pixels. */
export const SIDE = 48;

const BOX = [6, 4, 42, 45] as const;

/** A crop of noise on a slope, with a drawn face's landmarks. */
export function madeUpFace(i: number): Crop & { face: NonNullable<Crop["face"]> } {
  const random = createRandom(i, "made-up face"), [a, b, c] = [0, 1, 2].map(() => random.uniform());
  const data = Uint8Array.from(
    { length: SIDE * SIDE * 3 },
    (_, at) => 60 + 90 * [a, b, c][at % 3] + at / 150 + 20 * random.uniform(),
  );
  const landmarks = drawnFace(2 + 3 * random.uniform()).map(([x, y]): Point => [
    SIDE * x / 100 + random.uniform(),
    SIDE * y / 100 + random.uniform(),
  ]);
  return {
    image: { data, width: SIDE, height: SIDE },
    sample: {
      path: `${i}.png`,
      label: 0,
      dataset: "d",
      method: "real",
      video: `${i}`,
      split: "train",
      frame: 0,
      identities: [`person ${i}`],
    },
    face: { landmarks, box: BOX },
  };
}

/** Writes crops, and beside those with a known face its landmarks. @returns Their samples, which name them. */
export async function writeFaces(folder: string, crops: readonly Crop[]): Promise<Sample[]> {
  return await Promise.all(crops.map(async ({ image, sample, face }) => {
    await writeImage(join(folder, sample.path), image);
    if (!face) return sample;
    const name = sample.path.replace(".png", "");
    const file = landmarkFile(name, { finder: "drawn", box: BOX, landmarks: face.landmarks });
    await Deno.writeFile(join(folder, file.name), file.bytes);
    return { ...sample, landmarks: file.name };
  }));
}
