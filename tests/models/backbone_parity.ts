/** Runs a stand-alone backbone on the fixtures' numbers and says how far it is from PyTorch. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { BACKBONES } from "lib/models/backbone.ts";
import { initialiseParameters } from "lib/models/initialise.ts";
import { openLayers } from "lib/models/layers.ts";
import { createRandom } from "lib/random.ts";
import {
  fill,
  fillImages,
  fillParameters,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "./fixture_formula.ts";

/** One mode of a backbone's fixture. */
export interface BackboneCase {
  readonly features_f64: number[][];
  readonly loss_f64: number;
  readonly activations: Record<string, Summary>;
  readonly grad_input: Summary;
  /** null for a parameter that is not on the path. */
  readonly grads: Record<string, Summary | null>;
  readonly running_stats_after?: Record<string, Summary>;
}

/** Errors as shares of the largest expected value, by name where there are many. */
export interface BackboneErrors {
  readonly features: number;
  readonly loss: number;
  readonly inImages: number;
  readonly activations: Record<string, number>;
  readonly gradients: Record<string, number>;
  readonly statistics: Record<string, number>;
}

/** Which backbone is run, and how. */
export interface BackboneRun {
  readonly backbone: Configuration["backbone"];
  readonly mode: "eval" | "train";
  /** Of the formula that fills its filters. */
  readonly gain: number;
}

/** A parameter's name in a network that stands alone; ours need a prefix. */
const alone = (name: string) => name.slice("b.".length);

/** The errors of one forward and backward pass at `image(2, 3, 64, 64, "input")`. */
export function backboneErrors(
  expected: BackboneCase,
  { backbone, mode, gain }: BackboneRun,
): BackboneErrors {
  return tf.tidy(() => {
    const { parameters: specify, run, features: length } = BACKBONES[backbone];
    const parameters = initialiseParameters(specify("b", 1), createRandom(1));
    const bare = Object.fromEntries(Object.entries(parameters).map(([k, v]) => [alone(k), v]));
    fillParameters(bare, gain);
    const images = tf.variable(fillImages("input", 2, 64));
    const c = tf.tensor2d(fill("c", 2 * length(1)), [2, length(1)]);
    const activations: Record<string, number> = {};
    const statistics: Record<string, number> = {};
    let features = NaN;

    const { value, grads } = tf.variableGrads(() => {
      const training = { seed: tf.tensor1d([0, 0], "int32") };
      const layers = openLayers(parameters, {
        ...(mode === "train" ? { training } : {}),
        tap: (name, x) => {
          const summary = expected.activations[alone(name)];
          activations[alone(name)] = summary
            ? summaryError(torchValues(x, "activation"), summary)
            : NaN;
          return x;
        },
      });
      const z = run(images as tf.Tensor4D, { prefix: "b", width: 1, dropConnect: 0, layers });
      features = relativeError(z.dataSync(), expected.features_f64.flat());
      for (const [name, x] of Object.entries(layers.statistics)) {
        const summary = expected.running_stats_after![alone(name)];
        statistics[alone(name)] = summaryError(torchValues(x, "weight"), summary);
      }
      return tf.sum(tf.mul(z, c)) as tf.Scalar;
    });

    const gradients: Record<string, number> = {};
    for (const [name, summary] of Object.entries(expected.grads)) {
      const gradient = grads[bare[name].name];
      // Where PyTorch has no gradient we must not have one either.
      if (!summary) gradients[name] = gradient ? NaN : 0;
      else gradients[name] = summaryError(torchValues(gradient, "weight"), summary);
    }
    return {
      features,
      loss: Math.abs(value.dataSync()[0] / expected.loss_f64 - 1),
      inImages: summaryError(torchValues(grads[images.name], "activation"), expected.grad_input),
      activations,
      gradients,
      statistics,
    };
  });
}
