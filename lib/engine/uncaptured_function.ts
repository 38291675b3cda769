/** The stand-in for a captured function on the plain cpu backend, which captures nothing. */
import * as tf from "@tensorflow/tfjs";
import { checkInputs, type Compiled, type TensorFunction } from "./captured_function.ts";

/** What `compile` and `compileStep` do where there is no TensorFlow: check the inputs and run. */
export function uncaptured(
  f: TensorFunction,
  { example, name }: { example: readonly tf.Tensor[]; name: string },
): Compiled {
  const shapes = example.map((t) => ({ shape: t.shape.slice(), dtype: t.dtype }) as tf.Tensor);
  let disposed = false;
  const run = (...inputs: tf.Tensor[]): tf.Tensor[] => {
    if (disposed) throw new Error(`${name} was called after it had been disposed of.`);
    checkInputs(name, shapes, inputs);
    return tf.tidy(() => [f(...inputs)].flat());
  };
  return Object.assign(run, { nodes: 0, dispose: () => void (disposed = true) });
}
