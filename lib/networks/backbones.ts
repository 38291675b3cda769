/** The backbones that a local information block can have, each described in a file of its own. */
import type * as tf from "@tensorflow/tfjs";
import { conv4, conv4Features, conv4Parameters } from "./conv4.ts";
import { efficientnet, efficientnetParameters } from "./efficientnet.ts";
import { efficientnetShape } from "./efficientnet_shape.ts";
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
  /** How likely the last block skips an image in training, where the backbone `skipsImages`. */
  readonly dropConnect: number;
  /** The layers over the parameters. */
  readonly layers: Layers;
}

/** A network that turns images into feature vectors. */
export interface Backbone {
  /** Length of the feature vector at a width. */
  readonly features: (width: number) => number;
  /** Widths of the bottleneck's two hidden layers behind blocks of this kind. */
  readonly bottleneck: readonly [number, number];
  /** The parameters whose names begin with `prefix`, in the order of the official state dict. */
  readonly parameters: (prefix: string, width: number) => ParameterSpecification[];
  /**
   * Name, without the prefix, of the last layer that shows itself to a tap, before the average over the
   * picture: where class activation maps are taken.
   */
  readonly lastLayer: string;
  /** Whether blocks skip images in training (stochastic depth), so that `dropConnect` matters. */
  readonly skipsImages?: true;
  /** `[batch, height, width, 3]`, normalised, to `[batch, features]`. */
  readonly run: (images: tf.Tensor4D, options: BackboneOptions) => tf.Tensor2D;
}

/** The bottleneck of the official code, whatever its backbone. */
const OFFICIAL_BOTTLENECK = [1000, 500] as const;

/** Of the classifier that EfficientNet has in the official code and never runs. */
const IMAGENET_CLASSES = 1000;

/** The backbones by the names that settings give them. A new one is a file of its own and a row here. */
export const BACKBONES: Readonly<Record<string, Backbone>> = Object.freeze({
  resnet34: {
    features: resnetFeatures,
    bottleneck: OFFICIAL_BOTTLENECK,
    parameters: resnetParameters,
    lastLayer: "layer4",
    run: resnet,
  },
  mobilenetV1: {
    features: mobilenetFeatures,
    bottleneck: OFFICIAL_BOTTLENECK,
    parameters: mobilenetParameters,
    lastLayer: "model.13",
    run: mobilenet,
  },
  conv4: {
    features: conv4Features,
    bottleneck: [64, 32],
    parameters: conv4Parameters,
    lastLayer: "stage4",
    run: conv4,
  },
  efficientnetB0: {
    features: (width) => efficientnetShape("b0", width).head,
    bottleneck: OFFICIAL_BOTTLENECK,
    parameters: (prefix, width) =>
      efficientnetParameters(prefix, {
        shape: efficientnetShape("b0", width),
        idleClasses: IMAGENET_CLASSES,
      }),
    lastLayer: "_bn1", // before its Swish, so activations can be negative; the others' are 0 or more
    skipsImages: true,
    run: (images, { width, ...run }) =>
      efficientnet(images, { ...run, shape: efficientnetShape("b0", width) }),
  },
});
