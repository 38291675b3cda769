/** Maps as plain numbers: what is positive in them, how large they are, where they are strongest. */

/** Rows of numbers: `[height][width]`, top row first. */
export type Grid = readonly (readonly number[])[];

/** Width and height in cells or pixels; a `Grid`'s picture or a `Mask` has them. */
export interface GridSize {
  /** Cells in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Width and height of a grid.
 *
 * @throws TypeError when it is empty or its rows differ in length, RangeError when it holds NaN or
 * infinity.
 */
export function sizeOf(grid: Grid): GridSize {
  const [width, height] = [grid[0]?.length ?? 0, grid.length];
  if (width === 0 || grid.some((row) => row.length !== width)) {
    throw new TypeError("A map is a grid of numbers; this one is empty or its rows differ.");
  }
  const bad = grid.flat().find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`A map holds finite numbers, not ${bad}.`);
  return { width, height };
}

/** Both grids' cells as flat lists; throws a TypeError when their sizes differ. */
export function cellsOfBoth(a: Grid, b: Grid): [number[], number[]] {
  const [one, other] = [sizeOf(a), sizeOf(b)];
  if (one.width !== other.width || one.height !== other.height) {
    throw new TypeError(
      `Maps are compared cell by cell: one is ${one.width} × ${one.height}, the other ` +
        `${other.width} × ${other.height}. Bring them to one size with enlarge.`,
    );
  }
  return [a.flat(), b.flat()];
}

/**
 * The map at another size, by bilinear interpolation with cells' values at their centres, as
 * `positiveEvidence` does it on the device.
 *
 * @example
 * ```ts
 * import { enlarge } from "lib/explain/grid.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(enlarge([[0, 2]], { width: 4, height: 1 }), [[0, 0.5, 1.5, 2]]);
 * ```
 */
export function enlarge(grid: Grid, { width, height }: GridSize): Grid {
  const from = sizeOf(grid);
  if (from.width === width && from.height === height) return grid;
  const along = (count: number, cells: number) =>
    Array.from({ length: count }, (_, i) => {
      const at = Math.min(cells - 1, Math.max(0, (i + 0.5) * cells / count - 0.5));
      const low = Math.floor(at);
      return { low, high: Math.min(cells - 1, low + 1), share: at - low };
    });
  const columns = along(width, from.width);
  return along(height, from.height).map((y) => {
    const mixed = grid[y.low].map((value, x) => value + y.share * (grid[y.high][x] - value));
    return columns.map((x) => mixed[x.low] + x.share * (mixed[x.high] - mixed[x.low]));
  });
}

/**
 * Each cell's share of the map's positive evidence, in the order of `grid.flat()`: 0 or more, 1 in all.
 *
 * @returns null where no cell is positive: there is no evidence to share out.
 */
export function evidenceShares(grid: Grid): Float64Array | null {
  sizeOf(grid);
  const positive = Float64Array.from(grid.flat(), (value) => Math.max(0, value));
  const largest = positive.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return null;
  // By the largest first: evidence may be so small or large that its sum is 0 or infinite.
  const scaled = positive.map((value) => value / largest);
  const sum = scaled.reduce((a, b) => a + b, 0);
  return scaled.map((value) => value / sum);
}

/**
 * The cells of strongest positive evidence, in the order of `grid.flat()`: 1 for the `level` of all
 * cells that have most of it, else 0. Cells as strong as the last of them are in too; cells without
 * positive evidence never are, so there may be fewer.
 *
 * @param level Share of all cells, above 0 up to 1.
 * @returns null where no cell is positive.
 */
export function topCells(grid: Grid, level: number): Uint8Array | null {
  if (!(level > 0 && level <= 1)) {
    throw new RangeError(`A level is a share of the cells, above 0 up to 1, not ${level}.`);
  }
  const shares = evidenceShares(grid);
  if (!shares) return null;
  const count = Math.max(1, Math.round(level * shares.length));
  const least = shares.toSorted()[shares.length - count];
  return Uint8Array.from(shares, (share) => share > 0 && share >= least ? 1 : 0);
}
