import assert from "node:assert/strict";
import fc from "fast-check";
import { centralFace } from "lib/explain/localisation.ts";
import type { Grid } from "lib/explain/map_grid.ts";
import {
  effectiveRegions,
  halfPeakCover,
  regionEvidence,
  REGIONS_A_SIDE,
} from "lib/explain/regions.ts";
import { grids, maskOf, near } from "./map_cases.ts";

/** A map that is 1 in the first `count` of its cells, else −1. */
const first = (count: number, side: number): Grid =>
  Array.from(
    { length: side },
    (_, y) => Array.from({ length: side }, (_, x) => y * side + x < count ? 1 : -1),
  );

/** The map with each cell as `by` × `by` cells of the same value. */
const finer = (map: Grid, by: number): Grid =>
  map.flatMap((row) => Array.from({ length: by }, () => row.flatMap((v) => Array(by).fill(v))));

Deno.test("regionEvidence adds up to the map's, signs and all, whatever the grid", () => {
  fc.assert(fc.property(grids(1), fc.integer({ min: 1, max: 7 }), ([grid], side) => {
    const regions = regionEvidence(grid, side), cells = grid.flat();
    assert.deepEqual(
      [regions.length, ...regions.map((row) => row.length)],
      Array(side + 1).fill(side),
    );
    const largest = Math.max(...cells.map(Math.abs)) || 1;
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b);
    near(sum(regions.flat()), sum(cells.map((value) => value / largest)));
    regionEvidence(finer(grid, 3), side).flat()
      .forEach((value, i) => near(value / 9, regions.flat()[i]));
  }));
  assert.deepEqual(regionEvidence([[4, 2], [-8, 0]], 2), [[0.5, 0.25], [-1, 0]]);
  assert.deepEqual(regionEvidence([[4, 2], [-8, 0]], 1), [[-0.25]]);
  assert.deepEqual(regionEvidence([[0, 0]], 1), [[0]]);
  assert.deepEqual(regionEvidence([[1, -1 / 3, -1 / 3, -1 / 3]], 1), [[0]]);
  for (const side of [0, 1.5, -2]) assert.throws(() => regionEvidence([[1]], side), RangeError);
});

Deno.test("effectiveRegions is k for evidence spread evenly over k regions", () => {
  for (let k = 1; k <= 16; k++) near(effectiveRegions([first(k, 4)]), k);
  // Of shares ½, ¼, ¼ the entropy is 1.5 ln 2.
  near(effectiveRegions([[[2, 1], [1, 0]]], 2), 2 ** 1.5);
  near(effectiveRegions([[[1]]]), REGIONS_A_SIDE ** 2);
});

Deno.test("effectiveRegions is between 1 and all regions, blind to scale, mirror and finer cells", () => {
  fc.assert(fc.property(grids(1), ([grid]) => {
    const value = effectiveRegions([grid]);
    assert.equal(value !== null, regionEvidence(grid).flat().some((region) => region > 0));
    if (value === null) return;
    assert.ok(value >= 1 - 1e-9 && value <= REGIONS_A_SIDE ** 2 + 1e-9);
    near(effectiveRegions([grid.map((row) => row.map((cell) => 8 * cell))]), value);
    near(effectiveRegions([grid.map((row) => row.toReversed())]), value);
    near(effectiveRegions([finer(grid, 2)]), value);
  }));
});

Deno.test("effectiveRegions of several maps counts each alike: no less than the geometric mean, no more than their sum", () => {
  fc.assert(fc.property(grids(3), (maps) => {
    const each = maps.map((map) => effectiveRegions([map])).filter((value) => value !== null);
    const together = effectiveRegions(maps);
    if (each.length === 0) return assert.equal(together, null);
    // The entropy of a mixture is at least the mean of entropies, and exp(H) at most their sum.
    const logs = each.reduce((sum, value) => sum + Math.log(value), 0) / each.length;
    assert.ok(Math.log(together!) >= logs - 1e-9);
    assert.ok(together! <= each.reduce((a, b) => a + b) + 1e-9);
    const louder = maps.map((map, i) => map.map((row) => row.map((cell) => (i + 1) * cell)));
    near(effectiveRegions(louder), together!);
  }));
  near(effectiveRegions([first(4, 4), first(4, 4)]), 4);
  near(effectiveRegions([first(4, 4), first(4, 4).toReversed()]), 8);
  near(effectiveRegions([first(4, 4), [[-1]]]), 4);
});

Deno.test("evidence for and against cancels within a region, as in the cell of a coarser grid", () => {
  const board: Grid = Array.from(
    { length: 8 },
    (_, y) => Array.from({ length: 8 }, (_, x) => (x + y) % 2 === 0 ? 1 : -1),
  );
  assert.equal(effectiveRegions([board]), null);
  assert.equal(halfPeakCover([board], centralFace({ width: 8, height: 8 })), null);
  const bright = board.map((row, y) => row.map((value, x) => y < 2 && x < 2 ? 1 : value));
  near(effectiveRegions([bright]), 1);
});

Deno.test("halfPeakCover is the share of the face where some map has half its peak", () => {
  const whole = maskOf(Array.from({ length: 4 }, () => Array(4).fill(1)));
  near(halfPeakCover([first(6, 4)], whole), 6 / 16);
  near(halfPeakCover([first(4, 4), first(4, 4).toReversed()], whole), 8 / 16);
  near(halfPeakCover([first(4, 4), [[-1]]], whole), 4 / 16);
  near(halfPeakCover([[[1, 0.51], [0.49, 0]]], maskOf([[1, 1], [1, 1]])), 2 / 4);
  assert.equal(halfPeakCover([[[0, -1]]], whole), null);
  assert.equal(halfPeakCover([[[1]]], maskOf([[0, 0], [0, 0]])), null);
  const face = centralFace({ width: 16, height: 16 });
  fc.assert(fc.property(grids(2), ([a, b]) => {
    const [one, both] = [halfPeakCover([a], face), halfPeakCover([a, b], face)];
    if (one === null) return;
    assert.ok(one >= 0 && one <= both! && both! <= 1);
    near(halfPeakCover([a.map((row) => row.map((cell) => 4 * cell))], face), one);
  }));
});
