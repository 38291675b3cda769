/** Filtering planes of numbers along rows and columns with symmetric kernels. */

/** How values go on outside: "reflect101" is b | a b c | b (OpenCV), "reflect" is a | a b c | c (SciPy). */
export type Border = "reflect101" | "reflect";

/** The index inside that stands for an index outside. */
export function borderIndex(index: number, length: number, border: Border): number {
  if (border === "reflect") {
    const period = 2 * length, at = ((index % period) + period) % period;
    return at < length ? at : period - 1 - at;
  }
  if (length === 1) return 0;
  const period = 2 * (length - 1), at = ((index % period) + period) % period;
  return at < length ? at : period - at;
}

/** Numbers in rows from the top, one a pixel. */
export interface Plane {
  /** width · height values. */
  readonly data: Float64Array | Float32Array | Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** 0, 1, … to `length` − 1. */
const all = (length: number) => Int32Array.from({ length }, (_, i) => i);

/**
 * Filter along rows and columns with the same symmetric kernel.
 *
 * @param kernel Odd number of weights, the same from both ends.
 * @param border How values go on outside.
 * @param places Which columns and rows are worked out; default all.
 * @returns The values at these places alone.
 */
export function filterPlane(
  { data, width, height }: Plane,
  kernel: Float64Array,
  border: Border,
  places: { columns?: Int32Array; rows?: Int32Array } = {},
): { data: Float64Array; width: number; height: number } {
  const { columns = all(width), rows = all(height) } = places;
  const turned = filterLines(data, { length: width, lines: height }, {
    kernel,
    border,
    places: columns,
  });
  const back = filterLines(turned, { length: height, lines: columns.length }, {
    kernel,
    border,
    places: rows,
  });
  return { data: back, width: columns.length, height: rows.length };
}

/** Lines that are filtered together, so that each weight is read once for them. */
const TOGETHER = 4;

/**
 * Filter along each line at some places.
 *
 * @returns Turned: for each place the values of all lines.
 */
function filterLines(
  from: Plane["data"],
  { length, lines }: { length: number; lines: number },
  options: { kernel: Float64Array; border: Border; places: Int32Array },
): Float64Array {
  const { kernel, border, places } = options, reach = (kernel.length - 1) / 2;
  const half = kernel.slice(reach), to = new Float64Array(places.length * lines);
  const source = Int32Array.from(
    { length: length + 2 * reach },
    (_, i) => borderIndex(i - reach, length, border),
  );
  // The values of four lines side by side, with what goes on outside.
  const padded = new Float64Array(source.length * TOGETHER);
  for (let line = 0; line < lines; line += TOGETHER) {
    const together = Math.min(TOGETHER, lines - line);
    for (let l = 0; l < together; l++) {
      const start = (line + l) * length;
      for (let i = 0; i < source.length; i++) padded[i * TOGETHER + l] = from[start + source[i]];
    }
    for (let p = 0; p < places.length; p++) {
      const middle = (places[p] + reach) * TOGETHER, first = half[0];
      let a = first * padded[middle], b = first * padded[middle + 1];
      let c = first * padded[middle + 2], d = first * padded[middle + 3];
      for (let k = 1, up = middle, down = middle; k <= reach; k++) {
        const weight = half[k];
        up -= TOGETHER;
        down += TOGETHER;
        a += weight * (padded[up] + padded[down]);
        b += weight * (padded[up + 1] + padded[down + 1]);
        c += weight * (padded[up + 2] + padded[down + 2]);
        d += weight * (padded[up + 3] + padded[down + 3]);
      }
      const at = p * lines + line;
      to[at] = a;
      if (together > 1) to[at + 1] = b;
      if (together > 2) to[at + 2] = c;
      if (together > 3) to[at + 3] = d;
    }
  }
  return to;
}
