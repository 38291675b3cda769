/** A face as makers of fakes take it: a square picture with what is known of the face in it. */
import type { Point } from "lib/faces/face.ts";
import type { Box } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";

/** A face cut out as a square, with its 68 landmarks in the crop's pixels. */
export interface FaceCrop {
  /** Square, RGB. */
  readonly image: RgbImage;
  /** 68 points; see `LANDMARK_PARTS`. They may lie outside of the crop. */
  readonly landmarks: readonly Point[];
  /** The face without the crop's margin, in the crop's pixels, where that is known. */
  readonly box?: Box;
}
