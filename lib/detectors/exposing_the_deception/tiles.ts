/**
 * What each block sees: the whole face, or a tile of its own. The latter is the paper's baseline
 * "cropping evenly" (appendix), against which blocks that choose their clues themselves are measured.
 */
import * as tf from "@tensorflow/tfjs";
import type { ExposingSettings } from "./exposing_settings.ts";

/** Part of an image, in pixels from its upper left corner. */
export interface Tile {
  /** First row. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * The rows and columns of n equal tiles: the grid nearest to a square that has exactly n cells, and
 * wider than high. 1: 1 × 1, 2: 1 × 2, 3: 1 × 3, 4: 2 × 2, 6: 2 × 3, 8: 2 × 4; 5 and 7 are prime, so
 * they are strips of full height. [ours: the paper says "non-overlapping regions", not which]
 *
 * @throws RangeError when n is not a whole number from 1.
 */
export function tileGrid(n: number): { rows: number; columns: number } {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`The number of tiles is a whole number from 1, not ${n}.`);
  }
  let rows = Math.floor(Math.sqrt(n));
  while (n % rows !== 0) rows--;
  return { rows, columns: n / rows };
}

/**
 * The tiles that n blocks see of an image, in reading order: block 1 has the upper left one. Together
 * they are the image, without overlap; each keeps its own pixels and is not enlarged.
 *
 * @param n Number of blocks.
 * @param size Height and width of the image in pixels.
 * @throws RangeError when the image does not divide evenly, naming sizes that do.
 *
 * @example Four blocks share a face of 224 pixels
 * ```ts
 * import { tilesOf } from "lib/detectors/exposing_the_deception/tiles.ts";
 * import assert from "node:assert/strict";
 *
 * const tiles = tilesOf(4, [224, 224]);
 * assert.deepEqual(tiles[1], { top: 0, left: 112, height: 112, width: 112 });
 * assert.throws(() => tilesOf(3, [224, 224]), /224.*3 columns.*192 or 240/);
 * ```
 */
export function tilesOf(n: number, [height, width]: readonly [number, number]): Tile[] {
  const { rows, columns } = tileGrid(n);
  requireEven(height, rows, "rows");
  requireEven(width, columns, "columns");
  const tile = { height: height / rows, width: width / columns };
  return Array.from({ length: n }, (_, i) => ({
    top: Math.floor(i / columns) * tile.height,
    left: (i % columns) * tile.width,
    ...tile,
  }));
}

/** Sizes that `imageSize` may have are multiples of this. */
const IMAGE_STEP = 16;

function requireEven(side: number, parts: number, what: "rows" | "columns"): void {
  if (side % parts === 0) return;
  const step = IMAGE_STEP % parts === 0 ? IMAGE_STEP : IMAGE_STEP * parts;
  const below = Math.floor(side / step) * step;
  const sizes = below === 0 ? `${step}` : `${below} or ${below + step}`;
  throw new RangeError(
    `An image of ${side} pixels does not divide into ${parts} ${what} of tiles. ` +
      `Set imageSize to ${sizes}, or choose another number of blocks.`,
  );
}

/**
 * What each block is given: n times the whole images, or their n tiles.
 *
 * @param images `[batch, height, width, 3]`.
 * @param settings How many blocks there are, and what they see.
 * @returns n tensors `[batch, tile's height, tile's width, 3]`. Whole images are the same tensor, not
 * copies: free them once.
 * @throws RangeError when tiles do not divide the images evenly.
 */
export function blockViews(
  images: tf.Tensor4D,
  { blocks, view }: Pick<ExposingSettings, "blocks" | "view">,
): tf.Tensor4D[] {
  if (view === "whole") return Array.from({ length: blocks }, () => images);
  const [batch, imageHeight, imageWidth, channels] = images.shape;
  return tilesOf(blocks, [imageHeight, imageWidth]).map(({ top, left, height, width }) =>
    tf.slice(images, [0, top, left, 0], [batch, height, width, channels])
  );
}
