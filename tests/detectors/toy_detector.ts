/**
 * A detector that nobody would use, for the test that a new one needs no change in lib: one convolution,
 * a centre that follows the reals, a second pass over mirrored pictures, and everything that a batch can
 * carry.
 */
import * as tf from "@tensorflow/tfjs";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
} from "lib/networks/parameters.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING } from "lib/settings/training_settings.ts";

/** What can be chosen of the toy. */
interface ToySettings {
  readonly imageSize: number;
  readonly channels: number;
  /** Share of a batch in the centre. */
  readonly follow: number;
}

/** What it says of a batch. */
interface ToyOutputs {
  readonly features: tf.Tensor2D;
  readonly logits: tf.Tensor2D;
}

export default defineDetector<ToySettings, ToyOutputs>({
  name: "toy",
  source: "this test",
  rules: {
    fields: {
      imageSize: wholeNumberRule(16, 1024, 16),
      channels: wholeNumberRule(1, 64),
      follow: numberRule(0, 1),
    },
  },
  presets: {
    smoke: {
      detector: { imageSize: 32, channels: 4, follow: 0.1 },
      data: SMOKE_DATA,
      training: { ...SMOKE_TRAINING, steps: 6, validateEvery: 3 },
    },
  },
  build: ({ imageSize, channels, follow }) => ({
    input: { size: imageSize, normalisation: IMAGENET },
    wants: ["mask", "method", "pair", "identity"],
    parameters: [
      ...convolutionParameters("conv", { size: 3, inputs: 3, outputs: channels }),
      ...batchNormParameters("bn", channels),
      ...linearParameters("head", { inputs: channels, outputs: 2 }),
    ],
    trainingState: [{ name: "centre", shape: [channels], role: "buffer", fanIn: 0 }],
    ownRates: { "head.weight": 1e-2 },
    forward: (images, parameters, mode = {}) => {
      const layers = openLayers(parameters, mode);
      const y = layers.convolution(images, "conv", { stride: 2, padding: 1 });
      const seen = layers.tap("conv", tf.relu(layers.batchNorm(y, "bn")));
      const features = layers.dropout(tf.mean<tf.Tensor2D>(seen, [1, 2]), 0.25);
      return { features, logits: layers.linear(features, "head") };
    },
    loss: ({ images, targets, parameters, forward, updates }) => {
      const { classes, masks, methods, partners, identities } = targets;
      const own = forward(), mirrored = forward(tf.reverse(images, 2));
      const reals = tf.slice(classes, [0, 0], [-1, 1]);
      const ofReals = tf.mean(tf.mul(own.features, reals), 0);
      const centre = parameters.centre as tf.Tensor;
      updates.centre = tf.add(tf.mul(centre, 1 - follow), tf.mul(ofReals, follow));
      const distance = tf.mean(tf.square(tf.sub(own.features, centre))) as tf.Scalar;
      const crossEntropies = tf.add(
        crossEntropy(own.logits, classes),
        crossEntropy(mirrored.logits, classes),
      ) as tf.Scalar;
      const scalar = (t: tf.Tensor) => tf.mean(tf.cast(t, "float32")) as tf.Scalar;
      return {
        total: tf.add(crossEntropies, tf.mul(distance, 0.1)) as tf.Scalar,
        terms: {
          crossEntropies,
          distance,
          masked: scalar(masks!),
          method: scalar(methods!),
          partner: scalar(partners!),
          person: scalar(identities!),
        },
      };
    },
    logOdds: ({ logits }) => logOddsOfFake(logits),
    parts: (layer = "conv") => [{ name: "network", layer }],
  }),
});
