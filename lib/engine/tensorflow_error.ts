/** Errors of TensorFlow as JavaScript errors, with the operation and what it was given. */
import { type TensorDescription, typeName, TYPES } from "./kernel_binding.ts";

/** TensorFlow's code for "no memory left". */
const RESOURCE_EXHAUSTED = 8;

/** What failed. */
interface FailedOperation {
  /** Name of the operation, such as `MatMul`, or of the captured function. */
  readonly operation: string;
  /** Its inputs. */
  readonly inputs: readonly TensorDescription[];
}

/** An error that TensorFlow reported. */
export class TensorFlowError extends Error {
  /** TensorFlow's status code, such as 3 for an invalid argument. */
  readonly code: number;
  /** Name of the operation that failed. */
  readonly operation: string;

  /** Makes the message from TensorFlow's own words and the inputs. */
  constructor(code: number, message: string, { operation, inputs }: FailedOperation) {
    const what = operation + describeInputs(inputs), missing = withoutXlaKernel(message);
    super(
      code === RESOURCE_EXHAUSTED
        ? `Out of memory in ${what}. ${smallerBatch(inputs)}TensorFlow: ${message}`
        : missing.length > 0
        ? `XLA cannot compile ${operation}: it has no kernel for ${
          missing.join(", ")
        }. Use the compiler "none" for ` +
          `it (in training: --set compiler=none). TensorFlow: ${message}`
        : `${what}: ${message}`,
    );
    this.name = "TensorFlowError";
    this.code = code;
    this.operation = operation;
  }
}

/** The operations that XLA's words name as those that it has no kernel for. */
function withoutXlaKernel(message: string): string[] {
  if (!message.includes("unsupported operations when trying to compile")) return [];
  return [...new Set(Array.from(message.matchAll(/(\w+) \(No registered/g), ([, name]) => name))];
}

/** Such as ` on float32 [2,3], int32 [4]`; a training step's many variables are only counted. */
function describeInputs(inputs: readonly TensorDescription[]): string {
  const variables = inputs.filter((t) => t.dtype === TYPES.RESOURCE).length;
  const tensors = inputs.filter((t) => t.dtype !== TYPES.RESOURCE)
    .map(({ shape, dtype }) => `${typeName(dtype)} [${shape}]`);
  const all = variables === 0 ? tensors : [...tensors, `${variables} variables`];
  return all.length === 0 ? "" : ` on ${all.join(", ")}`;
}

/** Half the leading dimension of the largest input: mostly the batch. */
function smallerBatch(inputs: readonly TensorDescription[]): string {
  const size = ({ shape }: TensorDescription) => shape.reduce((a, b) => a * b, 1);
  const [largest] = inputs.filter((t) => t.shape.length > 1).sort((a, b) => size(b) - size(a));
  const batch = Math.floor((largest?.shape[0] ?? 0) / 2);
  return batch > 0 ? `Try a batch of ${batch}. ` : "";
}
