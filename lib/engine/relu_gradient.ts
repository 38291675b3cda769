/**
 * The gradient of `tf.relu` from its output instead of its input: the same numbers, but a training
 * step need not keep the input, which is a third of a ResNet's activations.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";

/** Replaces TensorFlow.js's own. */
export function registerReluGradient(): void {
  tf.unregisterGradient("Relu");
  tf.registerGradient({
    kernelName: "Relu",
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => reluGradient(dy as tf.Tensor, y) }),
  });
}

/** dy where y is above 0, else 0; differentiable in dy, for gradients of gradients. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const backend = capturingBackend();
  if (!backend) return tf.mul(dy, tf.cast(tf.step(y), "float32"));
  const type = { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(dy.dtype) };
  return tf.customGrad((given) => ({
    value: backend.executeMultipleOutputs("ReluGrad", [type], [given as tf.Tensor, y], 1)[0],
    gradFunc: (ddy: tf.Tensor) => reluGradient(ddy, y),
  }))(dy);
}
