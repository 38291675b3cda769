/** Stops gradients: TensorFlow.js has no such operation of its own. */
import * as tf from "@tensorflow/tfjs";

/** The same values as a constant: what is computed from the result sends no gradient back to `x`. */
export function detach<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((inner) => {
    const values = inner as tf.Tensor;
    return { value: values.clone(), gradFunc: () => tf.zerosLike(values) };
  })(x) as T;
}

/**
 * What a function gives, as a constant: nothing in it is differentiated, so operations that have no
 * gradient may stand in it.
 */
export function withoutGradient<T extends tf.Tensor>(compute: () => T): T {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }))() as T;
}
