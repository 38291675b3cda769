import assert from "node:assert/strict";
import { TYPES, type Values } from "lib/engine/kernel_binding.ts";
import { RecordedConstants } from "lib/engine/recorded_constants.ts";

Deno.test("RecordedConstants gives equal constants one id, and others of type, shape or sign of zero their own", () => {
  const constants = new RecordedConstants();
  let next = -2;
  const id = (shape: number[], dtype: number, values: Values) =>
    constants.idOf({ shape, dtype, values }, () => next--);
  const floats = Float32Array.of(0, 1), given = Float32Array.of(0, 1);
  const first = id([2], TYPES.FLOAT, given);
  given[0] = 7; // the caller's array is the caller's
  assert.equal(id([2], TYPES.FLOAT, floats), first);
  assert.deepEqual(constants.valuesOf(first), floats);
  const others = [
    id([1, 2], TYPES.FLOAT, floats),
    id([2], TYPES.FLOAT, Float32Array.of(-0, 1)),
    id([2], TYPES.INT32, Int32Array.of(0, 1)),
    id([100], TYPES.FLOAT, new Float32Array(100)), // too long to be compared
    id([100], TYPES.FLOAT, new Float32Array(100)),
  ];
  assert.equal(new Set([first, ...others]).size, 6);
  assert.equal(constants.valuesOf(others[4]), undefined);
});
