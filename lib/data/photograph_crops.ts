/**
 * A photograph of one's own as crops for a detector, in one call. Whole data sets are left to prepare,
 * how a face is found and cut to faces.ts and crop.ts.
 */
import { detectFaces, type DetectOptions, openFaceDetector } from "lib/faces/faces.ts";
import type { FaceDetector } from "lib/faces/face_detector.ts";
import { type Box, cropFace, type CropOptions } from "lib/media/crop.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import type { Crop } from "./samples.ts";

/** A face cut out of a photograph, with where it was. */
export interface PhotographCrop extends Crop {
  /** The face in the photograph, without the margin: left, top, right, bottom, in pixels. */
  readonly box: Box;
  /** How sure the face detector is, 0 to 1. */
  readonly faceScore: number;
}

/** How faces are found in a photograph and cut out. */
export interface PhotographOptions
  extends Pick<CropOptions, "size">, Partial<Pick<CropOptions, "margin">> {
  /** Smallest score at which a face counts, 0 to 1. Default 0.9. */
  readonly minScore?: DetectOptions["minScore"];
  /** A loaded face detector, for many photographs. Default: one that is opened and released again. */
  readonly faceDetector?: FaceDetector;
  /** What the photograph is called in samples. Default: its path, and "photograph" without one. */
  readonly name?: string;
}

/** What prepare takes where nothing else is said, so that crops of both are cut alike. */
const MARGIN = 0.15, MIN_SCORE = 0.9, LONG_SIDE = 960;

/**
 * All faces of a photograph as crops, the largest first.
 *
 * They are found, cut and resized as `prepare` does it with its default settings; pixels are as in PNG
 * crops, without the loss of a JPEG. Whether a face is real is not known: samples have the label 0
 * and the method "unknown", which no manifest takes, and the split "test".
 *
 * @param photograph A picture's file, or a picture in memory.
 * @param options `size`: side of the crops in pixels. `margin`: added on every side, as a share of the
 * box's longer side; default 0.15.
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
  const { size, margin = MARGIN, minScore = MIN_SCORE, faceDetector } = options;
  const path = typeof photograph === "string" ? photograph : undefined;
  const name = options.name ?? path ?? "photograph";
  const image = typeof photograph === "string" ? await readImage(photograph) : photograph;
  await using opened = faceDetector ? undefined : await openFaceDetector();
  const detector = faceDetector ?? opened!;
  const faces = await detectFaces(image, detector, { minScore, longSide: LONG_SIDE });
  if (faces.length === 0) {
    throw new RangeError(
      `No face was found in ${
        JSON.stringify(name)
      } (${image.width} × ${image.height} pixels) that ` +
        `scores ${minScore} or more. Turn it upright, take one with larger faces, or lower minScore.`,
    );
  }
  return await Promise.all(faces.map(async ({ box, score }, i) => ({
    image: await cropFace(image, box, { margin, size }),
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
