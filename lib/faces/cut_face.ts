/**
 * The crop of a face, as a file and as what is read back from it: one way for all that cuts faces, so that
 * a face is scored as it would be after `prepare`. Finding faces is left to detect_faces.ts and upright_faces.ts.
 */
import { type Box, cropFace } from "lib/media/crop.ts";
import { decodeImage, type RgbImage } from "lib/media/image.ts";
import { encodeImage } from "lib/media/write_image.ts";
import type { FaceCut } from "./face_cut.ts";

/** What of a cut concerns the crop and not the search for faces. */
export type CropCut = Pick<FaceCut, "size" | "margin" | "format" | "quality">;

/**
 * The bytes of a crop's file: the square around the box with its margin, resized and encoded as the cut says.
 *
 * @param box The face in pixels of the picture, without the margin.
 * @throws RangeError for a box without area, or a cut out of range.
 */
export async function faceFile(image: RgbImage, box: Box, cut: CropCut): Promise<Uint8Array> {
  return await encodeImage(await cropFace(image, box, cut), cut);
}

/**
 * A face as whoever reads `faceFile` sees it: where crops are JPEGs, with what JPEG loses.
 *
 * @param box The face in pixels of the picture, without the margin.
 * @returns A square of `cut.size` pixels a side.
 * @throws RangeError for a box without area, or a cut out of range.
 *
 * @example
 * ```ts
 * import { cutFace } from "lib/faces/cut_face.ts";
 * import { FACE_CUT } from "lib/faces/face_cut.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { data: new Uint8Array(64 * 64 * 3).fill(90), width: 64, height: 64 };
 * const crop = await cutFace(image, [10, 10, 40, 50], { ...FACE_CUT, size: 32 });
 * assert.deepEqual([crop.width, crop.height], [32, 32]);
 * ```
 */
export async function cutFace(image: RgbImage, box: Box, cut: CropCut): Promise<RgbImage> {
  if (cut.format === "png") return await cropFace(image, box, cut);
  return await decodeImage(await faceFile(image, box, cut), "a crop in memory");
}
