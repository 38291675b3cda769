/** The backbones that a local information block can have, each described in a file of its own. */
import type * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { efficientnet, efficientnetFeatures, efficientnetParameters } from "./efficientnet.ts";
import type { Layers } from "./layers.ts";
import { mobilenet, mobilenetFeatures, mobilenetParameters } from "./mobilenet.ts";
import type { ParameterSpecification } from "./parameters.ts";
import { resnet, resnetFeatures, resnetParameters } from "./resnet.ts";

/** How a backbone is run. */
export interface BackboneOptions {
  /** What stands, with a dot, before the names of its parameters and layers: `region_model1`. */
  readonly prefix: string;
  /** Channels as a share of the published network's. */
  readonly width: number;
  /** How likely the last block skips an image in training; only EfficientNet does. */
  readonly dropConnect: number;
  /** The layers over the parameters. */
  readonly layers: Layers;
}

/** A network that turns images into feature vectors. */
export interface Backbone {
  /** Length of the feature vector at a width. */
  readonly features: (width: number) => number;
  /** The parameters whose names begin with `prefix`, in the order of the official state dict. */
  readonly parameters: (prefix: string, width: number) => ParameterSpecification[];
  /** `[batch, height, width, 3]`, normalised, to `[batch, features]`. */
  readonly run: (images: tf.Tensor4D, options: BackboneOptions) => tf.Tensor2D;
}

/** The backbones by their names in the configuration. */
export const BACKBONES: Readonly<Record<Configuration["backbone"], Backbone>> = Object.freeze({
  resnet34: { features: resnetFeatures, parameters: resnetParameters, run: resnet },
  mobilenetV1: { features: mobilenetFeatures, parameters: mobilenetParameters, run: mobilenet },
  efficientnetB0: {
    features: efficientnetFeatures,
    parameters: efficientnetParameters,
    run: efficientnet,
  },
});
