/** How far two lists of tensors are apart, and the message when that is too far. */
import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs";

/** A tensor's description and values, out of the backend's hands. */
export interface Measured {
  readonly type: string;
  readonly values: ArrayLike<number | string>;
}

/** Reads tensors and disposes of them. */
export function measure(tensors: tf.Tensor[]): Measured[] {
  return tensors.map((t) => {
    const values = t.dataSync() as ArrayLike<number | string>;
    const type = `${t.dtype} [${t.shape}]`;
    t.dispose();
    return { type, values };
  });
}

/**
 * Asserts equal types and shapes, and numbers that differ by at most `tolerance` times the largest
 * number of their tensor. Texts, NaN and infinities must be the same.
 */
export function assertClose(actual: Measured[], expected: Measured[], tolerance: number): void {
  assert.deepEqual(actual.map((t) => t.type), expected.map((t) => t.type));
  expected.forEach(({ values, type }, i) => {
    const numbers = Array.from(values, Number).filter(Number.isFinite).map(Math.abs);
    const scale = Math.max(1e-30, ...numbers);
    for (let k = 0; k < values.length; k++) {
      const got = actual[i].values[k], want = values[k];
      if (Object.is(got, want) || got === want) continue;
      const difference = Math.abs(Number(got) - Number(want)) / scale;
      assert.ok(
        difference <= tolerance,
        `output ${i}, ${type}, element ${k}: ${got} instead of ${want}`,
      );
    }
  });
}
