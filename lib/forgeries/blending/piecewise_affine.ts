/** Face X-ray's deformation of a mask: a grid whose points are moved, and triangles between them. */
import type { Random } from "lib/random.ts";
import type { Mask } from "lib/media/image.ts";

/** A grid over the picture, and how far its points are moved. */
export interface JitteredGrid {
  /** Points from top to bottom, 2 or more. */
  readonly rows: number;
  /** Points from left to right, 2 or more. */
  readonly columns: number;
  /** Of each point, row by row: downwards and to the right, as shares of height and width. */
  readonly jitter: ArrayLike<number>;
  /** Triples of points, row by row; default: each square halved from top left to bottom right. */
  readonly triangles?: readonly (readonly number[])[];
}

/** Draw a grid as imgaug 0.4 does: 2, 3 or 4 rows and columns, moved normally with one deviation. */
export function drawGrid(random: Random, [low, high]: readonly [number, number]): JitteredGrid {
  const rows = 2 + random.integer(3), columns = 2 + random.integer(3);
  const scale = low + (high - low) * random.uniform();
  const jitter = Float64Array.from({ length: 2 * rows * columns }, () => scale * random.normal());
  return { rows, columns, jitter };
}

function halvedSquares(rows: number, columns: number): number[][] {
  const triangles: number[][] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column, b = a + 1, c = a + columns, d = c + 1;
      triangles.push([a, b, d], [a, d, c]);
    }
  }
  return triangles;
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

/**
 * The mask moved piecewise: each pixel lies in a triangle of the regular grid and is taken from the same
 * place in the moved triangle, bilinearly; 0 outside of the picture. The grid's points are at 0 and at the
 * full width and height, moved ones are kept inside the picture.
 *
 * As `skimage.transform.PiecewiseAffineTransform` under imgaug 0.4. There each square's diagonal is
 * whichever the triangulation of a regular grid comes upon.
 *
 * @returns Weights from 0 to 1.
 */
export function piecewiseAffine(
  { data: from, width, height }: Mask,
  grid: JitteredGrid,
): Float64Array {
  const { rows, columns, jitter, triangles = halvedSquares(rows, columns) } = grid;
  const place = (point: number): [number, number] => [
    point % columns * width / (columns - 1),
    Math.floor(point / columns) * height / (rows - 1),
  ];
  const moved = (point: number): [number, number] => {
    const [x, y] = place(point);
    return [
      clamp(x + jitter[2 * point + 1] * width, width - 1),
      clamp(y + jitter[2 * point] * height, height - 1),
    ];
  };
  const to = new Float64Array(from.length);
  for (const [i, j, k] of triangles) {
    const [ax, ay] = place(i), [bx, by] = place(j), [cx, cy] = place(k);
    const [au, av] = moved(i), [bu, bv] = moved(j), [cu, cv] = moved(k);
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by, cy)));
    const right = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx)));
    for (let y = Math.ceil(Math.min(ay, by, cy)); y <= bottom; y++) {
      for (let x = Math.ceil(Math.min(ax, bx, cx)); x <= right; x++) {
        const q = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area;
        const r = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area;
        if (q < -1e-9 || r < -1e-9 || q + r > 1 + 1e-9) continue; // edges belong to both: they agree
        const u = au + q * (bu - au) + r * (cu - au), v = av + q * (bv - av) + r * (cv - av);
        const column = Math.floor(u), row = Math.floor(v), across = u - column, down = v - row;
        const at = row * width + column;
        const more = column + 1 < width, lower = row + 1 < height;
        const a = from[at], b = more ? from[at + 1] : 0;
        const c = lower ? from[at + width] : 0, d = more && lower ? from[at + width + 1] : 0;
        const above = a + across * (b - a), below = c + across * (d - c);
        to[y * width + x] = (above + down * (below - above)) / 255;
      }
    }
  }
  return to;
}
