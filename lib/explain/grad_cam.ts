/**
 * Class activation maps at any named layers of any function, in one backward pass: Grad-CAM (Selvaraju
 * et al. 2017), and whatever weighs a layer's channels otherwise. What is explained is a function of
 * the outputs; which model runs is the caller's business.
 */
import * as tf from "@tensorflow/tfjs";
import type { Tap } from "lib/networks/layers.ts";

/**
 * How much each channel of a layer counts in a map. A method is such a function.
 *
 * @param activation Of the layer, `[batch, height, width, channels]`.
 * @param gradient Of the explained number by the activation, of the same shape.
 * @returns `[batch, 1, 1, channels]`.
 */
export type ChannelWeights = (activation: tf.Tensor4D, gradient: tf.Tensor4D) => tf.Tensor4D;

/** Grad-CAM's weights: αₖ = mean over the layer's cells of ∂explained/∂Aₖ. */
export const gradCam: ChannelWeights = (_activation, gradient): tf.Tensor4D =>
  tf.mean<tf.Tensor4D>(gradient, [1, 2], true);

/**
 * The layer itself, without a gradient: every channel counts 1. For layers that are maps already, such as
 * an attention map or a drawn X-ray, in their own unit.
 */
export const layerItself: ChannelWeights = ({ shape: [batch, , , channels] }): tf.Tensor4D =>
  tf.ones([batch, 1, 1, channels]);

/** What to explain, and where to look for the explanation. */
export interface GradCamRequest<Outputs> {
  /**
   * Runs the network once, calling `tap` at its named layers. It must be in evaluation mode: batch
   * norm over the batch at hand, or dropout, would explain another network than the one that predicts.
   */
  readonly forward: (tap: Tap) => Outputs;
  /** Names of the layers whose maps are wanted, such as `"region_model1.layer4"`. */
  readonly layers: readonly string[];
  /** The number to explain, one an image: `[batch]`, such as the logit of fake less that of real. */
  readonly explain: (outputs: Outputs) => tf.Tensor1D;
  /** The method. Default: `gradCam`. */
  readonly weigh?: ChannelWeights;
  /** Anything else of the same pass to be handed back, such as the score. Default: nothing. */
  readonly report?: (outputs: Outputs) => tf.Tensor[];
}

/** What was explained, and by what. */
export type ClassActivation = {
  /** The explained number of each image, `[batch]`. */
  readonly explained: tf.Tensor1D;
  /** For each layer, in the order asked for, `[batch, height, width]` of the layer's own grid. */
  readonly maps: tf.Tensor3D[];
  /** What `report` gave. */
  readonly reported: tf.Tensor[];
};

/**
 * Class activation maps, one a layer: Σₖ αₖ Aₖ with α of the method. By `gradCam` they are signed:
 * positive where the layer's activation speaks for the explained number, negative where it speaks
 * against it; in the units of the explained number per cell, so maps of several layers of one
 * network can be added and compared. Grad-CAM's published map is the positive part: `positiveEvidence`.
 *
 * Runs eagerly, and inside `compile`.
 *
 * @throws RangeError when a layer's name never passes through `tap`, with the names that did.
 * @throws TypeError when `explain` does not return one number an image.
 *
 * @example A network that is one convolution and a linear head on its spatial mean
 * ```ts
 * import { classActivationMaps } from "lib/explain/grad_cam.ts";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const image = tf.ones<tf.Rank.R4>([1, 4, 4, 3]);
 * const filter = tf.ones<tf.Rank.R4>([1, 1, 3, 2]);
 * const head = tf.tensor2d([[1], [-3]]);
 * const { maps } = classActivationMaps({
 *   forward: (tap) => tf.matMul(tf.mean(tap("conv", tf.conv2d(image, filter, 1, "same")), [1, 2]), head),
 *   layers: ["conv"],
 *   explain: (logit) => logit.as1D(),
 * });
 * // Every cell holds (1 − 3) · 3 / 16 cells.
 * console.assert(Math.abs(maps[0].dataSync()[0] + 6 / 16) < 1e-6);
 * ```
 */
