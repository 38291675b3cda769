/**
 * Random numbers that are a function of their seed. In a captured function the seed can be an input,
 * so that each call draws new numbers; numbers drawn by JavaScript would be the same at every call.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";
import { normalNumbers, uniformNumbers } from "./philox.ts";

/** Two int32 numbers, such as [run's seed, step]. */
export type Seed = tf.Tensor1D;

function draw(operation: string, shape: number[], seed: Seed): tf.Tensor | undefined {
  if (seed.dtype !== "int32" || seed.size !== 2) {
    throw new TypeError(`A seed is two int32 numbers, not ${seed.dtype} [${seed.shape}].`);
  }
  const backend = capturingBackend();
  if (!backend) return undefined;
  const type = (name: string, value: number) => ({ name, type: ATTRIBUTES.TYPE, value });
  return tf.tidy(() => {
    const dims = tf.tensor1d(shape, "int32");
    const attributes = [
      type("dtype", TYPES.FLOAT),
      type("T", TYPES.INT32),
      type("Tseed", TYPES.INT32),
    ];
    return backend.executeMultipleOutputs(operation, attributes, [dims, seed], 1)[0];
  });
}

/** The numbers drawn here, for backends that capture nothing: there the seed can be read. */
function drawn(
  numbers: (count: number, seed: [number, number]) => Float32Array,
  shape: number[],
  seed: Seed,
): tf.Tensor {
  const [first, second] = seed.dataSync();
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), [first, second]), shape, "float32");
}

/** Numbers in [0, 1). The same seed gives the same numbers, eager or captured, on every backend. */
export function statelessUniform(shape: number[], seed: Seed): tf.Tensor {
  return draw("StatelessRandomUniform", shape, seed) ?? drawn(uniformNumbers, shape, seed);
}

/**
 * Numbers of mean 0 and variance 1, normally distributed; as `statelessUniform`, but for the last digits
 * from one backend to another.
 */
export function statelessNormal(shape: number[], seed: Seed): tf.Tensor {
  return draw("StatelessRandomNormal", shape, seed) ?? drawn(normalNumbers, shape, seed);
}

/**
 * Sets each value to zero with probability `rate` and divides the others by 1 − rate, so that the
 * expectation stays. Differentiable in x.
 *
 * @param rate From 0 to below 1.
 * @throws RangeError for another rate.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: Seed): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`A dropout rate is from 0 to below 1, not ${rate}.`);
  }
  if (rate === 0) return x.clone();
  return tf.tidy(() => {
    const kept = tf.greaterEqual(statelessUniform(x.shape, seed), rate);
    return tf.mul(x, tf.div(tf.cast(kept, "float32"), 1 - rate)) as T;
  });
}
