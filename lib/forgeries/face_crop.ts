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

/** Fewer pixels across hold no face: eyes, nose and mouth need a few each. */
const LEAST_EXTENT = 8;

/**
 * Check that a crop can hold the face that its landmarks say. What is wrong with landmarks as a face is
 * not asked here.
 *
 * @param maker Who asks, for the error.
 * @throws RangeError when the picture is not square or not of its size, when there are not 68 points, when
 * they are not numbers, lie on less than 8 pixels in width or height, or when most of them are outside.
 *
 * @example
 * ```ts
 * import { assertHoldsFace } from "lib/forgeries/face_crop.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 };
 * const landmarks = Array.from({ length: 68 }, () => [16, 16] as const);
 * assert.throws(() => assertHoldsFace({ image, landmarks }, "SBI"), /SBI .* 0 × 0 pixels/);
 * ```
 */
export function assertHoldsFace({ image, landmarks }: FaceCrop, maker: string): void {
  const { data, width, height } = image;
  const refuse = (why: string) => new RangeError(`${maker} cannot use this face: ${why}.`);
  if (width !== height || data.length !== width * height * 3) {
    throw refuse(`a crop is square and RGB, not ${width} × ${height} with ${data.length} values`);
  }
  if (landmarks.length !== 68 || !landmarks.flat().every(Number.isFinite)) {
    throw refuse(`it needs 68 landmarks that are numbers, and has ${landmarks.length}`);
  }
  const inside = landmarks.filter(([x, y]) => x >= 0 && x < width && y >= 0 && y < height).length;
  if (inside < 34) throw refuse(`${68 - inside} of its 68 landmarks are outside of the crop`);
  const extent = (axis: 0 | 1) => {
    const values = landmarks.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  const [wide, high] = [extent(0), extent(1)];
  if (wide < LEAST_EXTENT || high < LEAST_EXTENT) {
    throw refuse(`its landmarks lie within ${Math.round(wide)} × ${Math.round(high)} pixels`);
  }
  if (wide > 4 * width || high > 4 * height) {
    throw refuse(`its landmarks lie ${Math.round(wide)} × ${Math.round(high)} pixels apart`);
  }
}