export function classActivationMaps<Outputs>(request: GradCamRequest<Outputs>): ClassActivation {
  const { forward, layers, explain, weigh = gradCam, report } = request;
  return tf.tidy(() => {
    const activations = new Map<string, tf.Tensor4D>();
    const gradients = new Map<string, tf.Tensor4D>();
    const seen: string[] = [];
    let explained: tf.Tensor1D | undefined;
    let reported: tf.Tensor[] = [];
    // The identity, tied to a number `z` that is always 0: differentiating by z sends the gradient
    // back to this layer and no further, so the layers below cost no backward pass.
    const listen = (name: string, activation: tf.Tensor4D, z: tf.Scalar): tf.Tensor4D => {
      const identity = tf.customGrad((a, zero) => {
        void zero;
        return {
          value: (a as tf.Tensor4D).clone(),
          gradFunc: (dy: tf.Tensor) => {
            gradients.set(name, tf.keep(dy.clone() as tf.Tensor4D));
            return [dy, tf.sum(dy)];
          },
        };
      });
      activations.set(name, tf.keep(activation.clone()));
      return identity(activation, z) as tf.Tensor4D;
    };
    const sum = (z: tf.Tensor): tf.Scalar => {
      const outputs = forward((name, activation) => {
        seen.push(name);
        return layers.includes(name) ? listen(name, activation, z as tf.Scalar) : activation;
      });
      const missing = layers.filter((name) => !activations.has(name));
      if (missing.length > 0) {
        throw new RangeError(
          `No layer is called ${missing.join(", ")}. The network's layers: ${seen.join(", ")}.`,
        );
      }
      const numbers = explain(outputs);
      const batch = activations.get(layers[0])?.shape[0];
      if (numbers.rank !== 1 || numbers.shape[0] !== batch) {
        throw new TypeError(
          `explain must return one number an image, [${batch}], not [${numbers.shape}].`,
        );
      }
      explained = tf.keep(numbers.clone());
      reported = (report?.(outputs) ?? []).map((tensor) => tf.keep(tensor.clone()));
      // z once more: layers that the explained number does not depend on leave no other way to it.
      return tf.add(tf.sum(numbers), tf.mul(z, 0));
    };
    try {
      tf.grad(sum)(tf.scalar(0));
      const maps = layers.map((name) => {
        const activation = activations.get(name)!;
        const gradient = gradients.get(name) ?? tf.zerosLike(activation); // not on the path: no say
        return weightedSum(activation, weigh(activation, gradient));
      });
      return { explained: explained!.clone(), maps, reported: reported.map((t) => t.clone()) };
    } finally {
      tf.dispose([...activations.values(), ...gradients.values(), ...explained ? [explained] : []]);
      tf.dispose(reported);
    }
  });
}

/** A map: Σₖ αₖ Aₖ, `[batch, height, width]`, of weights `[batch, 1, 1, channels]`. */
export function weightedSum(activation: tf.Tensor4D, weights: tf.Tensor4D): tf.Tensor3D {
  return tf.sum(tf.mul(activation, weights), 3);
}

/**
 * Grad-CAM's map: the positive part of a signed map, enlarged to the image by bilinear interpolation.
 * It is not scaled: a map without positive evidence is zero everywhere, and maps that share a figure
 * share one scale.
 *
 * @param map `[batch, height, width]`, as `classActivationMaps` returns it.
 * @param size `[height, width]` of the image in pixels.
 * @returns `[batch, size[0], size[1]]`, 0 or more.
 */
export function positiveEvidence(map: tf.Tensor3D, size: [number, number]): tf.Tensor3D {
  return tf.tidy(() => {
    const grid = tf.relu(map).expandDims<tf.Tensor4D>(3);
    // Half-pixel centres: a cell's value stands at the centre of the pixels it covers.
    return tf.image.resizeBilinear(grid, size, false, true).squeeze<tf.Tensor3D>([3]);
  });
}
