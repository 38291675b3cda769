/** The one check that every loss makes of its arguments. */
import type * as tf from "@tensorflow/tfjs";

/**
 * Makes sure that all tensors are `[batch, classes]` of one shape.
 *
 * @param where Name of the function that was called, for the message.
 * @param tensors The arguments by name.
 * @throws TypeError that names the arguments and their shapes.
 */
export function requireSameShape(where: string, tensors: Record<string, tf.Tensor>): void {
  const all = Object.entries(tensors);
  const [, first] = all[0];
  if (all.every(([, t]) => t.rank === 2 && t.shape.join() === first.shape.join())) return;
  const shown = all.map(([name, t]) => `${name} is [${t.shape}]`).join(", ");
  throw new TypeError(`${where} needs tensors of one shape [batch, classes], but ${shown}.`);
}
