/** What passes over a batch in micro-batches share: what they are captured with, and how a batch is divided. */
import * as tf from "@tensorflow/tfjs";
import type { Detector } from "lib/detectors/detector.ts";
import { addTo } from "lib/engine/add_to.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import type { SeenBatch } from "./pass.ts";

/** Scalars of a pass, on the device; read once, or disposed of. */
export interface Scalars {
  /** `total` and every term, by name; the tensors go. */
  read(): Promise<Record<string, number>>;
  /** Frees them unread. */
  dispose(): void;
}

/** The numbers of a pass, on the device. */
export interface PassNumbers {
  /** int32 `[2]`, as the step has it. */
  readonly seed: tf.Tensor1D;
  /** What the gradients are multiplied by. Default 1. */
  readonly lossScale?: tf.Scalar | undefined;
}

/** A pass that was captured. */
export interface CapturedPass extends Disposable {
  /** Names of the parameters that the loss depends on. */
  readonly names: readonly string[];
  /** How often the step has gone through the detector by its end. */
  readonly passes: number;
  /** Passes over a batch like the example, and adds its loss's gradients to the sums. */
  run(batch: SeenBatch, numbers: PassNumbers): Scalars;
}

/** What a pass is captured with. */
export interface CapturedPassOptions
  extends PassNumbers, Pick<TrainingSettings, "precision" | "compiler" | "microBatchSize"> {
  /** What the pictures go through. */
  readonly detector: Detector;
  /** Variables that gradients are added to, by the names of the parameters. */
  readonly sums: Parameters;
  /** Names of the parameters that gradients are taken at. */
  readonly names: readonly string[];
  /** How often the step has gone through the detector before. Default 0. */
  readonly passes?: number;
}

/** Tensors of the k-th micro-batch, which the caller disposes of. */
export function microBatch<Nested>(of: Nested, { k, size }: { k: number; size: number }): Nested {
  return replaceTensors(of, tensorsIn(of).map((all) => tf.slice(all, k * size, size)));
}

/** The k-th micro-batch, in which partners are by their places in it: pairs are never parted. */
export function seenMicroBatch(batch: SeenBatch, place: { k: number; size: number }): SeenBatch {
  const { images, targets } = microBatch(batch, place), { partners, ...others } = targets;
  if (!partners) return { images, targets };
  const own = tf.tidy(() => tf.sub(partners, tf.scalar(place.k * place.size, "int32")));
  partners.dispose();
  return { images, targets: { ...others, partners: own as tf.Tensor1D } };
}

/** The seed of a micro-batch: far from those of layers and of passes, which count other multiples up. */
export function seedOfMicroBatch(seed: tf.Tensor1D, k: number): tf.Tensor1D {
  return tf.tidy(() => tf.add(seed, tf.tensor1d([Math.imul(0xc2b2ae35, k), 0], "int32")));
}

/** Adds gradients to the sums, and gives buffers their new values. */
export function keepPass(
  { gradients, updates }: Record<"gradients" | "updates", Readonly<Record<string, tf.Tensor>>>,
  { parameters, sums, share = 1 }: { parameters: Parameters; sums: Parameters; share?: number },
): void {
  for (const [name, gradient] of Object.entries(gradients)) {
    addTo(sums[name], share === 1 ? gradient : tf.mul(gradient, share));
  }
  for (const [name, value] of Object.entries(updates)) parameters[name].assign(value);
}

/** Means over micro-batches of the scalars of each. */
export function meansOf(names: readonly string[], all: readonly tf.Tensor[][]): Scalars {
  const dispose = () => tf.dispose(all as tf.Tensor[][]);
  const read = async () => {
    const values = await Promise.all(all.map((of) => Promise.all(of.map((s) => s.data()))));
    dispose();
    const mean = (i: number) => values.reduce((sum, of) => sum + of[i][0], 0) / values.length;
    return Object.fromEntries(names.map((name, i) => [name, mean(i)]));
  };
  return { read, dispose };
}
