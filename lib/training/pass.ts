/** One pass over pictures: the loss, its terms and gradients, and what else the pass would change. */
import * as tf from "@tensorflow/tfjs";
import type { Detector, Loss, Targets } from "lib/detectors/detector.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";
import type { Updates } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** Pictures as the detector sees them, and what they are. */
export interface SeenBatch {
  /** float32 `[batch, height, width, 3]`, of `normaliseImages`. */
  readonly images: tf.Tensor4D;
  /** What they are. */
  readonly targets: Targets;
}

/** What a loss says of itself. */
export interface Differentiated {
  /** The objective. */
  readonly total: tf.Scalar;
  /** Every other term of the loss, by name. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  /** Of each tensor that the objective depends on, by its name. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** New values of buffers, by name, that are to be assigned. */
  readonly updates: Readonly<Record<string, tf.Tensor>>;
}

/**
 * A loss with its gradients.
 *
 * @param lossOf Computes it, and puts new values of buffers into the record that it is given.
 * @param at The tensors, by name, that gradients are taken at.
 * @param lossScale What the gradients are multiplied by. Default 1.
 */
export function differentiate(
  lossOf: (updates: Updates) => Loss,
  at: Readonly<Record<string, tf.Tensor>>,
  lossScale?: tf.Scalar,
): Differentiated {
  const updates: Updates = {}, terms: Record<string, tf.Tensor> = {};
  const objective = () => {
    const loss = lossOf(updates);
    keep(loss.terms, terms); // the gradient's own scope frees what is not kept
    keep(updates, updates);
    return loss.total;
  };
  const { value: total, gradients } = gradientsAt(objective, at, lossScale);
  const ownTerms = owned(terms) as Record<string, tf.Scalar>;
  return { total, gradients, terms: ownTerms, updates: owned(updates) };
}

/** How a pass is made. */
export interface PassOptions {
  /** What the pictures go through, and what says what is lost. */
  readonly detector: Pick<Detector, "forward" | "loss">;
  /** Names of the parameters that gradients are taken at. */
  readonly names: readonly string[];
  /** int32 `[2]`: for dropout and what else is drawn. */
  readonly seed: tf.Tensor1D;
  /** What the gradients are multiplied by. Default 1. */
  readonly lossScale?: tf.Scalar | undefined;
  /** How often the step went through the detector before, each time with draws of its own. Default 0. */
  readonly passes?: number;
}

/**
 * The detector's loss of a batch, as `differentiate` has it.
 *
 * @returns Also `passes`: how often the step has gone through the detector by now.
 */
export function passOver(
  parameters: Parameters,
  { images, targets }: SeenBatch,
  { detector, names, seed, lossScale, passes = 0 }: PassOptions,
): Differentiated & { passes: number } {
  let pass = passes;
  const lossOf = (updates: Updates) => {
    const forward = (seen = images, own = parameters) =>
      detector.forward(seen, own, {
        training: { seed: seedOfPass(seed, pass++), updates },
      });
    return detector.loss({ images, targets, parameters, forward, seed, updates });
  };
  return { ...differentiate(lossOf, tensorsOf(parameters, names), lossScale), passes: pass };
}

/** Parameters of these names, as tensors. */
export const tensorsOf = (
  parameters: Parameters,
  names: readonly string[],
): Record<string, tf.Tensor> =>
  Object.fromEntries(names.map((name) => [name, parameters[name] as tf.Tensor]));

/** The seed of a step's k-th pass: another one than that of any layer of another pass. */
export function seedOfPass(seed: tf.Tensor1D, pass: number): tf.Tensor1D {
  return pass === 0 ? seed : tf.add(seed, tf.tensor1d([0, Math.imul(0x85ebca6b, pass)], "int32"));
}

/** Copies that outlive the scope at hand. */
function keep(tensors: Readonly<Record<string, tf.Tensor>>, into: Record<string, tf.Tensor>): void {
  for (const [name, tensor] of Object.entries(tensors)) into[name] = tf.keep(tensor.clone());
}

/** Kept tensors as those of the scope at hand, which frees or returns them. */
function owned(kept: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const own = Object.entries(kept).map(([name, t]) => [name, t.clone()]);
  tf.dispose(Object.values(kept));
  return Object.fromEntries(own);
}
