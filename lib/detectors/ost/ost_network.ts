/** OST's network: Xception with leaky ReLUs, and the real pictures that are kept beside its weights. */
import type * as tf from "@tensorflow/tfjs";
import { type Mode, openLayers } from "lib/networks/layers.ts";
import { isLearnt, type Parameters, type ParameterSpecification } from "lib/networks/parameters.ts";
import { xception, xceptionParameters } from "lib/networks/xception.ts";
import type { OstSettings } from "./ost_settings.ts";

/** Real and fake. */
const CLASSES = 2;

/** Slope of ReLUs below 0. [code] */
const SLOPE = 0.01;

/** What the kept pictures are named. */
const TEMPLATES = "templates";

/** The network's parameters, and `templates`: `[templates, imageSize, imageSize, 3]`, normalised. */
export function ostParameters(
  { imageSize, width, depth, templates }: OstSettings,
): ParameterSpecification[] {
  return [
    ...xceptionParameters({ classes: CLASSES, width, isShallow: depth === "shallow" }),
    { name: TEMPLATES, shape: [templates, imageSize, imageSize, 3], role: "buffer", fanIn: 0 },
  ];
}

/** The names of what takes the step within: all that learns, batch norm's too. [code's default] */
export function namesWithin(settings: OstSettings): string[] {
  return ostParameters(settings).filter(({ role }) => isLearnt(role)).map(({ name }) => name);
}

/** The kept real pictures, `[templates, size, size, 3]`; grey before the first training batch. */
export function templatesOf(parameters: Parameters): tf.Tensor4D {
  return parameters[TEMPLATES] as tf.Tensor as tf.Tensor4D;
}

/** Logits of real and fake, `[batch, 2]`; `dropout` is in training alone. */
export function ostLogits(
  images: tf.Tensor4D,
  { parameters, mode, settings: { depth, dropout } }: {
    parameters: Parameters;
    mode: Mode;
    settings: Pick<OstSettings, "depth" | "dropout">;
  },
): tf.Tensor2D {
  const layers = openLayers(parameters, mode);
  return xception(images, { layers, dropout, isShallow: depth === "shallow", slope: SLOPE });
}
