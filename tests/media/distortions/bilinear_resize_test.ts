import assert from "node:assert/strict";
import { resizeBilinear } from "lib/media/distortions/bilinear_resize.ts";

/** Columns of these values, two rows. */
const columns = (...values: number[]) => ({
  data: Uint8Array.from([...values, ...values].flatMap((value) => [value, value, value])),
  width: values.length,
  height: 2,
});

Deno.test("resizeBilinear looks at four pixels only, so that fine stripes alias", () => {
  // A third of the width: pixel centres fall on every third pixel, and the others are passed over.
  const stripes = columns(0, 255, 0, 0, 255, 0);
  assert.deepEqual(resizeBilinear(stripes, { width: 2, height: 2 }), columns(255, 255));
});

Deno.test("resizeBilinear enlarges between pixel centres and goes on outside them", () => {
  assert.deepEqual(
    resizeBilinear(columns(0, 100), { width: 4, height: 2 }),
    columns(0, 25, 75, 100),
  );
});
