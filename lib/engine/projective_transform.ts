/** Pictures moved by projective maps, all of a batch in one operation. */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";

/**
 * Each picture's values at mapped places: bilinear; outside, the nearest pixel goes on. One kernel of
 * TensorFlow, on a GPU too, so that nothing leaves the card. Not differentiable.
 *
 * @param images float32 `[batch, height, width, channels]`.
 * @param transforms float32 `[batch, 8]`: a pixel x to the right and y down comes from
 * ((t₀x + t₁y + t₂) / k, (t₃x + t₄y + t₅) / k) with k = t₆x + t₇y + 1, in pixels from the first one's centre.
 * @returns float32 of the pictures' shape.
 *
 * @example Moved to the left by half a pixel
 * ```ts
 * import { projectiveTransform } from "lib/engine/projective_transform.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([0, 10, 30], [1, 1, 3, 1]);
 * const moved = projectiveTransform(images, tf.tensor2d([[1, 0, 0.5, 0, 1, 0, 0, 0]]));
 * assert.deepEqual([...moved.dataSync()], [5, 20, 30]);
 * ```
 */
export function projectiveTransform(images: tf.Tensor4D, transforms: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const backend = capturingBackend(), [batch, height, width] = images.shape;
    if (!backend) {
      // The plain backend's kernel moves a batch's first picture only.
      const each = tf.split<tf.Tensor4D>(images, batch).map((image: tf.Tensor4D, i: number) =>
        tf.image.transform(image, tf.slice2d(transforms, [i, 0], [1, 8]), "bilinear", "nearest")
      );
      return tf.concat(each);
    }
    const attributes = [
      { name: "dtype", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(images.dtype) },
      { name: "interpolation", type: ATTRIBUTES.STRING, value: "BILINEAR" },
      { name: "fill_mode", type: ATTRIBUTES.STRING, value: "NEAREST" },
    ];
    const inputs = [images, transforms, tf.tensor1d([height, width], "int32"), tf.scalar(0)];
    return backend.executeMultipleOutputs("ImageProjectiveTransformV3", attributes, inputs, 1)[0];
  }) as tf.Tensor4D;
}
