/** Grad-CAM++ (Chattopadhay et al. 2018): channels weighed by what their positive gradients say. */
import * as tf from "@tensorflow/tfjs";
import type { ChannelWeights } from "./grad_cam.ts";

/** How Grad-CAM++ is computed. */
export interface GradCamPlusPlusOptions {
  /**
   * Added to the denominator where g² is in the numerator. pytorch-grad-cam adds 1e-6, which is not
   * small for gradients below 0.001: its maps then depend on the unit of what is explained. Default: 0.
   */
  readonly epsilon?: number;
}

/**
 * The channel weights of Grad-CAM++, with g = ∂explained/∂A, as their Eqs. 10, 11 and 19 have it:
 *
 *     wₖ = Σ relu(g) · g² / (2 g² + g³ · ΣA)  =  Σ relu(g) / (2 + g · ΣA)
 *
 * sums over the cells of channel k. Weights are 0 or more, so a map after a ReLU has no negative part:
 * it says where, not for or against. They are no shares of the explained number, and not in its unit.
 * Meant for layers whose activations are 0 or more; ΣA below 0 counts as 0.
 *
 * @example The weights of one channel with gradients 1 and −1
 * ```ts
 * import { gradCamPlusPlus } from "lib/explain/grad_cam_plus_plus.ts";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const activation = tf.tensor4d([1, 1], [1, 1, 2, 1]);
 * const [weight] = gradCamPlusPlus()(activation, tf.tensor4d([1, -1], [1, 1, 2, 1])).dataSync();
 * console.assert(Math.abs(weight - 1 / (2 + 2)) < 1e-7);
 * ```
 */
export function gradCamPlusPlus({ epsilon = 0 }: GradCamPlusPlusOptions = {}): ChannelWeights {
  return (activation, gradient) => {
    // Where the gradient is 0 or less a cell adds nothing, so relu(g) may stand for g everywhere.
    const g = tf.relu(gradient), squared = tf.square(g);
    const total = tf.relu(tf.sum<tf.Tensor4D>(activation, [1, 2], true));
    const denominator = tf.add(tf.mul(squared, tf.add(2, tf.mul(g, total))), epsilon);
    const perCell = tf.mul(g, tf.divNoNan(squared, denominator));
    return tf.sum<tf.Tensor4D>(perCell, [1, 2], true);
  };
}
