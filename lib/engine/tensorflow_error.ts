/** Errors of TensorFlow as JavaScript errors, with the operation and the shapes it was given. */

/** TensorFlow's code for "no memory left". */
const RESOURCE_EXHAUSTED = 8;

/** What failed. */
export interface FailedOperation {
  /** Name of the operation, such as `MatMul`. */
  readonly operation: string;
  /** Shapes of its inputs. */
  readonly inputs: readonly (readonly number[])[];
}

/** An error that TensorFlow reported. */
export class TensorFlowError extends Error {
  /** TensorFlow's status code, such as 3 for an invalid argument. */
  readonly code: number;
  /** Name of the operation that failed. */
  readonly operation: string;

  /** Makes the message from TensorFlow's own words and the shapes of the inputs. */
  constructor(code: number, message: string, { operation, inputs }: FailedOperation) {
    const shapes = inputs.length > 0 ? ` on ${inputs.map((s) => `[${s}]`).join(", ")}` : "";
    super(
      code === RESOURCE_EXHAUSTED
        ? `Out of memory in ${operation}${shapes}. ${smallerBatch(inputs)}TensorFlow: ${message}`
        : `${operation}${shapes}: ${message}`,
    );
    this.name = "TensorFlowError";
    this.code = code;
    this.operation = operation;
  }
}

/** Half the leading dimension of the largest input: mostly the batch. */
function smallerBatch(inputs: readonly (readonly number[])[]): string {
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const largest = inputs.toSorted((a, b) => size(b) - size(a))[0] ?? [];
  return largest[0] > 1 ? `Try a batch of ${Math.floor(largest[0] / 2)}. ` : "";
}
