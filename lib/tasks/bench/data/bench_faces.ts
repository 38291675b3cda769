/** Crops of faces with their landmarks, as `prepare --landmarks` writes them: of the demo photographs. */
import { join } from "node:path";
import sharp from "sharp";
import type { Sample } from "lib/data/samples.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { landmarkFile, landmarksInCrop } from "lib/faces/landmark_file.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { cropSquare, resizeImage, squareAround } from "lib/media/crop.ts";
import { rawOptions, readImage } from "lib/media/image.ts";
import { createRandom } from "lib/random.ts";
import type { CropFiles } from "./bench_crops.ts";

/** Share of the face's longer side on each side, so that there is room for SBI's window. */
const MARGIN = 0.25;

/** The faces of all photographs, each with its photograph. */
async function findFaces() {
  await using detector = await openFaceDetector();
  const network = await openLandmarkDetector();
  const found = [];
  for (const path of demoPhotographs()) {
    const image = await readImage(path), faces = await detectFaces(image, detector);
    const landmarks = await detectLandmarks({ image, faces }, network);
    found.push(...faces.map(({ box }, i) => ({ image, box, landmarks: landmarks[i] })));
  }
  network.dispose();
  return found;
}

/**
 * Writes `count` crops, each face in turn, a little shifted each time; all are real.
 *
 * @param options `side` in pixels; the JPEG's quality is 95, as in `prepare`.
 */
export async function writeFaceCrops(
  folder: string,
  { count, side }: { count: number; side: number },
): Promise<CropFiles> {
  const faces = await findFaces(), random = createRandom(1, "bench faces", side);
  await Deno.mkdir(folder, { recursive: true });
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    const { image, box, landmarks } = faces[i % faces.length];
    const exact = squareAround(box, MARGIN);
    const shift = () => Math.round((random.uniform() - 0.5) * exact.side / 20);
    const square = { left: exact.left + shift(), top: exact.top + shift(), side: exact.side };
    const crop = await resizeImage(cropSquare(image, square), { width: side, height: side });
    const path = `${i}.jpg`;
    await sharp(crop.data, rawOptions(crop)).jpeg({ quality: 95 }).toFile(join(folder, path));
    const { name, bytes } = landmarkFile(
      `${i}`,
      landmarksInCrop({ box, landmarks }, { square, size: side }),
    );
    await Deno.writeFile(join(folder, name), bytes);
    samples.push({
      path,
      label: 0,
      dataset: "bench",
      method: "real",
      video: `${i % faces.length}`,
      split: "train",
      frame: i,
      identities: [],
      landmarks: name,
    });
  }
  return { folder, samples };
}
