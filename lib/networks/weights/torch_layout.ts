/**
 * The order of axes of weights: TensorFlow.js computes with `[height, width, in, out]` filters and
 * `[in, out]` matrices, PyTorch stores `[out, in, height, width]` and `[out, in]`. Arrays in, arrays
 * out; which weights there are is left to others.
 */

/** Numbers with their shape, in row-major order. */
export interface ShapedValues {
  /** Length along each axis. */
  readonly shape: readonly number[];
  /** As many numbers as the shape says. */
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * The shape that PyTorch gives a weight of this shape in TensorFlow.js. Vectors stay as they are.
 *
 * @throws TypeError when the shape has neither one, two nor four axes.
 */
export function torchShape(shape: readonly number[]): number[] {
  if (shape.length === 1) return [...shape];
  if (shape.length === 2) return [shape[1], shape[0]];
  if (shape.length === 4) return [shape[3], shape[2], shape[0], shape[1]];
  throw new TypeError(`A weight has one, two or four axes, not [${shape}].`);
}

/**
 * A weight of TensorFlow.js as PyTorch stores it.
 *
 * @throws TypeError when the shape has neither one, two nor four axes, or does not fit the values.
 *
 * @example A linear layer from two inputs to three outputs
 * ```ts
 * import { fromTorchLayout, toTorchLayout } from "lib/networks/weights/torch_layout.ts";
 * import assert from "node:assert/strict";
 *
 * const here = { shape: [2, 3], values: new Float32Array([11, 12, 13, 21, 22, 23]) };
 * const there = toTorchLayout(here);
 * assert.deepEqual(there, { shape: [3, 2], values: new Float32Array([11, 21, 12, 22, 13, 23]) });
 * assert.deepEqual(fromTorchLayout(there), here);
 * ```
 */
export function toTorchLayout({ shape, values }: ShapedValues): ShapedValues {
  const [outputs, inputs, area] = sides(torchShape(shape), values.length);
  const result = new Float32Array(values.length);
  for (let at = 0, a = 0; a < area; a++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) result[(o * inputs + i) * area + a] = values[at++];
    }
  }
  return { shape: torchShape(shape), values: result };
}

/**
 * A weight as PyTorch stores it, for TensorFlow.js: `toTorchLayout` undone.
 *
 * @throws TypeError when the shape has neither one, two nor four axes, or does not fit the values.
 */
export function fromTorchLayout({ shape, values }: ShapedValues): ShapedValues {
  const [outputs, inputs, area] = sides(shape, values.length);
  const result = new Float32Array(values.length);
  for (let at = 0, o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let a = 0; a < area; a++) result[(a * inputs + i) * outputs + o] = values[at++];
    }
  }
  const [out, into, ...window] = shape;
  return { shape: shape.length === 1 ? [out] : [...window, into, out], values: result };
}

/** Outputs, inputs and window area of a PyTorch weight. */
function sides(shape: readonly number[], count: number): [number, number, number] {
  torchShape(shape); // refuses what is not a weight
  const [outputs, inputs = 1, height = 1, width = 1] = shape;
  if (outputs * inputs * height * width !== count) {
    throw new TypeError(`${count} numbers do not fill a weight [${shape}].`);
  }
  return [outputs, inputs, height * width];
}
