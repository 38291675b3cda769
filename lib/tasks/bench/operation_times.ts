/**
 * Where the processor time of our side's pass goes, by kind of operation. The pass is run operation by
 * operation, each awaited: so nothing overlaps and TensorFlow fuses nothing, which the captured function may
 * gain from.
 */
import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import type { Configuration } from "lib/detectors/configuration.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import type { Binding } from "lib/engine/kernel_binding.ts";
import type { Updates } from "lib/networks/layers.ts";
import type { BenchCase } from "./bench_cases.ts";
import { answersOf, batchOf, formulaParameters, formulaState } from "./case_inputs.ts";
import type { OperationKind, OperationTimes } from "./worker_protocol.ts";

/** TensorFlow's names of operations, gradients included. */
const KINDS: readonly (readonly [OperationKind, RegExp])[] = [
  ["depthwise convolution", /^DepthwiseConv2d/],
  ["convolution", /^Conv2D/],
  ["batch norm", /^FusedBatchNorm/],
  ["pooling", /Pool/],
  ["matrix product", /MatMul/],
  ["Fourier transform", /FFT/],
];

const kindOf = (operation: string): OperationKind =>
  KINDS.find(([, pattern]) => pattern.test(operation))?.[0] ?? "rest";

/** Seconds of processor time by kind while `work` runs on TensorFlow. */
function timed(binding: Binding, work: () => void): OperationTimes {
  const times: Partial<Record<OperationKind, number>> = {}, { executeOp } = binding;
  binding.executeOp = (name, ...rest) => {
    const start = process.cpuUsage(), kind = kindOf(name);
    const outputs = executeOp.call(binding, name, ...rest),
      { user, system } = process.cpuUsage(start);
    times[kind] = (times[kind] ?? 0) + (user + system) / 1e6;
    return outputs;
  };
  try {
    work();
  } finally {
    binding.executeOp = executeOp;
  }
  return times;
}

/** One pass as open code: its log-odds, or the loss and its gradients. */
function passOf(
  one: BenchCase,
  { detector }: Configuration,
  isFolded: boolean,
): () => tf.TensorContainer {
  const { images, targets } = batchOf(one.batch, detector);
  const parameters = formulaParameters(detector);
  if (one.work === "inference") {
    const original = { detector, parameters };
    const used = isFolded ? foldedDetector(original, { takesOver: true }) : original;
    return () => answersOf(one, detector, used.detector.forward(images, used.parameters));
  }
  const learnt = { ...parameters, ...formulaState(detector) }, seed = tf.tensor1d([0, 0], "int32");
  return () => {
    const updates: Updates = {};
    const forward = (seen = images, own = parameters) =>
      detector.forward(seen, own, { training: { seed, updates } });
    const variables = Object.values(learnt).filter(({ trainable }) => trainable);
    return tf.variableGrads(
      () => detector.loss({ images, targets, parameters: learnt, forward, seed, updates }).total,
      variables,
    );
  };
}

/**
 * Seconds of processor time of one pass by kind of operation; none on the plain cpu backend. Training is forward and
 * backward, without the optimiser.
 *
 * @param isFolded Whether batch norm is merged into the weights, for inference.
 */
export function operationTimes(
  one: BenchCase,
  configuration: Configuration,
  isFolded: boolean,
): OperationTimes {
  const backend = capturingBackend();
  if (backend === undefined) return {};
  const pass = passOf(one, configuration, isFolded), run = () => void tf.tidy(pass);
  run(); // kernels are made when they are first used
  return timed(backend.binding, run);
}
