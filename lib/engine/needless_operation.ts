/** Operations that TensorFlow.js's kernels ask for although they give back what they are given. */
import * as tf from "@tensorflow/tfjs";
import type { Attribute, Values } from "./kernel_binding.ts";

/**
 * Whether it is a cast to the type that a tensor has, or a reshape to its shape.
 *
 * @param given The operation's attributes, its first input's shape, and its second input's values where they are
 * known: of a reshape the shape that is asked for, in which one length may be -1.
 */
export function isNeedless(
  operation: string,
  { attributes, shape, values }: {
    readonly attributes: readonly Attribute[];
    readonly shape: number[];
    readonly values: Values | undefined;
  },
): boolean {
  const attribute = (of: string) => attributes.find(({ name }) => name === of)?.value;
  if (operation === "Cast") return attribute("SrcT") === attribute("DstT");
  if (operation !== "Reshape" || values === undefined) return false;
  const size = tf.util.sizeFromShape(shape);
  return String(tf.util.inferFromImplicitShape(Array.from(values, Number), size)) === String(shape);
}
