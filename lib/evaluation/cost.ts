/**
 * What a detector costs, as the paper's Table 7 reports it: parameters, multiply-adds, FLOPs. How
 * long it takes on this machine is in `measured_time.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import type { Detector } from "lib/detectors/detector.ts";
import { compile } from "lib/engine/compile.ts";
import {
  disposeParameters,
  isLearnt,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";
import { countOperations, type OperationCounts } from "./operations.ts";

/** A network whose cost can be counted: a detector, or less of one. */
export type CostedNetwork = Pick<Detector, "input" | "parameters" | "forward">;

/** The cost of one image, in inference. */
export interface Cost {
  /** All weights and biases, also those of a classifier that is never run, as in Table 7. */
  readonly parameters: number;
  /** How many of them stand in a classifier that is never run. */
  readonly idle: number;
  /**
   * Multiply-adds of convolutions, linear layers and attention's products, and of nothing else: Table 7's
   * column MACs, and the usual convention.
   */
  readonly macs: number;
  /** Floating-point operations, by the conventions in use. */
  readonly flops: {
    /**
     * Table 7's: 2 · MACs, 1 for each value that a convolution's bias is added to, 2 for each in a
     * batch norm, 1 for each in a ReLU or a pooling; biases of linear layers, sums of shortcuts,
     * gates, Swish and sigmoid are free. It is the convention of the tool calflops.
     */
    readonly table7: number;
    /** 2 · MACs, as PyTorch's own counter has it. */
    readonly twoPerMac: number;
    /** MACs, which many papers, such as ResNet's (He et al. 2015), call FLOPs. */
    readonly onePerMac: number;
  };
  /** What was counted, by kind of work. */
  readonly operations: OperationCounts;
}

/**
 * Counts what a detector costs for one image of the size that it takes, from a capture of it: what runs
 * is known then, and nothing is computed. Values do not matter, so its parameters are zeros.
 *
 * @example The smallest of detectors
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { detectorCost } from "lib/evaluation/cost.ts";
 * import assert from "node:assert/strict";
 *
 * const { parameters, macs, flops } = await detectorCost(SMOKE.detector);
 * assert.ok(parameters > 1e6 && macs > 1e6);
 * assert.ok(flops.table7 > flops.twoPerMac && flops.twoPerMac === 2 * macs);
 * ```
 */
export async function detectorCost(detector: CostedNetwork): Promise<Cost> {
  const { parameters: specifications, input: { size } } = detector;
  const zeros = blankParameters(detector, { shared: true });
  try {
    const operations = await countOperations(() => {
      const pass = (images: tf.Tensor) => (detector.forward(images as tf.Tensor4D, zeros), images);
      const example = [tf.zeros([1, size, size, 3])];
      const captured = compile(pass, example, { name: "cost" });
      if (captured.nodes === 0) captured(...example); // the plain backend captures nothing
      captured.dispose();
    });
    const { convolutionMacs, convolutionBias, linearMacs, batchNorm, relu, pooling } = operations;
    const macs = convolutionMacs + linearMacs;
    const idle = count(specifications.filter(({ role }) => role === "idle"));
    return {
      parameters: count(specifications.filter(({ role }) => isLearnt(role))) + idle,
      idle,
      macs,
      flops: {
        table7: 2 * macs + convolutionBias + 2 * batchNorm + relu + pooling,
        twoPerMac: 2 * macs,
        onePerMac: macs,
      },
      operations,
    };
  } finally {
    disposeParameters(zeros);
  }
}

function count(specifications: readonly ParameterSpecification[]): number {
  return specifications.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
}
