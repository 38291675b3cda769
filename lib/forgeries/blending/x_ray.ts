/** The face X-ray of a blended picture: where the blending's edge is. */
import type { Mask } from "lib/media/image.ts";

/**
 * 4 m (1 − m) for each pixel of a mask m: 0 where the picture comes from one source, 1 where it is half of
 * each. All 0 for a real picture, whose mask is 0 everywhere.
 *
 * Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020, Eq. 2.
 *
 * @returns One value a pixel, 0 to 1.
 *
 * @example
 * ```ts
 * import { xRay } from "lib/forgeries/blending/x_ray.ts";
 * import assert from "node:assert/strict";
 *
 * const mask = { data: Uint8Array.of(0, 51, 255), width: 3, height: 1 };
 * assert.deepEqual([...xRay(mask)], [0, Math.fround(0.64), 0]);
 * ```
 */
export function xRay({ data }: Mask): Float32Array {
  return Float32Array.from(data, (value) => 4 * (value / 255) * (1 - value / 255));
}
