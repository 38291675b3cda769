import assert from "node:assert/strict";
import {
  distanceForOverlap,
  drawnRegions,
  lensArea,
  placeCircles,
} from "lib/figures/venn_layout.ts";
import { createRandom } from "lib/random.ts";

const near = (actual: number, expected: number, tolerance: number) =>
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("lensArea: apart, inside, and two unit circles through each other's centre", () => {
  assert.equal(lensArea(1, 1, 2), 0);
  near(lensArea(1, 0.5, 0.2), Math.PI / 4, 1e-15);
  near(lensArea(1, 1, 1), 2 * Math.PI / 3 - Math.sqrt(3) / 2, 1e-14); // textbook value
});

Deno.test("distanceForOverlap undoes lensArea", () => {
  const random = createRandom(11);
  for (let i = 0; i < 200; i++) {
    const a = 0.2 + random.uniform(), b = 0.2 + random.uniform();
    const distance = Math.abs(a - b) + random.uniform() * 2 * Math.min(a, b);
    near(distanceForOverlap(a, b, lensArea(a, b, distance)), distance, 1e-6);
  }
  assert.equal(distanceForOverlap(1, 0.5, 0), 1.5);
  near(distanceForOverlap(1, 0.5, Math.PI / 4), 0.5, 1e-9); // just inside
});

Deno.test("placeCircles keeps the areas and every overlap in pairs", () => {
  const circles = placeCircles([1, 0.8, 1.2], [0.3, 0.2, 0.4]);
  circles.forEach(({ radius }, i) => near(Math.PI * radius ** 2, [1, 0.8, 1.2][i], 1e-12));
  const overlap = (i: number, j: number) => {
    const [a, b] = [circles[i], circles[j]];
    return lensArea(a.radius, b.radius, Math.hypot(a.x - b.x, a.y - b.y));
  };
  near(overlap(0, 1), 0.3, 1e-9);
  near(overlap(0, 2), 0.2, 1e-9);
  near(overlap(1, 2), 0.4, 1e-9);
});

Deno.test("placeCircles of circles that make no triangle still places them, finitely", () => {
  const circles = placeCircles([1, 1, 0.01], [1, 0.01, 0]); // the third in the first, not in its double
  for (const { x, y, radius } of circles) assert([x, y, radius].every(Number.isFinite));
  for (const { x, y, radius } of placeCircles([0, 0, 0], [0, 0, 0])) {
    assert([x, y, radius].every(Number.isFinite));
  }
});

Deno.test("drawnRegions measures areas and places labels inside their region", () => {
  const circles = placeCircles([1, 1, 1], [0.4, 0.4, 0.4]);
  const regions = drawnRegions(circles);
  const inside = (key: number) =>
    [...regions].filter(([k]) => (k & key) === key).reduce((sum, [, r]) => sum + r.area, 0);
  [1, 2, 4].forEach((key) => near(inside(key), 1, 0.02));
  [3, 5, 6].forEach((key) => near(inside(key), 0.4, 0.02));
  for (const [key, { label }] of regions) {
    circles.forEach((circle, i) => {
      const within = Math.hypot(label![0] - circle.x, label![1] - circle.y) < circle.radius;
      assert.equal(within, (key & 2 ** i) > 0);
    });
  }
  const apart = drawnRegions(placeCircles([1, 1, 1], [0, 0, 0]));
  assert.deepEqual(apart.get(7), { area: 0, label: null, room: 0 });
});
