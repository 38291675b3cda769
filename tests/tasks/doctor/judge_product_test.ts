import assert from "node:assert/strict";
import { judgeProduct } from "lib/tasks/doctor/judge_product.ts";

const SIZE = 64;
const MATRIX = Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i)); // doctor's own

/** The matrix with fewer bits of mantissa: rounded to the nearest, or cut off. */
function keepBits(bits: number, way: "nearest" | "cut"): Float32Array {
  const numbers = MATRIX.slice(), words = new Uint32Array(numbers.buffer), last = 2 ** (23 - bits);
  words.forEach((word, i) => words[i] = (word + (way === "nearest" ? last / 2 : 0)) & ~(last - 1));
  return numbers;
}

/** The largest errors of the matrix' product with itself, as it comes of these factors. */
function errorOf(factors: Float32Array): { relative: number; absolute: number } {
  let relative = 0, absolute = 0;
  for (let i = 0; i < SIZE; i++) {
    for (let j = 0; j < SIZE; j++) {
      let exact = 0, rounded = 0, size = 0;
      for (let k = 0; k < SIZE; k++) {
        const a = i * SIZE + k, b = k * SIZE + j, term = MATRIX[a]! * MATRIX[b]!;
        exact += term;
        size += Math.abs(term);
        rounded = Math.fround(rounded + Math.fround(factors[a]! * factors[b]!));
      }
      const error = Math.abs(rounded - exact);
      absolute = Math.max(absolute, error);
      relative = Math.max(relative, error / size);
    }
  }
  return { relative, absolute };
}

Deno.test("judgeProduct takes float32's own rounding for float32, on every device", () => {
  const { relative: error } = errorOf(MATRIX);
  for (const device of ["CPU:0", "GPU:0"]) assert.equal(judgeProduct({ error, device }), "float32");
});

for (const way of ["nearest", "cut"] as const) {
  Deno.test(`judgeProduct takes TF32's rounding for TF32 on a GPU, for wrong on a processor: ${way}`, () => {
    const { relative: error } = errorOf(keepBits(10, way));
    assert.equal(judgeProduct({ error, device: "GPU:0" }), "TF32");
    assert.equal(judgeProduct({ error, device: "CPU:0" }), "wrong");
  });
}

Deno.test("judgeProduct's TF32 is an H100's: factors rounded to the nearest are off by 0.0035", () => {
  assert.equal(errorOf(keepBits(10, "nearest")).absolute.toFixed(4), "0.0035");
});

Deno.test("judgeProduct calls bfloat16, and any larger error, wrong on a GPU, too", () => {
  const bfloat16 = errorOf(keepBits(7, "nearest")).relative;
  for (const error of [bfloat16, 0.01, 1, Number.MAX_VALUE]) {
    assert.equal(judgeProduct({ error, device: "GPU:0" }), "wrong", String(error));
  }
});
