/**
 * Face X-ray as Table 7 counts it, in parts. The paper's text does not say what its network is; its three counts
 * are those of timm's HRNet-W32 at 256 pixels with the bottlenecks that the network for ImageNet has behind the
 * trunk, and of a small head, which is not known. The kit's own Face X-ray (face_x_ray.ts) has no such bottlenecks.
 */
import * as tf from "@tensorflow/tfjs";
import type { CostedNetwork } from "lib/evaluation/cost.ts";
import { hrnet, hrnetParameters } from "lib/networks/hrnet.ts";
import { hrnetWidened, hrnetWideningParameters } from "lib/networks/hrnet_widening.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  convolutionParameters,
  linearParameters,
  type Parameters,
} from "lib/networks/parameters.ts";

/** Side of the picture in pixels, and of the X-ray that the head draws. */
const SIDE = 256;

/** Channels of HRNet's first branch, and what the bottleneck behind it makes of them. */
const CHANNELS = 32, WIDENED = 128;

const input = { size: SIDE, normalisation: IMAGENET };

function trunkOf(images: tf.Tensor4D, parameters: Parameters) {
  const run = { layers: openLayers(parameters, {}), channels: CHANNELS };
  return { run, branches: hrnet(images, run) };
}

/** HRNet-W32 alone. */
export const TRUNK: CostedNetwork = {
  input,
  parameters: hrnetParameters(CHANNELS),
  forward: (images, parameters) => trunkOf(images, parameters).branches,
};

/** HRNet-W32 and the bottlenecks behind its branches: `timm.create_model("hrnet_w32", features_only=True)`. */
export const WIDENED_TRUNK: CostedNetwork = {
  input,
  parameters: [...TRUNK.parameters, ...hrnetWideningParameters(CHANNELS)],
  forward: (images, parameters) => {
    const { run, branches } = trunkOf(images, parameters);
    return hrnetWidened(branches, run);
  },
};

/**
 * The same with a head that fits the paper's three numbers, one of several that would: 1 × 1 on the finest
 * branch to one channel, enlarged to the picture's size, sigmoid, and one linear layer on all its pixels. [ours]
 */
export const COUNTED_FACE_X_RAY: CostedNetwork = {
  input,
  parameters: [
    ...WIDENED_TRUNK.parameters,
    ...convolutionParameters("head.conv", { size: 1, inputs: WIDENED, outputs: 1, bias: true }),
    ...linearParameters("head.fc", { inputs: SIDE ** 2, outputs: 1 }),
  ],
  forward: (images, parameters) => {
    const { run, branches } = trunkOf(images, parameters);
    const [finest] = hrnetWidened(branches, run);
    const map = run.layers.convolution(finest, "head.conv", { stride: 1, padding: 0 });
    const xRay = tf.sigmoid(tf.image.resizeBilinear(map, [SIDE, SIDE], false, true));
    return run.layers.linear(tf.reshape(xRay, [-1, SIDE ** 2]), "head.fc");
  },
};
