/**
 * What a pass through a network computes, counted from the operations that TensorFlow.js really runs,
 * or records in a capture, on any backend. What the counts mean as cost is in `cost.ts`.
 */
import * as tf from "@tensorflow/tfjs";

/** An operation that has run: its name in TensorFlow.js, and the shapes of what went in and came out. */
interface Operation {
  readonly name: string;
  readonly inputs: readonly number[][];
  readonly output: readonly number[];
}

/** How much of each kind of work a pass does. A MAC is a multiplication and an addition. */
export interface OperationCounts {
  /** Multiply-adds of convolutions: values out times the values that one filter sees. */
  readonly convolutionMacs: number;
  /** Values to which a convolution's bias is added. */
  readonly convolutionBias: number;
  /** Multiply-adds of linear layers, and of products of activations such as attention's. */
  readonly linearMacs: number;
  /** Values that go through a batch norm. */
  readonly batchNorm: number;
  /** Values that go through a ReLU. */
  readonly relu: number;
  /** Values that a pooling takes in, largest or mean, without its padding. */
  readonly pooling: number;
  /**
   * Values that come out of every other operation, by its name in TensorFlow.js: sums of shortcuts,
   * gates, Swish, joined features. No convention here counts them.
   */
  readonly uncounted: Readonly<Record<string, number>>;
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

type Kind = Exclude<keyof OperationCounts, "uncounted">;

/** The kind and amount of an operation's work; undefined for one that no convention counts. */
function work({ name, inputs, output }: Operation, before?: Operation): [Kind, number] | undefined {
  const [first, second] = inputs;
  switch (name) {
    case "Conv2D": // a filter sees height · width · channels values
      return ["convolutionMacs", size(output) * size(second.slice(0, 3))];
    case "Conv2DBackpropFilter": // as the convolution itself, whose values out are the second input here
      return ["convolutionMacs", size(second) * size(output.slice(0, 3))];
    case "Conv2DBackpropInput":
      return ["convolutionMacs", size(first) * size(second.slice(0, 3))];
    case "DepthwiseConv2dNative": // and here those of one channel
      return ["convolutionMacs", size(output) * size(second.slice(0, 2))];
    case "BatchMatMul": { // [m, k] · [k, n], either transposed
      const [mk, kn, mn] = [first, second, output].map((shape) => size(shape.slice(-2)));
      return ["linearMacs", size(output) * Math.sqrt(mk * kn / mn)];
    }
    case "Add":
      return first.length === 4 && second.length === 1
        ? ["convolutionBias", size(output)]
        : undefined;
    case "FusedBatchNorm":
      return ["batchNorm", size(first)];
    case "Relu":
      return ["relu", size(first)];
    case "MaxPool":
      return ["pooling", size(before?.name === "PadV2" ? before.inputs[0] : first)];
    case "Mean":
      return ["pooling", size(first)];
    default:
      if (!/Conv|MatMul|Einsum/.test(name)) return undefined;
      throw new RangeError(`${name} multiplies and adds, and has no rule to count it by. Add one.`);
  }
}

/**
 * Counts the work of a pass. Whatever runs inside counts, gradients too, and so does what is captured
 * inside; a run of a captured function does not, as TensorFlow.js does not see it.
 *
 * @param pass Runs the network; its tensors are freed.
 * @throws RangeError for an operation that multiplies and adds in a way that has no rule here.
 *
 * @example A linear layer from three inputs to two outputs
 * ```ts
 * import { countOperations } from "lib/evaluation/operations.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const { linearMacs, uncounted } = await countOperations(() => {
 *   tf.add(tf.matMul(tf.ones([1, 3]), tf.ones([3, 2])), tf.ones([2]));
 * });
 * assert.equal(linearMacs, 6);
 * assert.deepEqual(uncounted, { Add: 2 });
 * ```
 */
export async function countOperations(pass: () => void): Promise<OperationCounts> {
  let failure: unknown;
  const { kernels } = await tf.profile(() => {
    try {
      tf.tidy(pass);
    } catch (error) {
      failure = error; // thrown from here, TensorFlow.js would go on profiling for ever
    }
    return [];
  });
  if (failure) throw failure;
  const operations = kernels.map(({ name, inputShapes, outputShapes }): Operation => ({
    name,
    inputs: inputShapes.map((shape) => shape ?? []),
    output: outputShapes[0],
  }));
  const counts: Record<Kind, number> = {
    convolutionMacs: 0,
    convolutionBias: 0,
    linearMacs: 0,
    batchNorm: 0,
    relu: 0,
    pooling: 0,
  };
  const uncounted: Record<string, number> = {};
  operations.forEach((operation, i) => {
    const counted = work(operation, operations[i - 1]);
    if (counted) counts[counted[0]] += counted[1];
    else uncounted[operation.name] = (uncounted[operation.name] ?? 0) + size(operation.output);
  });
  return { ...counts, uncounted };
}
