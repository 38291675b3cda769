/** Variants of a crop: squares a little shifted and scaled, so that one photograph gives several crops. */
import { type Box, cropSquare, intoCrop, resizeImage, type Square } from "lib/media/crop.ts";
import type { Point } from "lib/faces/face.ts";
import type { RgbImage } from "lib/media/image.ts";
import type { Random } from "lib/random.ts";
import type { FaceCrop } from "./face_crop.ts";

/** How much a variant's side may be longer or shorter, and its centre shifted, as shares of the side. [ours] */
const SCALE = 0.08, SHIFT = 0.05;

/** A square near another one: each variant's side and place are drawn. */
export function variantSquare(exact: Square, random: Random): Square {
  const around = () => 2 * random.uniform() - 1;
  const side = Math.round(exact.side * (1 + SCALE * around()));
  return {
    left: Math.round(exact.left + (exact.side - side) / 2 + SHIFT * side * around()),
    top: Math.round(exact.top + (exact.side - side) / 2 + SHIFT * side * around()),
    side,
  };
}

/** By how many pixels some variant may leave a square of this side, on each of its sides. */
export function variantReach(side: number): number {
  return Math.ceil(side * (SCALE / 2 + SHIFT * (1 + SCALE))) + 1; // 1 for rounding
}

/** A face as it lies in a picture. */
export interface FaceInPicture {
  /** RGB. */
  readonly image: RgbImage;
  /** 68 points in pixels of the picture. */
  readonly landmarks: readonly Point[];
  /** The face without a margin, in pixels of the picture. */
  readonly box: Box;
}

/** A face cut out of its picture: the square, resized to `size` pixels a side. */
export async function cutSquare(
  { image, landmarks, box: [left, top, right, bottom] }: FaceInPicture,
  { square, size }: { readonly square: Square; readonly size: number },
): Promise<FaceCrop> {
  const into = (point: Point): Point => intoCrop(point, square, size);
  return {
    image: await resizeImage(cropSquare(image, square), { width: size, height: size }),
    landmarks: landmarks.map(into),
    box: [...into([left, top]), ...into([right, bottom])],
  };
}
