import assert from "node:assert/strict";
import { gradientField } from "lib/figures/gradient_field.ts";

const AXES = { xTitle: "x", yTitle: "y", valueTitle: "height" };
const places = [-2, -1, 0, 1, 2];
const bowl = (panel: string, steepness: number) =>
  places.flatMap((x) =>
    places.map((y) => ({
      panel,
      x,
      y,
      value: steepness * (x * x + y * y),
      dx: 2 * steepness * x,
      dy: 2 * steepness * y,
    }))
  );

Deno.test("gradientField points arrows down the slope, in one length scale for all panels", () => {
  const rows = [...bowl("steep", 1), ...bowl("gentle", 0.5)];
  const { data, layout } = gradientField(rows, { ...AXES, every: 1 });
  const field = data[0] as { z: number[][]; x: number[] };
  assert.equal(field.z[0][0], 8); // the lowest line first
  assert.deepEqual(field.x, places);
  const arrows = layout.annotations!.filter((a) => a.showarrow);
  assert.equal(arrows.length, 2 * 24); // a dot in the middle
  const at = (panel: number, x: number, y: number) =>
    arrows.find((a) => a.xref === (panel === 0 ? "x" : "x2") && a.x === x && a.y === y)!;
  // The tail of an arrow at (2, 0) is to its right, of one at (0, 2) above it: the tip is lower.
  assert.ok(at(0, 2, 0).ax! > 0 && Math.abs(at(0, 2, 0).ay!) < 1e-9);
  assert.ok(at(0, 0, 2).ay! < 0 && Math.abs(at(0, 0, 2).ax!) < 1e-9);
  assert.ok(Math.abs(at(0, 2, 0).ax! / at(1, 2, 0).ax! - 2) < 1e-9);
  assert.deepEqual([layout.coloraxis!.cmin, layout.coloraxis!.cmax], [0, 8]);
});

Deno.test("gradientField of a plane without slope has dots only; every must be a whole number", () => {
  const flat = bowl("flat", 0);
  const { layout } = gradientField(flat, { ...AXES, every: 2 });
  const dots = layout.annotations!.filter((a) => a.text === "·");
  assert.equal(dots.length, 9);
  assert.throws(() => gradientField(flat, { ...AXES, every: 0 }), RangeError);
});
