/**
 * Score-CAM (Wang et al. 2020): maps without a gradient. Each channel of a layer masks the picture, and
 * counts as much as the masked picture still says. One run of the network a channel.
 */
import * as tf from "@tensorflow/tfjs";
import { compile } from "lib/engine/compile.ts";
import type { Tap } from "lib/networks/layers.ts";
import { weightedSum } from "./grad_cam.ts";

/** What to explain, and where to look for the explanation. */
export interface ScoreCamRequest<Outputs> {
  /** Pictures as the network takes them, `[batch, height, width, 3]`; 0 is what a mask puts in their place. */
  readonly images: tf.Tensor4D;
  /** Runs the network in evaluation mode on any batch, calling `tap` at its named layers. */
  readonly forward: (images: tf.Tensor4D, tap: Tap) => Outputs;
  /** Name of the layer whose channels mask. */
  readonly layer: string;
  /** The number to explain, one an image: `[batch]`. */
  readonly explain: (outputs: Outputs) => tf.Tensor1D;
  /** Masked pictures that run at once. Default: 16. */
  readonly batchSize?: number;
}

const asIs: Tap = (_name, activation) => activation;

/** Runs the network and returns the activation of one layer. */
function activationAt<Outputs>({ images, forward, layer }: ScoreCamRequest<Outputs>): tf.Tensor4D {
  return tf.tidy(() => {
    const seen: string[] = [];
    let found: tf.Tensor4D | undefined;
    forward(images, (name, activation) => {
      seen.push(name);
      if (name === layer) found = activation;
      return activation;
    });
    if (!found) {
      throw new RangeError(
        `No layer is called ${layer}. The network's layers: ${seen.join(", ")}.`,
      );
    }
    return found.clone();
  });
}

/**
 * Each channel of each picture as a mask, `[batch · channels, height, width, 1]`, 0 to 1: enlarged so
 * that the corner cells lie on the picture's corners, as pytorch-grad-cam does it, and scaled to its own
 * range. A channel without a range masks all.
 */
function channelMasks(activation: tf.Tensor4D, [height, width]: [number, number]): tf.Tensor4D {
  return tf.tidy(() => {
    const large = tf.image.resizeBilinear(activation, [height, width], true);
    const [low, high] = [tf.min(large, [1, 2], true), tf.max(large, [1, 2], true)];
    const masks = tf.divNoNan(tf.sub(large, low), tf.sub(high, low));
    return tf.reshape(tf.transpose(masks, [0, 3, 1, 2]), [-1, height, width, 1]);
  });
}

/**
 * Score-CAM's map of one layer: Σₖ softmaxₖ(explained of the picture masked by channel k) · Aₖ.
 *
 * The masked pictures run through one captured function. Weights add up to 1 whatever is explained, so
 * a map says where the layer is active for channels that suit, and not how much evidence there is: a
 * picture without any has a map as strong. In the units of the activation.
 *
 * @returns `[batch, height, width]` of the layer's grid.
 * @throws RangeError when no layer has that name, with the names there are.
 *
 * @example A network that is the sum of a picture's first channel
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { scoreCamMap } from "lib/explain/score_cam.ts";
 * import * as tf from "@tensorflow/tfjs";
 *
 * await startEngine();
 * const map = await scoreCamMap({
 *   images: tf.ones([1, 4, 4, 3]),
 *   forward: (images, tap) => tap("conv", images),
 *   layer: "conv",
 *   explain: (a) => tf.sum(a.slice([0, 0, 0, 0], [-1, -1, -1, 1]), [1, 2, 3]),
 * });
 * console.assert(map.shape.join() === "1,4,4");
 * ```
 */
export async function scoreCamMap<Outputs>(
  request: ScoreCamRequest<Outputs>,
): Promise<tf.Tensor3D> {
  const { images, forward, explain, batchSize = 16 } = request;
  const [batch, height, width, colours] = images.shape;
  const activation = activationAt(request);
  const channels = activation.shape[3], count = batch * channels;
  const size = Math.min(batchSize, count);
  const masks = channelMasks(activation, [height, width]);
  /** The masked pictures from this place in the list of all pictures' channels. */
  const masked = (first: number): tf.Tensor4D => {
    const places = Array.from({ length: size }, (_, i) => Math.floor((first + i) / channels));
    const pictures = tf.gather(images, tf.tensor1d(places, "int32"));
    return tf.mul(pictures, tf.slice(masks, [first, 0, 0, 0], [size, height, width, 1]));
  };
  const captured = compile(
    (x) => explain(forward(x as tf.Tensor4D, asIs)),
    [tf.zeros([size, height, width, colours])],
    { name: "masked pictures" },
  );
  try {
    const scores = new Float32Array(count);
    for (let place = 0; place < count; place += size) {
      const first = Math.min(place, count - size); // the last batch repeats some of the one before
      const [numbers] = tf.tidy(() => captured(masked(first)));
      scores.set(await numbers.data(), first);
      numbers.dispose();
    }
    return tf.tidy(() => {
      const weights = tf.softmax(tf.tensor2d(scores, [batch, channels]));
      return weightedSum(activation, tf.reshape(weights, [batch, 1, 1, channels]));
    });
  } finally {
    captured.dispose();
    tf.dispose([activation, masks] as tf.Tensor[]);
  }
}
