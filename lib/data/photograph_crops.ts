/**
 * A photograph of one's own as crops for a detector, in one call. Whole data sets are left to prepare,
 * how a face is found and cut to lib/faces.
 */
import { cutFace } from "lib/faces/cut_face.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { FACE_CUT, type FaceCut } from "lib/faces/face_cut.ts";
import type { FaceDetector } from "lib/faces/face_detector.ts";
import type { Box } from "lib/media/crop.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import type { Crop } from "./samples.ts";

/** A face cut out of a photograph, with where it was. */
export interface PhotographCrop extends Crop {
  /** The face in the photograph, without the margin: left, top, right, bottom, in pixels. */
  readonly box: Box;
  /** How sure the face detector is, 0 to 1. */
  readonly faceScore: number;
}

/** How faces are found in a photograph and cut out; what is left out is as `prepare` does it. */
export interface PhotographOptions extends Pick<FaceCut, "size">, Partial<Omit<FaceCut, "size">> {
  /** A loaded face detector, for many photographs. Default: one that is opened and released again. */
  readonly faceDetector?: FaceDetector;
  /** What the photograph is called in samples. Default: its path, and "photograph" without one. */
  readonly name?: string;
}

/**
 * All faces of a photograph as crops, the largest first.
 *
 * They are found, cut and resized as `prepare` does it with its default settings, what JPEG crops lose
 * included. Whether a face is real is not known: samples have the label 0
 * and the method "unknown", which no manifest takes, and the split "test".
 *
 * @param photograph A picture's file, or a picture in memory.
 * @param options `size`: side of the crops in pixels; for others see `FACE_CUT`.
 * @throws RangeError when no face is found, naming the photograph and its size; also for options out of
 * range.
 * @throws ImageError when the file cannot be read.
 *
 * @example
 * ```ts
 * import { cropsOfPhotograph } from "lib/data/photograph_crops.ts";
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import assert from "node:assert/strict";
 *
 * const crops = await cropsOfPhotograph(demoPhotographs()[0], { size: 96 });
 * assert.deepEqual(crops.map(({ image }) => image.width), [96, 96, 96]);
 * ```
 */
export async function cropsOfPhotograph(
  photograph: string | RgbImage,
  options: PhotographOptions,
): Promise<PhotographCrop[]> {
  const { faceDetector, name: _, ...changes } = options, cut = { ...FACE_CUT, ...changes };
  const path = typeof photograph === "string" ? photograph : undefined;
  const name = options.name ?? path ?? "photograph";
  const image = typeof photograph === "string" ? await readImage(photograph) : photograph;
  await using opened = faceDetector ? undefined : await openFaceDetector();
  const detector = faceDetector ?? opened!;
  const faces = await detectFaces(image, detector, cut);
  if (faces.length === 0) {
    throw new RangeError(
      `No face was found in ${
        JSON.stringify(name)
      } (${image.width} × ${image.height} pixels) that ` +
        `scores ${cut.minScore} or more. Turn it upright, take one with larger faces, or lower minScore.`,
    );
  }
  return await Promise.all(faces.map(async ({ box, score }, i) => ({
    image: await cutFace(image, box, cut),
    sample: {
      path: `${name}#face${i + 1}`,
      label: 0,
      dataset: "own",
      method: "unknown",
      video: name,
      split: "test",
      frame: 0,
      identities: [],
    },
    box,
    faceScore: score,
  })));
}
