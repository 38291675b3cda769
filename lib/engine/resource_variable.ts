/**
 * A variable that lives in TensorFlow and is changed there in place, so that a captured training
 * step holds its weights once. To TensorFlow.js it looks like the data of an ordinary tensor.
 */
import { ATTRIBUTES, type Values } from "./kernel_binding.ts";
import type { EagerBinding } from "./eager_binding.ts";

let count = 0;

/**
 * One variable in TensorFlow, and at the same time the record that TensorFlow.js's backend keeps of a
 * tensor's data: `id` reads the value when somebody asks for it.
 */
export class Resource {
  /** Length along each axis. */
  readonly shape: number[];
  /** TensorFlow's number of the element type. */
  readonly dtype: number;
  /** TensorFlow.js's count of the tensors that share the data. */
  refCount = 1;
  /** Values not yet handed to TensorFlow: never any, here. */
  readonly values: Values | null = null;

  readonly #eager: EagerBinding;
  readonly #handle: number;
  #read: number | undefined;
  #steps = 0;

  /** Makes the variable with the value of a tensor. */
  constructor(eager: EagerBinding, initial: number) {
    const { shape, dtype } = eager.describe(initial);
    this.shape = shape;
    this.dtype = dtype;
    this.#eager = eager;
    const [{ id }] = eager.executeOp(
      "VarHandleOp",
      [
        { name: "dtype", type: ATTRIBUTES.TYPE, value: dtype },
        { name: "shape", type: ATTRIBUTES.SHAPE, value: shape },
        { name: "shared_name", type: ATTRIBUTES.STRING, value: `variable_${count++}` },
        { name: "container", type: ATTRIBUTES.STRING, value: "" },
      ],
      [],
      1,
    );
    this.#handle = id;
    this.write(initial);
  }

  /** The id of the resource handle, as operations such as `ResourceApplyAdam` take it. */
  get handle(): number {
    return this.#handle;
  }

  /** The id of the value as it is now. */
  get id(): number {
    if (this.#read === undefined) {
      const attributes = [{ name: "dtype", type: ATTRIBUTES.TYPE, value: this.dtype }];
      this.#read = this.#eager.executeOp("ReadVariableOp", attributes, [this.#handle], 1)[0].id;
    }
    return this.#read;
  }

  /** Sets the value. */
  write(id: number): void {
    this.forgetRead();
    const attributes = [{ name: "dtype", type: ATTRIBUTES.TYPE, value: this.dtype }];
    this.#eager.executeOp("AssignVariableOp", attributes, [this.#handle, id], 0);
  }

  /** Drops the value that was read: TensorFlow copies what it updates while somebody holds it. */
  forgetRead(): void {
    if (this.#read !== undefined) this.#eager.deleteTensor(this.#read);
    this.#read = undefined;
  }

  /** Hands out the value that was read as a tensor of its own, which later updates do not change. */
  detach(): { shape: number[]; dtype: number; id: number; values: null; refCount: number } {
    const id = this.id;
    this.#read = undefined;
    return { shape: this.shape, dtype: this.dtype, id, values: null, refCount: this.refCount };
  }

  /** A captured step uses the variable from now on: it stays although its data is replaced. */
  pin(): void {
    this.#steps++;
  }

  /** The captured step is gone. */
  unpin(): void {
    this.#steps--;
    this.freeUnused();
  }

  /** Frees the variable when no tensor and no captured step uses it any more. */
  freeUnused(): void {
    if (this.refCount > 0 || this.#steps > 0) return;
    this.forgetRead();
    const attributes = [{ name: "ignore_lookup_error", type: ATTRIBUTES.BOOL, value: true }];
    this.#eager.executeOp("DestroyResourceOp", attributes, [this.#handle], 0);
    this.#eager.deleteTensor(this.#handle);
  }
}
