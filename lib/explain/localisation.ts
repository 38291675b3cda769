/** Whether maps point at where something is: at a known change of the picture, or at the face. */
import type { Mask } from "lib/media/image.ts";
import {
  type Cells,
  enlarge,
  evidenceShares,
  type Grid,
  type GridSize,
  type Shares,
  topCells,
} from "./map_grid.ts";
import { TOP_LEVEL } from "./overlap.ts";

/** A pixel of a mask counts as inside from this value on, of 255. */
const INSIDE = 128;

/** Share of the picture that the mask covers, 0 to 1: what a map that knows nothing has inside. */
export function areaOf({ data }: Mask): number {
  return data.reduce((count, value) => count + Number(value >= INSIDE), 0) / data.length;
}

/** A mask of all pixels that are in any of the masks. */
export function unionOf(masks: readonly Mask[]): Mask {
  if (masks.length === 0) throw new RangeError("A union needs a mask or more.");
  const [{ width, height }] = masks;
  if (masks.some((mask) => mask.width !== width || mask.height !== height)) {
    throw new TypeError("Masks of one picture have one size.");
  }
  const data = masks[0].data.map((_, i) => Math.max(...masks.map((mask) => mask.data[i])));
  return { data, width, height };
}

/**
 * The pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", 2016): whether
 * the strongest place of the map, enlarged to the mask's size, is inside the mask.
 *
 * @returns 1 if so, else 0, and a share where several places are equally strong; null where the map has
 * no positive evidence. By chance: the mask's area.
 *
 * @example
 * ```ts
 * import { pointsInside } from "lib/explain/localisation.ts";
 * import assert from "node:assert/strict";
 *
 * const mask = { data: Uint8Array.of(255, 0, 0), width: 3, height: 1 };
 * assert.equal(pointsInside([[5, 1, 0]], mask), 1);
 * assert.equal(pointsInside([[5, 5, 0]], mask), 0.5);
 * assert.equal(pointsInside([[0, -1, 0]], mask), null);
 * ```
 */
export function pointsInside(map: Grid, mask: Mask): number | null {
  return peakInside(evidenceShares(enlarge(map, mask)), mask);
}

/** `pointsInside` of shares on the mask's own grid. */
export function peakInside(shares: Shares | null, mask: Mask): number | null {
  if (!shares) return null;
  const largest = shares.reduce((a, b) => Math.max(a, b));
  let peaks = 0, hits = 0;
  for (let i = 0; i < shares.length; i++) {
    if (shares[i] < largest) continue;
    peaks++;
    if (mask.data[i] >= INSIDE) hits++;
  }
  return hits / peaks;
}

/**
 * Share of the map's positive evidence, enlarged to the mask's size, that lies inside the mask.
 *
 * @returns 0 to 1; null where the map has no positive evidence. By chance: the mask's area.
 */
export function energyInside(map: Grid, mask: Mask): number | null {
  return sharesInside(evidenceShares(enlarge(map, mask)), mask);
}

/** `energyInside` of shares on the mask's own grid. */
export function sharesInside(shares: Shares | null, mask: Mask): number | null {
  if (!shares) return null;
  let sum = 0;
  for (let i = 0; i < shares.length; i++) if (mask.data[i] >= INSIDE) sum += shares[i];
  return sum;
}

/**
 * `energyInside` in units of the mask's area: 1 for a map that knows nothing, above 1 where the map is
 * drawn to the mask, below where it avoids it. At most 1 / area.
 *
 * @returns null where the map has no positive evidence, or the mask is empty.
 */
export function energyGain(map: Grid, mask: Mask): number | null {
  return perArea(energyInside(map, mask), mask);
}

/** An energy inside a mask in units of the mask's area. */
export function perArea(energy: number | null, mask: Mask): number | null {
  const area = areaOf(mask);
  return energy === null || area === 0 ? null : energy / area;
}

/**
 * Share of the face that at least one of the maps counts among its strongest places (`topCells`).
 * n maps that know nothing, each of the others least of all, cover 1 − (1 − level)ⁿ.
 *
 * @param maps The parts' maps; one without positive evidence covers nothing.
 * @param face Which pixels are the face, such as `centralFace`.
 * @returns 0 to 1; null where no map has positive evidence or the face is empty.
 */
export function coverage(
  maps: readonly Grid[],
  face: Mask,
  level: number = TOP_LEVEL,
): number | null {
  return cellsCover(maps.map((map) => topCells(enlarge(map, face), level)), face);
}

/** `coverage` of maps' strongest cells on the face's own grid; null for a map without any. */
export function cellsCover(tops: readonly (Cells | null)[], face: Mask): number | null {
  const some = tops.filter((cells) => cells !== null);
  let pixels = 0, covered = 0;
  for (let i = 0; i < face.data.length; i++) {
    if (face.data[i] < INSIDE) continue;
    pixels++;
    if (some.some((cells) => cells[i] === 1)) covered++;
  }
  return some.length === 0 || pixels === 0 ? null : covered / pixels;
}

/** Radii of `centralFace` as shares of width and height: those of drawn faces' mean pose. [ours] */
const FACE_RADII = { across: 0.32, down: 0.4 };

/**
 * The face of a crop that is centred on it, roughly: the ellipse in the middle that covers two fifths
 * of the picture. It fits crops with the usual margin of 0.15, and planted clues.
 */
export function centralFace({ width, height }: GridSize): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const x = ((i % width + 0.5) / width - 0.5) / FACE_RADII.across;
    const y = ((Math.floor(i / width) + 0.5) / height - 0.5) / FACE_RADII.down;
    return x * x + y * y <= 1 ? 255 : 0;
  });
  return { data, width, height };
}
