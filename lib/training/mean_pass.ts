/** A pass in micro-batches for losses that are a mean over pictures: gradients of each part's, averaged. */
import * as tf from "@tensorflow/tfjs";
import type { Detector } from "lib/detectors/detector.ts";
import { compileStep } from "lib/engine/compile.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import {
  type CapturedPass,
  type CapturedPassOptions,
  keepPass,
  meansOf,
  type PassNumbers,
  type Scalars,
  seedOfMicroBatch,
  seenMicroBatch,
} from "./micro_batch_passes.ts";
import { passOver, type SeenBatch } from "./pass.ts";

/**
 * Captures a pass over batches like the example, for losses that are the mean of their micro-batches'. Running
 * statistics go on from one micro-batch to the next.
 *
 * @throws Error when the loss changes more than running statistics, and so is not of that kind.
 */
export function captureMeanPass(
  parameters: Parameters,
  batch: SeenBatch,
  { detector, sums, names, seed, lossScale, precision, compiler, passes = 0, ...options }:
    CapturedPassOptions,
): CapturedPass {
  const size = options.microBatchSize, scale = lossScale ? [lossScale] : [];
  const count = batch.images.shape[0] / size, example = seenMicroBatch(batch, { k: 0, size });
  let scalars: string[] = [], found: string[] = [], after = passes;
  const step = compileStep(
    (...tensors) => {
      const [own, lossScale] = tensors.splice(-1 - scale.length) as [tf.Tensor1D, tf.Scalar?];
      const seen = replaceTensors(example, tensors);
      const pass = passOver(parameters, seen, { detector, names, seed: own, lossScale, passes });
      assertStatistics(detector, Object.keys(pass.updates));
      keepPass(pass, { parameters, sums, share: 1 / count });
      [scalars, found, after] = [
        ["total", ...Object.keys(pass.terms)],
        Object.keys(pass.gradients),
        pass.passes,
      ];
      return [pass.total, ...Object.values(pass.terms)];
    },
    [...tensorsIn(example), seed, ...scale],
    { name: "micro-batch", precision, compiler },
  );
  tf.dispose(tensorsIn(example));
  const run = (whole: SeenBatch, { seed, lossScale }: PassNumbers): Scalars => {
    const all = Array.from({ length: count }, (_, k) => {
      const inputs = [...tensorsIn(seenMicroBatch(whole, { k, size })), seedOfMicroBatch(seed, k)];
      const values = step(...inputs, ...lossScale ? [lossScale] : []);
      tf.dispose(inputs);
      return values;
    });
    return meansOf(scalars, all);
  };
  return { names: found, passes: after, run, [Symbol.dispose]: () => step.dispose() };
}

/** Throws when a loss that is to be a mean over pictures changes more than running statistics. */
function assertStatistics({ kind, parameters }: Detector, updated: readonly string[]): void {
  const running = parameters.filter(({ role }) => role.startsWith("running")).map(({ name }) =>
    name
  );
  const others = updated.filter((name) => !running.includes(name));
  if (others.length === 0) return;
  throw new Error(
    `The loss of ${kind.name} says that it is a mean over pictures, but changes ${
      others.join(", ")
    } by the ` +
      "batch. Correct its `microBatches`.",
  );
}
