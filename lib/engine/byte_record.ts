/**
 * The record of a tensor's data that lies on the device as bytes. To TensorFlow.js, which has no 8-bit type, it
 * looks like the data of an ordinary int32 tensor.
 */
import type { EagerBinding } from "./eager_binding.ts";
import { type Attribute, ATTRIBUTES, type Binding, TYPES, type Values } from "./kernel_binding.ts";

/** How bytes become what TensorFlow.js holds them for. */
const WIDENING: Attribute[] = [
  { name: "SrcT", type: ATTRIBUTES.TYPE, value: TYPES.UINT8 },
  { name: "DstT", type: ATTRIBUTES.TYPE, value: TYPES.INT32 },
  { name: "Truncate", type: ATTRIBUTES.BOOL, value: false },
];

/** The id of the same numbers as int32, run or recorded. */
export function widened(binding: Pick<Binding, "executeOp">, bytes: number): number {
  return binding.executeOp("Cast", WIDENING, [bytes], 1)[0].id;
}

/**
 * The record that TensorFlow.js's backend keeps of such numbers: `id` makes int32 of them when an operation asks
 * for it; a captured function takes `bytes`.
 */
export class ByteRecord {
  /** Length along each axis. */
  readonly shape: number[];
  /** What TensorFlow.js holds them for. */
  readonly dtype: number = TYPES.INT32;
  /** TensorFlow.js's count of the tensors that share the data. */
  refCount = 1;
  /** Values not yet handed to TensorFlow: never any, here. */
  readonly values: Values | null = null;

  readonly #eager: EagerBinding;
  readonly #bytes: number;
  #whole: number | undefined;

  /** Uploads the numbers. @throws TypeError when they do not fill the shape. */
  constructor(eager: EagerBinding, shape: number[], values: Uint8Array<ArrayBuffer>) {
    this.shape = shape;
    this.#eager = eager;
    this.#bytes = eager.createTensor(shape, TYPES.UINT8, values);
  }

  /** The id of the bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The id of the numbers as int32. */
  get id(): number {
    return this.#whole ??= widened(this.#eager, this.#bytes);
  }

  /** Frees both when no tensor uses them any more. */
  freeUnused(): void {
    if (this.refCount > 0) return;
    this.#eager.deleteTensor(this.#bytes);
    if (this.#whole !== undefined) this.#eager.deleteTensor(this.#whole);
  }
}
