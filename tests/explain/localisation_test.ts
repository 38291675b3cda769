import assert from "node:assert/strict";
import fc from "fast-check";
import {
  areaOf,
  centralFace,
  coverage,
  energyGain,
  energyInside,
  pointsInside,
  unionOf,
} from "lib/explain/localisation.ts";
import { shuffledMap } from "lib/explain/over_images.ts";
import { createRandom } from "lib/random.ts";
import { grids, maskOf, near, noise } from "./map_cases.ts";

Deno.test("pointsInside, energyInside and energyGain against a mask, by hand", () => {
  const mask = maskOf([[1, 0], [0, 0]]);
  assert.equal(areaOf(mask), 0.25);
  const map = [[3, 1], [-5, 0]];
  assert.equal(pointsInside(map, mask), 1);
  near(energyInside(map, mask), 0.75);
  near(energyGain(map, mask), 3);
  assert.equal(pointsInside([[1, 2], [0, 0]], mask), 0);
  assert.equal(pointsInside([[1, 1], [1, 1]], mask), 0.25); // a flat map points by the mask's area
  near(energyGain([[7, 7], [7, 7]], mask), 1);
  assert.equal(energyGain(map, maskOf([[0, 0], [0, 0]])), null);
  for (const measure of [pointsInside, energyInside, energyGain]) {
    assert.equal(measure([[-1, 0]], mask), null);
  }
});

Deno.test("shuffled maps have the mask's share of evidence inside, and point there by its area", () => {
  const random = createRandom(5, "shuffled");
  const mask = maskOf(
    Array.from(
      { length: 8 },
      (_, y) => Array.from({ length: 8 }, (_, x) => Number(x < 3 && y < 4)),
    ),
  );
  const map = Array.from(
    { length: 8 },
    (_, y) => Array.from({ length: 8 }, (_, x) => x === 1 && y === 1 ? 9 : x - 2),
  );
  assert.equal(pointsInside(map, mask), 1);
  let points = 0, gain = 0;
  for (let i = 0; i < 400; i++) {
    const shuffled = shuffledMap(map, random);
    assert.deepEqual(shuffled.flat().sort(), map.flat().sort());
    points += pointsInside(shuffled, mask)! / 400;
    gain += energyGain(shuffled, mask)! / 400;
  }
  near(points, areaOf(mask), 0.05);
  near(gain, 1, 0.08);
});

Deno.test("a mask's measures add up over a mask and the rest, and grow with the mask", () => {
  fc.assert(fc.property(grids(1), fc.infiniteStream(fc.boolean()), ([grid], stream) => {
    const rows = grid.map((row) => row.map(() => Number(stream.next().value)));
    const mask = maskOf(rows), rest = maskOf(rows.map((row) => row.map((value) => 1 - value)));
    const inside = energyInside(grid, mask), outside = energyInside(grid, rest);
    if (inside === null) return assert.equal(outside, null);
    near(inside + outside!, 1);
    near(pointsInside(grid, mask)! + pointsInside(grid, rest)!, 1);
    near(energyInside(grid, unionOf([mask, rest])), 1);
  }));
});

Deno.test("coverage: copies cover what one covers, maps apart add up, chance is 1 − (1 − level)ⁿ", () => {
  const face = maskOf([[1, 1, 1, 1, 0]]);
  const at = (x: number) => [[0, 0, 0, 0, 0].map((_, i) => Number(i === x))];
  near(coverage([at(0), at(0)], face, 0.2), 0.25);
  near(coverage([at(0), at(1)], face, 0.2), 0.5);
  near(coverage([at(0), at(4)], face, 0.2), 0.25); // beside the face
  near(coverage([at(0), [[-1, 0, 0, 0, 0]]], face, 0.2), 0.25);
  assert.equal(coverage([[[-1, 0, 0, 0, 0]]], face), null);
  assert.equal(coverage([at(0)], maskOf([[0, 0, 0, 0, 0]])), null);
  const random = createRandom(7, "coverage of chance");
  const size = { width: 20, height: 20 };
  const values = Array.from(
    { length: 40 },
    () => coverage(Array.from({ length: 4 }, () => noise(random, 20)), centralFace(size), 0.2)!,
  );
  near(values.reduce((a, b) => a + b) / 40, 1 - 0.8 ** 4, 0.01);
});

Deno.test("centralFace is an ellipse in the middle over two fifths of the picture", () => {
  near(areaOf(centralFace({ width: 96, height: 96 })), Math.PI * 0.32 * 0.4, 0.005);
});
