/** Whether an error of the engine's product is rounding, and which. */

/** Terms of each sum in the product: see multiply_matrices.ts. */
const TERMS = 64;

/**
 * The largest relative error of a sum of products, |computed − exact| / Σ |a · b|.
 *
 * float32 rounds each product and each sum by at most 2⁻²⁴ of itself, in whatever order: n · 2⁻²⁴ for n
 * terms (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
 *
 * TF32 besides keeps 10 bits of mantissa of both factors. Cut off, a factor loses less than 2⁻¹⁰ of itself,
 * and a term less than 2⁻⁹. That all 64 terms do so with one sign is not this product: by the definition it
 * is off by 2.1e-4 with factors cut off, by 1.35e-4 with factors rounded to the nearest, as an H100's was
 * (0.0035 before division). 2⁻¹¹, 4.9e-4, leaves as much again for sums that a tensor core cuts off; the 7
 * bits of bfloat16 are beyond it, with 1.1e-3.
 */
const LARGEST = { float32: TERMS * 2 ** -24, TF32: 2 ** -11 };

/**
 * What a product's error tells: `"float32"` rounding; `"TF32"` rounding, which only a GPU does; or that
 * the product is `"wrong"`.
 *
 * @param found `error`: relative, the largest of the product's elements; `device`: as `Engine.device`.
 *
 * @example
 * ```ts
 * import { judgeProduct } from "lib/tasks/doctor/judge_product.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(judgeProduct({ error: 1e-4, device: "GPU:0" }), "TF32");
 * assert.equal(judgeProduct({ error: 1e-4, device: "CPU:0" }), "wrong");
 * ```
 */
export function judgeProduct(
  { error, device }: { error: number; device: string },
): "float32" | "TF32" | "wrong" {
  if (error <= LARGEST.float32) return "float32";
  return device.startsWith("GPU") && error <= LARGEST.TF32 ? "TF32" : "wrong";
}
