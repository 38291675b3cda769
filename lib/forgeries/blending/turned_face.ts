/** Turning a face upright and back: the alignment that face swapping begins and ends with. */
import type { Point } from "lib/faces/face.ts";
import { mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import type { RgbImage } from "lib/media/image.ts";
import { align, centreOf, move, type Similarity } from "../stand_ins/landmark_geometry.ts";

/**
 * The turn that sets a face upright about its middle, at its own size: Umeyama's alignment of points 17 to
 * 67 with the mean of themselves and their mirror image, which is upright whoever's face it is.
 */
export function uprightTurn(landmarks: readonly Point[]): Similarity {
  const inner = landmarks.slice(17), [cx, cy] = centreOf(inner);
  const centred = landmarks.map(([x, y]): Point => [x - cx, y - cy]);
  const mirrored = mirrorLandmarks(centred, 0);
  const mean = centred.map((
    [x, y],
    i,
  ): Point => [(x + mirrored[i][0]) / 2, (y + mirrored[i][1]) / 2]);
  const { a, b } = align(centred.slice(17), mean.slice(17));
  const size = Math.hypot(a, b);
  if (!(size > 0)) return { a: 1, b: 0, tx: 0, ty: 0 };
  const cos = a / size, sin = b / size;
  return { a: cos, b: sin, tx: cx - cos * cx + sin * cy, ty: cy - sin * cx - cos * cy };
}

/** The turn undone. */
export function undone({ a, b, tx, ty }: Similarity): Similarity {
  const square = a * a + b * b, p = a / square, q = -b / square;
  const [[x, y]] = move([[tx, ty]], { a: p, b: q, tx: 0, ty: 0 });
  return { a: p, b: q, tx: -x, ty: -y };
}

/**
 * The picture turned: each pixel's bilinear value where it comes from, rounded; outside, the nearest
 * pixel goes on. Pixel centres are at halves.
 *
 * @param turn Where a point of the picture goes.
 */
export function turnImage(image: RgbImage, turn: Similarity): RgbImage {
  const { data: from, width, height } = image, { a, b, tx, ty } = undone(turn);
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const px = x + 0.5, py = y + 0.5;
      const u = Math.min(width - 1, Math.max(0, a * px - b * py + tx - 0.5));
      const v = Math.min(height - 1, Math.max(0, b * px + a * py + ty - 0.5));
      const left = Math.floor(u), top = Math.floor(v), p = u - left, q = v - top;
      const at = (top * width + left) * 3;
      const right = left + 1 < width ? 3 : 0, down = top + 1 < height ? width * 3 : 0;
      for (let c = 0; c < 3; c++) {
        const above = from[at + c] + p * (from[at + right + c] - from[at + c]);
        const below = from[at + down + c] + p * (from[at + down + right + c] - from[at + down + c]);
        data[to + c] = above + q * (below - above) + 0.5;
      }
    }
  }
  return { data, width, height };
}
