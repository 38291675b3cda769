/**
 * SiLU, also called Swish, with a gradient of its own: composed of a sigmoid and a product, a training step
 * would keep the sigmoid beside input and output, half as much again. Here it keeps the input alone and
 * computes the sigmoid once more, as PyTorch does.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { notBefore } from "./not_before.ts";

/**
 * x · sigmoid(x), number by number (Ramachandran, Zoph and Le 2017; Elfwing, Uchibe and Doya 2018), twice
 * differentiable.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { silu } from "lib/engine/silu.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const [of0, of1] = silu(tf.tensor1d([0, 1])).dataSync();
 * assert.ok(of0 === 0 && Math.abs(of1 - 0.731059) < 1e-6);
 * ```
 */
export function silu<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: tf.mul(input as tf.Tensor, tf.sigmoid(input as tf.Tensor)),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => siluGradient(dy, x),
    };
  })(x) as T;
}

/** dy · s · (1 + x · (1 − s)) with s = sigmoid(x); differentiable, for gradients of gradients. */
function siluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.customGrad((dy, x, save) => {
    (save as tf.GradSaveFunc)([dy as tf.Tensor, x as tf.Tensor]);
    return {
      value: tf.mul(dy as tf.Tensor, slope(notBefore(dy as tf.Tensor, x as tf.Tensor))),
      gradFunc: (ddy: tf.Tensor, [dy, x]: tf.Tensor[]) => {
        const s = tf.sigmoid(x), bend = tf.mul(x, tf.sub(1, tf.mul(2, s)));
        const curvature = tf.mul(tf.mul(s, tf.sub(1, s)), tf.add(2, bend));
        return [tf.mul(ddy, slope(x)), tf.mul(tf.mul(ddy, dy), curvature)];
      },
    };
  })(dy, x);
}

/** The slope of SiLU, s + x · s · (1 − s); the second term is one kernel of TensorFlow's. */
function slope(x: tf.Tensor): tf.Tensor {
  const s = tf.sigmoid(x), backend = capturingBackend();
  if (!backend) return tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))));
  const type = { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(x.dtype) };
  return tf.add(s, backend.executeMultipleOutputs("SigmoidGrad", [type], [s, x], 1)[0]);
}
