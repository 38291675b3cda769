/**
 * The gradients of `tf.sum` and `tf.mean`: the same numbers as TensorFlow.js's, which multiplies by ones of
 * the input's shape. In a captured step those ones wait for nothing: they are made when it begins, for every
 * sum in it, and kept until its gradient is there.
 */
import * as tf from "@tensorflow/tfjs";

/** Replaces TensorFlow.js's own. */
export function registerReductionGradients(): void {
  for (const kernelName of ["Sum", "Mean"] as const) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: ["x"],
      gradFunc: (dy, [x], attributes) => {
        const axes = tf.util.parseAxisParam(
          (attributes as { axis: number | number[] }).axis,
          x.shape,
        );
        const kept = x.shape.map((size, i) => axes.includes(i) ? 1 : size);
        const each = tf.reshape(dy as tf.Tensor, kept);
        const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
        return { x: () => spread(kernelName === "Mean" ? tf.div(each, count) : each, x.shape) };
      },
    });
  }
}

/** `each` repeated along the axes where it has length 1; differentiable, for gradients of gradients. */
function spread(each: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = shape.flatMap((size, i) => each.shape[i] === size ? [] : [i]);
  return tf.customGrad((given) => ({
    value: tf.broadcastTo(given as tf.Tensor, shape as [number]),
    gradFunc: (ddy: tf.Tensor) => tf.sum(ddy, axes, true),
  }))(each);
}
