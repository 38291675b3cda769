/**
 * The 22 faces of the six demo photographs with their landmarks, and which of them may not be parted
 * by a split. What is done to them is in manipulations.ts.
 */
import { basename } from "node:path";
import type { Box } from "lib/media/crop.ts";
import type { Point } from "lib/faces/face.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { whyImplausible } from "lib/faces/plausible_landmarks.ts";

/** One face of a demo photograph. */
export interface DemoFace {
  /** Photograph and place from left to right, such as "sample4/0". */
  readonly id: string;
  /** Faces of one unit look alike: they always fall into one split, and stand for one identity. */
  readonly unit: string;
  /** The whole photograph. */
  readonly photograph: RgbImage;
  /** Pixels of the photograph. */
  readonly box: Box;
  /** 68 points in pixels of the photograph. */
  readonly landmarks: readonly Point[];
  /** Seen from the side: landmarks cannot be trusted, so it is neither manipulated nor a donor. */
  readonly profile: boolean;
}

/**
 * Faces that look alike across photographs, judged by eye and with caution: better one face too many
 * in a unit than one person in both splits. (The package's recognition network does not help: it puts
 * people side by side in one photograph as near, 0.43, as any two faces here.)
 */
const ALIKE: readonly (readonly string[])[] = [
  ["sample1/2", "sample3/1"],
  ["sample1/1", "sample2/1", "sample2/2"],
  ["sample4/1", "sample6/2"],
  ["sample3/2", "sample6/1"],
  ["sample5/4", "sample6/3"],
];

const FACES = 22;

/**
 * Find the 22 faces, photograph by photograph and from left to right; takes about two seconds (five
 * on the plain cpu backend).
 *
 * @throws Error when not exactly 22 are found: then the photographs are not the expected ones.
 */
export async function findDemoFaces(): Promise<DemoFace[]> {
  await using detector = await openFaceDetector();
  const network = await openLandmarkDetector();
  const all: DemoFace[] = [];
  for (const path of demoPhotographs()) {
    const photograph = await readImage(path);
    const faces = (await detectFaces(photograph, detector)).sort((a, b) => a.box[0] - b.box[0]);
    const landmarks = await detectLandmarks({ image: photograph, faces }, network);
    faces.forEach((face, i) => {
      const id = `${basename(path, ".jpg")}/${i}`;
      const unit = ALIKE.find((group) => group.includes(id))?.join(" ") ?? id;
      const profile = whyImplausible(landmarks[i], face) !== undefined;
      all.push({ id, unit, photograph, box: face.box, landmarks: landmarks[i], profile });
    });
  }
  network.dispose();
  if (all.length !== FACES) {
    throw new Error(
      `${all.length} faces were found in the demo photographs, not ${FACES}. ` +
        "Install the packages again: deno install.",
    );
  }
  return all;
}
