/** The colours of heat maps over photographs, for charts and for pictures of one map alone. */
import sharp from "sharp";
import { sample } from "lib/media/raster.ts";

/**
 * Plasma (van der Walt and Smith, 2015), fading in, so that the photograph is seen where there is nothing:
 * a share of the scale (0 to 1), red, green, blue (0 to 255), opacity (0 to 1).
 */
const STOPS: readonly (readonly [at: number, r: number, g: number, b: number, a: number])[] = [
  [0, 13, 8, 135, 0],
  [0.15, 84, 2, 163, 0.35],
  [0.4, 185, 50, 137, 0.6],
  [0.7, 244, 136, 73, 0.72],
  [1, 240, 249, 33, 0.82],
];

/** The scale as charts and style sheets take it: shares with their colour. */
export const MAP_COLOURS: [number, string][] = STOPS.map((
  [at, r, g, b, a],
) => [at, `rgba(${r},${g},${b},${a})`]);

/** Red, green, blue and opacity, 0 to 255 each, at a share of the scale. */
function colourAt(share: number): number[] {
  const above = Math.max(1, STOPS.findIndex(([at]) => share <= at));
  const [from, to] = [STOPS[above - 1], STOPS[above]];
  const part = (share - from[0]) / (to[0] - from[0]);
  const [r, g, b, a] = [1, 2, 3, 4].map((i) => from[i] + part * (to[i] - from[i]));
  return [r, g, b, 255 * a].map(Math.round);
}

/**
 * A map as a PNG to be laid over its picture: transparent where the map is 0 or less.
 *
 * @param map `[height][width]`, top row first; values between the cells' middles are interpolated.
 * @param options `maximum`: the value of the strongest colour, above 0. `side`: of the PNG, in pixels.
 *
 * @example
 * ```ts
 * import { mapOverlay } from "lib/figures/map_colours.ts";
 * import assert from "node:assert/strict";
 *
 * const png = await mapOverlay([[0, 1], [-1, 2]], { maximum: 2, side: 16 });
 * assert.deepEqual([...png.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
 * ```
 */
export async function mapOverlay(
  map: readonly (readonly number[])[],
  { maximum, side }: { readonly maximum: number; readonly side: number },
): Promise<Uint8Array> {
  const [height, width] = [map.length, map[0].length];
  const raster = { data: Float32Array.from(map.flat()), width, height, channels: 1 };
  const pixels = new Uint8Array(side * side * 4), value = new Float32Array(1);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 4) {
      const place = [(x + 0.5) * width / side, (y + 0.5) * height / side] as const;
      sample(raster, place, { to: value, at: 0 });
      pixels.set(colourAt(Math.min(1, Math.max(0, value[0] / maximum))), at);
    }
  }
  const raw = { width: side, height: side, channels: 4 } as const;
  return await sharp(pixels, { raw }).png().toBuffer();
}
