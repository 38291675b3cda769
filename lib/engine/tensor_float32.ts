/**
 * TF32: NVIDIA GPUs from compute capability 8.0 (Ampere) round the factors of float32 products to 10 bits of
 * mantissa, of 23, and multiply them several times faster; sums stay float32. Whether that happens here,
 * and TensorFlow's switch.
 */
import * as tf from "@tensorflow/tfjs";
import type { Native } from "./native_library.ts";

/** Rows and columns of the product that shows it: large enough for the kernels that networks run on. */
const SIZE = 64;

/**
 * Turns TensorFlow's switch, for the whole process: cuBLAS and cuDNN are asked accordingly from the next
 * operation on. Without effect on a processor, which does not round.
 *
 * @throws Error when a CUDA build has no such switch.
 */
export function allowTensorFloat32({ symbols, path }: Native, isAllowed: boolean): void {
  if (symbols.allowTensorFloat32) symbols.allowTensorFloat32(isAllowed);
  else if (symbols.isCudaBuild?.()) {
    throw new Error(
      `${path} has no switch for TF32: leave tensorFloat32 out, and set NVIDIA_TF32_OVERRIDE=0 in the ` +
        "environment to be without it.",
    );
  }
}

/**
 * Whether products round their factors to TF32: 1 + 2⁻¹² times 1 is 1 then, and itself in float32.
 *
 * @param multiply The product that is asked.
 */
export function roundsToTensorFloat32(
  multiply: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor = tf.matMul,
): boolean {
  return tf.tidy(() => {
    const factor = tf.fill([SIZE, SIZE], 1 + 2 ** -12) as tf.Tensor2D;
    return multiply(factor, tf.eye(SIZE)).dataSync()[0] === 1;
  });
}
