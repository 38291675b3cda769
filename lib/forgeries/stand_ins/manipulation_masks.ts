/**
 * Where a manipulation acts: polygons and soft edges. A mask is 0 where nothing may change.
 */
import type { Point } from "lib/faces/face.ts";
import type { Mask } from "lib/media/image.ts";
import { blur, type Raster } from "lib/media/raster.ts";

/** 255 for each pixel whose centre is inside the polygon (even–odd rule), else 0. */
export function fillPolygon(
  corners: readonly Point[],
  { width, height }: { width: number; height: number },
): Mask {
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings: number[] = [];
    corners.forEach(([x0, y0], i) => {
      const [x1, y1] = corners[(i + 1) % corners.length];
      if ((y0 <= y) !== (y1 <= y)) crossings.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
    });
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const first = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const past = Math.min(width, Math.ceil(crossings[i + 1] - 0.5));
      if (past > first) data.fill(255, row * width + first, row * width + past);
    }
  }
  return { data, width, height };
}

/**
 * The mask with a soft edge that lies wholly inside: 0 at the old edge, rising over about two sigma.
 *
 * @param sigma Softness in pixels; 0 leaves the mask as it is.
 */
export function soften(mask: Mask, sigma: number): Mask {
  const { data, width, height } = mask;
  const weights: Raster = { data: Float32Array.from(data), width, height, channels: 1 };
  const soft = blur(weights, sigma).data;
  // A blurred straight edge is half way at the edge itself: what is above half is inside.
  return {
    data: data.map((value, i) => value === 0 ? 0 : Math.round(Math.max(0, 2 * soft[i] - 255))),
    width,
    height,
  };
}

/** The product of a mask and a weight (0 to 1) for each pixel. */
export function weigh(mask: Mask, weight: (pixel: number) => number): Mask {
  const limit = (value: number) => Math.min(1, Math.max(0, value));
  return { ...mask, data: mask.data.map((value, i) => Math.round(value * limit(weight(i)))) };
}

/** The lesser of two masks at each pixel. */
export const lesser = (a: Mask, b: Mask): Mask => ({
  ...a,
  data: a.data.map((v, i) => Math.min(v, b.data[i])),
});

/** The mask cut to where a warped picture has pixels. */
export const covered = (mask: Mask, distance: Float32Array): Mask =>
  weigh(mask, (i) => distance[i] < 0 ? 0 : 1);
