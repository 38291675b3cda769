/**
 * bfloat16 on a GPU: TensorFlow's pass for mixed precision serves it on processors alone, so the recorder casts
 * around convolutions and products itself, as PyTorch's `autocast` does. All else stays float32.
 */
import { type Attribute, ATTRIBUTES, type TensorMetadata, TYPES } from "./kernel_binding.ts";

/**
 * What is computed in bfloat16. Their sums are float32 inside the kernels; depthwise convolutions, which are bound
 * by memory, stay float32.
 */
const COMPUTED: ReadonlySet<string> = new Set([
  "BatchMatMulV2",
  "Conv2D",
  "Conv2DBackpropFilter",
  "Conv2DBackpropInput",
  "MatMul",
]);

/** Records an operation, as `Recorder.executeOp` does. */
type Execute = (
  operation: string,
  attributes: Attribute[],
  ids: number[],
  outputs: number,
  after?: readonly number[],
) => TensorMetadata[];

/** Whether an attribute is the element type, and that is float32. */
const isFloat = ({ name, value }: Attribute) => name === "T" && value === TYPES.FLOAT;

/** Casts of one recording. */
export class HalfCasts {
  readonly #execute: Execute;
  readonly #halves = new Map<number, number>(); // recorded id → that of its bfloat16

  /**
   * None yet.
   *
   * @param execute Records an operation as it is.
   */
  constructor(execute: Execute) {
    this.#execute = execute;
  }

  /** Whether an operation is computed in bfloat16: it is of those, in float32. */
  takes(operation: string, attributes: readonly Attribute[]): boolean {
    return COMPUTED.has(operation) && attributes.some(isFloat);
  }

  /**
   * Records the operation in bfloat16 between casts; its result is float32. An input that several take is cast
   * once, so that what a step keeps for its gradient is half as large.
   *
   * @param describe Shape and type of a recorded tensor.
   */
  record(
    operation: string,
    { attributes, ids, outputs, after, describe }: {
      attributes: readonly Attribute[];
      ids: readonly number[];
      outputs: number;
      after: readonly number[];
      describe: (id: number) => { readonly dtype: number };
    },
  ): TensorMetadata[] {
    const inHalf = attributes.map((one) => isFloat(one) ? { ...one, value: TYPES.BFLOAT16 } : one);
    const inputs = ids.map((id) => describe(id).dtype === TYPES.FLOAT ? this.#half(id, after) : id);
    return this.#execute(operation, inHalf, inputs, outputs, after)
      .map(({ id }) => this.#cast(id, TYPES.BFLOAT16, TYPES.FLOAT));
  }

  #half(id: number, after: readonly number[]): number {
    const known = this.#halves.get(id) ?? this.#cast(id, TYPES.FLOAT, TYPES.BFLOAT16, after).id;
    this.#halves.set(id, known);
    return known;
  }

  #cast(id: number, from: number, to: number, after: readonly number[] = []): TensorMetadata {
    const attributes = [
      { name: "SrcT", type: ATTRIBUTES.TYPE, value: from },
      { name: "DstT", type: ATTRIBUTES.TYPE, value: to },
      { name: "Truncate", type: ATTRIBUTES.BOOL, value: false },
    ];
    return this.#execute("Cast", attributes, [id], 1, after)[0];
  }
}
