/**
 * The phase of a picture's spectrum as one more channel (Liu et al., "Spatial-Phase Shallow Learning",
 * CVPR 2021): what is left of a picture when every frequency is made equally strong.
 */
import * as tf from "@tensorflow/tfjs";

/** Cosines and sines of 2π j k / n, `[n, n]` each. */
function fourier(n: number): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  const cos = new Float32Array(n * n), sin = new Float32Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < n; k++) {
      const angle = 2 * Math.PI * ((j * k) % n) / n; // kept small: large ones lose digits
      cos[j * n + k] = Math.cos(angle);
      sin[j * n + k] = Math.sin(angle);
    }
  }
  return { cos: tf.tensor2d(cos, [n, n]), sin: tf.tensor2d(sin, [n, n]) };
}

/** A complex picture, `[batch, height, width]` each. */
interface Complex {
  readonly re: tf.Tensor3D;
  readonly im: tf.Tensor3D;
}

/** x · (C − i·S) over rows: a discrete Fourier transform of the last axis; `sign` 1 gives its inverse, unscaled. */
function transformRows({ re, im }: Complex, sign: 1 | -1): Complex {
  const [batch, height, width] = re.shape, { cos, sin } = fourier(width);
  const flat = (x: tf.Tensor3D) => tf.reshape<tf.Rank.R2>(x, [batch * height, width]);
  const back = (x: tf.Tensor) => tf.reshape<tf.Rank.R3>(x, [batch, height, width]);
  const [a, b] = [flat(re), flat(im)];
  const turned = tf.mul(sin, sign);
  return {
    re: back(tf.sub(tf.matMul(a, cos), tf.matMul(b, turned as tf.Tensor2D))),
    im: back(tf.add(tf.matMul(b, cos), tf.matMul(a, turned as tf.Tensor2D))),
  };
}

function transform(picture: Complex, sign: 1 | -1): Complex {
  const rows = transformRows(picture, sign);
  const over = (x: tf.Tensor3D) => tf.transpose(x, [0, 2, 1]);
  const columns = transformRows({ re: over(rows.re), im: over(rows.im) }, sign);
  return { re: over(columns.re), im: over(columns.im) };
}

/**
 * The picture of phases: the real part of the inverse transform of e^{i·angle(F)}, F being the discrete
 * Fourier transform of the mean over red, green and blue. No gradient flows through it. The angle of an
 * exact zero is 0.
 *
 * At the frequencies whose transform is real (the mean, and the highest of even sides) the phase is 0 or π,
 * so where one is nearly 0 rounding decides: pictures with structure differ by rounding alone, flat ones may
 * by more.
 *
 * @param images `[batch, height, width, 3]`, in any scale.
 * @returns `[batch, height, width, 1]`.
 *
 * @example A picture of one bright point is its own phase
 * ```ts
 * import { phaseChannel } from "lib/networks/phase_channel.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const images = tf.tensor4d([0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 0, 0], [1, 2, 2, 3]);
 * const phases = phaseChannel(images).dataSync();
 * [0, 1, 0, 0].forEach((value, i) => assert.ok(Math.abs(phases[i] - value) < 1e-6));
 * ```
 */
export function phaseChannel(images: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const grey = tf.mean<tf.Tensor3D>(images, 3);
    const { re, im } = transform({ re: grey, im: tf.zerosLike(grey) }, -1);
    const size = tf.sqrt(tf.add(tf.square(re), tf.square(im)));
    const isZero = tf.cast(tf.equal(size, 0), "float32"), divisor = tf.add(size, isZero);
    const phases = {
      re: tf.add(tf.div(re, divisor), isZero) as tf.Tensor3D,
      im: tf.div(im, divisor) as tf.Tensor3D,
    };
    return tf.expandDims(tf.div(transform(phases, 1).re, height * width), 3) as tf.Tensor4D;
  });
}
