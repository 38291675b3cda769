/** From the logits of two classes to the one number that a decision rests on. */
import * as tf from "@tensorflow/tfjs";

/**
 * Log-odds of fake in nats, the logit of fake less that of real: above 0 speaks for fake, and its sigmoid
 * is the probability. Unlike that, it tells sure samples apart.
 *
 * @param logits `[batch, 2]`: real, fake.
 * @returns `[batch]`.
 */
export function logOddsOfFake(logits: tf.Tensor2D): tf.Tensor1D {
  const [real, fake] = tf.unstack(logits, 1) as tf.Tensor1D[];
  return tf.sub(fake, real);
}
