/**
 * Position embeddings of a vision transformer for another number of patches: bicubic, as PyTorch's
 * `interpolate(mode="bicubic", align_corners=False)` resizes pictures.
 */
import { float32Values, type StoredTensor, storeFloat32 } from "./safetensors.ts";

/** How places are resampled. */
export interface ResampleOptions {
  /** Patches along a side of the new grid. */
  readonly to: number;
  /**
   * Whether a coarser grid's places are means over wider windows (PyTorch's `antialias=True`; its cubic has
   * a = −.5 then, else −.75). timm does so; transformers does for DINOv2 with registers only.
   */
  readonly antialias: boolean;
}

/** Keys' cubic of parameter a: 1 at 0, 0 at 1 and from 2 on. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/**
 * How much each old place of a side counts in each new one, rows adding up to 1. Without `antialias` places
 * beyond the edge are the edge's; with it they are left out.
 */
function cubicShares(from: number, { to, antialias }: ResampleOptions): number[][] {
  const step = from / to, a = antialias ? -0.5 : -0.75, wider = antialias ? Math.max(step, 1) : 1;
  return Array.from({ length: to }, (_, i) => {
    const centre = step * (i + 0.5) - 0.5, row = new Array<number>(from).fill(0);
    const first = Math.ceil(centre - 2 * wider), last = Math.floor(centre + 2 * wider);
    for (let j = first; j <= last; j++) {
      const at = Math.min(Math.max(j, 0), from - 1);
      if (antialias && at !== j) continue;
      row[at] += cubic((j - centre) / wider, a);
    }
    const sum = row.reduce((total, share) => total + share);
    return row.map((share) => share / sum);
  });
}

/** A file's position embeddings, for a grid. */
export interface ResampledPlaces {
  /** `[grid² + 1, width]`, the class token's first. */
  readonly array: StoredTensor;
  /** Patches along a side that the file was made for. */
  readonly from: number;
}

/**
 * The embeddings of a file for another grid. Those of the class token stay; a file without them (timm's with
 * registers, whose class token has its place in it) gets zeros there.
 *
 * @param array `[…1, places, width]`, rows of a square grid, with or without the class token's before them.
 * @returns Undefined where the places are no square: whoever loads them says what does not fit.
 */
export function resampledPlaces(
  array: StoredTensor,
  options: ResampleOptions,
): ResampledPlaces | undefined {
  const [places = 0, width = 0] = array.shape.slice(-2), { to } = options;
  const hasClass = Number.isInteger(Math.sqrt(places - 1)), from = Math.floor(Math.sqrt(places));
  if (!hasClass && from ** 2 !== places || places * width === 0) return undefined;
  const old = float32Values(array), values = new Float32Array((to ** 2 + 1) * width);
  const first = hasClass ? width : 0; // where the grid begins
  values.set(old.subarray(0, first));
  if (from === to) values.set(old.subarray(first), width);
  else {
    const shares = cubicShares(from, options);
    const near = shares.map((row) =>
      row.flatMap((share, at) => share === 0 ? [] : [{ share, at }])
    );
    const rows = new Float64Array(to * from * width); // resampled down, not yet across
    near.forEach((terms, y) => {
      for (const { share, at } of terms) {
        for (let k = 0; k < from * width; k++) {
          rows[y * from * width + k] += share * old[first + at * from * width + k];
        }
      }
    });
    for (let y = 0; y < to; y++) {
      near.forEach((terms, x) => {
        for (let c = 0; c < width; c++) {
          const sum = terms.reduce(
            (s, { share, at }) => s + share * rows[(y * from + at) * width + c],
            0,
          );
          values[(1 + y * to + x) * width + c] = sum;
        }
      });
    }
  }
  return { array: storeFloat32(values, [to ** 2 + 1, width]), from };
}
