/**
 * The contract with TensorFlow.js's native kernels: the object they call `binding`. One keeps to it
 * by running operations (eager_binding.ts), the other by recording them (operation_recorder.ts).
 */

/** Element types by TensorFlow's numbers (tensorflow/core/framework/types.proto). */
export const TYPES = {
  FLOAT: 1,
  INT32: 3,
  UINT8: 4,
  STRING: 7,
  COMPLEX64: 8,
  INT64: 9,
  BOOL: 10,
  BFLOAT16: 14,
  RESOURCE: 20,
} as const;

/** What users call the element type of that number. */
export function typeName(dtype: number): string {
  const names: Record<number, string> = {
    [TYPES.FLOAT]: "float32",
    [TYPES.INT32]: "int32",
    [TYPES.UINT8]: "uint8",
    [TYPES.STRING]: "string",
    [TYPES.COMPLEX64]: "complex64",
    [TYPES.INT64]: "int64",
    [TYPES.BOOL]: "bool",
    [TYPES.BFLOAT16]: "bfloat16",
    [TYPES.RESOURCE]: "variable",
  };
  return names[dtype] ?? `type ${dtype}`;
}

/** Kinds of an operation's attributes by TensorFlow's numbers (c/tf_attrtype.h). */
export const ATTRIBUTES = { STRING: 0, INT: 1, FLOAT: 2, BOOL: 3, TYPE: 4, SHAPE: 5 } as const;

/** One attribute of an operation; an array value is a list, except for a shape. */
export interface Attribute {
  /** Its name in the operation's definition. */
  readonly name: string;
  /** One of `ATTRIBUTES`. */
  readonly type: number;
  /** Number, flag, text or bytes, or an array of them. */
  readonly value: unknown;
}

/** Shape and element type of a tensor. */
export interface TensorDescription {
  /** Length along each axis. */
  readonly shape: number[];
  /** One of `TYPES`. */
  readonly dtype: number;
}

/** What is known of a tensor without its values. */
export interface TensorMetadata extends TensorDescription {
  /** The binding's number for it: 0 or more when it exists, below 0 while recorded. */
  readonly id: number;
}

/** Values of a tensor in JavaScript. */
export type Values =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>[];

/** What TensorFlow.js's native kernels call. */
export interface Binding {
  /** A tensor from values; its id. */
  createTensor(shape: number[], dtype: number, values: Values): number;
  /** Forgets a tensor. */
  deleteTensor(id: number): void;
  /** A tensor's values. */
  tensorDataSync(id: number): Values;
  /** Runs, or records, an operation. */
  executeOp(
    name: string,
    attributes: Attribute[],
    inputs: number[],
    outputs: number,
  ): TensorMetadata[];
  /** Whether tensors live on a graphics processor. */
  isUsingGpuDevice(): boolean;
}

/** The numbers that the kernels read from their binding. */
export const BINDING_CONSTANTS = {
  TF_FLOAT: TYPES.FLOAT,
  TF_INT32: TYPES.INT32,
  TF_INT64: TYPES.INT64,
  TF_BOOL: TYPES.BOOL,
  TF_COMPLEX64: TYPES.COMPLEX64,
  TF_STRING: TYPES.STRING,
  TF_RESOURCE: TYPES.RESOURCE,
  TF_UINT8: TYPES.UINT8,
  TF_ATTR_STRING: ATTRIBUTES.STRING,
  TF_ATTR_INT: ATTRIBUTES.INT,
  TF_ATTR_FLOAT: ATTRIBUTES.FLOAT,
  TF_ATTR_BOOL: ATTRIBUTES.BOOL,
  TF_ATTR_TYPE: ATTRIBUTES.TYPE,
  TF_ATTR_SHAPE: ATTRIBUTES.SHAPE,
} as const;
