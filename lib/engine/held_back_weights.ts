/**
 * Weights that wait for the input of their layer. In mixed precision TensorFlow casts every weight to bfloat16 in
 * each run, and casts of a function's arguments depend on nothing: it made all of them as the run began, half as
 * much again as the weights take. Held back, a weight's copy lives while its layer runs.
 */
import {
  type Attribute,
  ATTRIBUTES,
  type TensorDescription,
  type TensorMetadata,
  TYPES,
} from "./kernel_binding.ts";

/** What of a recorder is asked. */
export interface HoldingRecorder {
  /** Records an operation; it runs once its inputs are there, and what makes `after`. */
  executeOp(
    operation: string,
    attributes: Attribute[],
    ids: number[],
    outputs: number,
    after: readonly number[],
  ): TensorMetadata[];
  /** Whether a recorded tensor is an argument of the function. */
  isArgument(id: number): boolean;
  /** Its shape and type. */
  describe(id: number): TensorDescription;
}

/** Operations on an input and a weight, in this order. */
const WEIGHTED: ReadonlySet<string> = new Set(["Conv2D", "MatMul", "BatchMatMulV2"]);

/**
 * The operation's inputs, the weight held back where it is an argument of the function.
 *
 * The operation between is a placeholder with a default, which hands its input on: the pass for mixed precision
 * does not know it, and so puts the cast behind it. Before an Identity it would put it in front.
 *
 * @param ids The recorded ids of an operation's inputs.
 */
export function heldBack(
  recorder: HoldingRecorder,
  operation: string,
  ids: number[],
): number[] {
  const [x, weight, ...rest] = ids;
  if (!WEIGHTED.has(operation) || !recorder.isArgument(weight) || recorder.isArgument(x)) {
    return ids;
  }
  const { shape, dtype } = recorder.describe(weight);
  if (dtype !== TYPES.FLOAT) return ids;
  const [{ id }] = recorder.executeOp(
    "PlaceholderWithDefault",
    [
      { name: "dtype", type: ATTRIBUTES.TYPE, value: dtype },
      { name: "shape", type: ATTRIBUTES.SHAPE, value: shape },
    ],
    [weight],
    1,
    [x],
  );
  return [x, id, ...rest];
}
