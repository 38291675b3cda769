/**
 * Geometry of three circles whose areas, and whose overlaps in pairs, are given. The chart is in
 * venn.ts.
 */

/** A circle in the units whose squares are the areas. */
export interface Circle {
  /** Centre, to the right. */
  readonly x: number;
  /** Centre, upwards. */
  readonly y: number;
  /** Radius, 0 or more. */
  readonly radius: number;
}

/** Area that two circles at a distance share. */
export function lensArea(a: number, b: number, distance: number): number {
  if (distance >= a + b) return 0;
  const small = Math.min(a, b);
  if (distance <= Math.abs(a - b)) return Math.PI * small * small;
  const cap = (r: number, s: number) => {
    const offset = (distance * distance + r * r - s * s) / (2 * distance);
    return r * r * Math.acos(Math.min(1, Math.max(-1, offset / r))) -
      offset * Math.sqrt(Math.max(0, r * r - offset * offset));
  };
  return cap(a, b) + cap(b, a);
}

/** The distance at which two circles share `area`, by bisection; the smaller may lie inside. */
export function distanceForOverlap(a: number, b: number, area: number): number {
  let low = Math.abs(a - b), high = a + b; // the overlap falls as the distance grows
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (lensArea(a, b, middle) > area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Three circles with the areas `areas` and the overlaps in pairs `overlaps`: of the first and second,
 * first and third, second and third. The triple overlap follows from the circles and cannot be chosen;
 * where the three distances make no triangle, the third circle stands as near as it can.
 */
export function placeCircles(
  areas: readonly [number, number, number],
  overlaps: readonly [number, number, number],
): [Circle, Circle, Circle] {
  const [a, b, c] = areas.map((area) => Math.sqrt(area / Math.PI));
  const ab = distanceForOverlap(a, b, overlaps[0]);
  const ac = distanceForOverlap(a, c, overlaps[1]);
  const bc = distanceForOverlap(b, c, overlaps[2]);
  const x = ab > 0 ? (ab * ab + ac * ac - bc * bc) / (2 * ab) : 0;
  const along = Math.min(ac, Math.max(-ac, x));
  return [
    { x: 0, y: 0, radius: a },
    { x: ab, y: 0, radius: b },
    { x: along, y: -Math.sqrt(ac * ac - along * along), radius: c },
  ];
}

/** A region of the plane by the circles that it lies inside. */
export interface DrawnRegion {
  /** Its area. */
  readonly area: number;
  /** The point farthest from every circle's edge, where a label fits best; `null` if there is none. */
  readonly label: readonly [number, number] | null;
  /** That point's distance to the nearest edge. */
  readonly room: number;
}

/**
 * Area and best place for a label of each region, on a grid of 160 points a side. The key is the sum
 * of 1, 2 and 4 for the first, second and third circle.
 */
export function drawnRegions(circles: readonly Circle[]): Map<number, DrawnRegion> {
  const left = Math.min(...circles.map((c) => c.x - c.radius));
  const right = Math.max(...circles.map((c) => c.x + c.radius));
  const bottom = Math.min(...circles.map((c) => c.y - c.radius));
  const top = Math.max(...circles.map((c) => c.y + c.radius));
  const step = Math.max(right - left, top - bottom) / 160;
  const found = new Map<number, { area: number; room: number; label: [number, number] }>();
  for (let x = left + step / 2; x < right; x += step) {
    for (let y = bottom + step / 2; y < top; y += step) {
      let key = 0, room = Infinity; // room: distance to the nearest edge of any circle
      circles.forEach((circle, i) => {
        const inner = circle.radius - Math.hypot(x - circle.x, y - circle.y);
        if (inner > 0) key += 2 ** i;
        room = Math.min(room, Math.abs(inner));
      });
      if (key === 0) continue;
      const region = found.get(key) ?? { area: 0, room: 0, label: [x, y] };
      region.area += step * step;
      if (room > region.room) Object.assign(region, { room, label: [x, y] });
      found.set(key, region);
    }
  }
  return new Map([1, 2, 3, 4, 5, 6, 7].map((key) => {
    const region = found.get(key);
    return [key, region ?? { area: 0, label: null, room: 0 }];
  }));
}
