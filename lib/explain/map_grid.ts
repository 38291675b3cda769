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
  for (const row of grid) {
    for (const value of row) {
      if (!Number.isFinite(value)) {
        throw new RangeError(`A map holds finite numbers, not ${value}.`);
      }
    }
  }
  return { width, height };
}

/** Throws a TypeError when two maps differ in size. */
export function requireOneSize(a: Grid, b: Grid): void {
  const [one, other] = [sizeOf(a), sizeOf(b)];
  if (one.width !== other.width || one.height !== other.height) {
    throw new TypeError(
      `Maps are compared cell by cell: one is ${one.width} × ${one.height}, the other ` +
        `${other.width} × ${other.height}. Bring them to one size with enlarge.`,
    );
  }
}

/**
 * The map at another size, by bilinear interpolation with cells' values at their centres, as
 * `positiveEvidence` does it on the device.
 *
 * @example
 * ```ts
 * import { enlarge } from "lib/explain/map_grid.ts";
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

/** Each cell's share of a map's positive evidence, row by row: 0 or more, 1 in all. */
export type Shares = Float64Array<ArrayBuffer>;

/** Cells of a map, row by row: 1 for those that are meant, else 0. */
export type Cells = Uint8Array<ArrayBuffer>;

/**
 * Shares the map's positive evidence out.
 *
 * @returns null where no cell is positive: there is nothing to share out.
 */
export function evidenceShares(grid: Grid): Shares | null {
  const { width, height } = sizeOf(grid), shares = new Float64Array(width * height);
  let largest = 0, sum = 0;
  for (const row of grid) for (const value of row) largest = Math.max(largest, value);
  if (largest === 0) return null;
  grid.forEach((row, y) => {
    for (let x = 0; x < width; x++) {
      // By the largest: evidence may be so small or large that its sum is 0 or infinite.
      const share = Math.max(0, row[x]) / largest;
      shares[y * width + x] = share;
      sum += share;
    }
  });
  for (let i = 0; i < shares.length; i++) shares[i] /= sum;
  return shares;
}

/**
 * The cells of strongest positive evidence: the `level` of all cells that have most of it. Cells as
 * strong as the last of them are in too; cells without positive evidence never are, so there may be
 * fewer.
 *
 * @param level Share of all cells, above 0 up to 1.
 * @param rising The shares in rising order, where they are asked for at several levels. Default: sorted here.
 * @throws RangeError for a level out of range.
 */
export function strongestCells(
  shares: Shares,
  level: number,
  rising: Shares = shares.toSorted(),
): Cells {
  if (!(level > 0 && level <= 1)) {
    throw new RangeError(`A level is a share of the cells, above 0 up to 1, not ${level}.`);
  }
  const count = Math.max(1, Math.round(level * shares.length));
  const least = rising[shares.length - count], cells = new Uint8Array(shares.length);
  for (let i = 0; i < shares.length; i++) cells[i] = shares[i] > 0 && shares[i] >= least ? 1 : 0;
  return cells;
}

/** The map's `strongestCells`; null where no cell is positive. */
export function topCells(grid: Grid, level: number): Cells | null {
  const shares = evidenceShares(grid);
  return shares && strongestCells(shares, level);
}
