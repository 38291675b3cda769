// deno-lint-ignore-file no-console -- a program: it prints its answer
/**
 * Multiplies two matrices with the engine and with plain numbers, and prints what ran where. A program
 * of its own, because a library that does not fit the machine ends the process that loads it.
 */

import * as tf from "@tensorflow/tfjs";
import { describeDevice } from "lib/engine/device_title.ts";
import { startEngine } from "lib/engine/engine.ts";

const SIZE = 64;

/** The largest error of the engine's product of a fixed matrix with itself, as a share of Σ |a · b|. */
async function productError(): Promise<number> {
  const value = (row: number, column: number) => Math.fround(Math.sin(row * SIZE + column));
  const numbers = Array.from(
    { length: SIZE },
    (_, i) => Array.from({ length: SIZE }, (_, j) => value(i, j)),
  );
  const factor = tf.tensor2d(numbers), product = await tf.matMul(factor, factor).data();
  let largest = 0;
  for (let i = 0; i < SIZE; i++) {
    for (let j = 0; j < SIZE; j++) {
      let exact = 0, size = 0;
      for (let k = 0; k < SIZE; k++) {
        const term = value(i, k) * value(k, j);
        exact += term;
        size += Math.abs(term);
      }
      const error = Math.abs(exact - product[i * SIZE + j]!) / size;
      // JSON has neither NaN nor infinity, and would pass them on as null.
      largest = Number.isFinite(error) ? Math.max(largest, error) : Number.MAX_VALUE;
    }
  }
  return largest;
}

if (import.meta.main) {
  const engine = await startEngine();
  console.log(JSON.stringify({
    backend: engine.backend,
    device: engine.device,
    title: await describeDevice(engine, { precisions: ["float32"] }),
    version: engine.version,
    notice: engine.notice,
    error: await productError(),
  }));
}
