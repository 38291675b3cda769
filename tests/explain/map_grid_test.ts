import assert from "node:assert/strict";
import fc from "fast-check";
import { enlarge, evidenceShares, sizeOf, topCells } from "lib/explain/map_grid.ts";
import { grids, near } from "./map_cases.ts";

Deno.test("enlarge puts cells' values at their centres, keeps ranges and constants", () => {
  assert.deepEqual(enlarge([[0, 4], [8, 12]], { width: 4, height: 4 }).map((row) => row[0]), [
    0,
    2,
    6,
    8,
  ]);
  assert.deepEqual(enlarge([[0, 4], [8, 12]], { width: 1, height: 1 }), [[6]]);
  fc.assert(fc.property(grids(1), fc.integer({ min: 1, max: 9 }), ([grid], side) => {
    const cells = grid.flat(), large = enlarge(grid, { width: side, height: side + 1 });
    assert.deepEqual(sizeOf(large), { width: side, height: side + 1 });
    const slack = 1e-9 * Math.max(1, ...cells.map(Math.abs));
    for (const value of large.flat()) {
      assert.ok(value >= Math.min(...cells) - slack && value <= Math.max(...cells) + slack);
    }
  }));
  assert.throws(() => sizeOf([]), TypeError);
  assert.throws(() => sizeOf([[1], [1, 2]]), TypeError);
  assert.throws(() => sizeOf([[1, NaN]]), { name: "RangeError", message: /not NaN/ });
});

Deno.test("evidenceShares add up to 1 and do not change with the map's scale; none where none is positive", () => {
  fc.assert(
    fc.property(grids(1), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), ([grid], scale) => {
      const shares = evidenceShares(grid);
      if (grid.flat().every((value) => value <= 0)) return assert.equal(shares, null);
      near(shares!.reduce((a, b) => a + b), 1);
      if (Math.max(...grid.flat()) < 1e-290) return; // scaling would lose digits
      const scaled = evidenceShares(grid.map((row) => row.map((value) => value * scale)))!;
      shares!.forEach((share, i) => near(scaled[i], share));
    }),
  );
});

Deno.test("topCells takes the strongest cells, ties with the last, and never cells without evidence", () => {
  assert.deepEqual([...topCells([[5, 4, 3, 2, 1]], 0.4)!], [1, 1, 0, 0, 0]);
  assert.deepEqual([...topCells([[5, 4, 4, 2, 1]], 0.4)!], [1, 1, 1, 0, 0]);
  assert.deepEqual([...topCells([[5, 0, -1, 0, 0]], 0.8)!], [1, 0, 0, 0, 0]);
  assert.equal(topCells([[0, -1]], 0.5), null);
  assert.throws(() => topCells([[1]], 0), RangeError);
});
