/** Handing an operation's attributes to TensorFlow, for running it now and for recording it. */
import { type Attribute, ATTRIBUTES } from "./kernel_binding.ts";
import type { Native } from "./native_library.ts";

const encoder = new TextEncoder();

/** int64 values; an empty list still needs an address. */
function int64s(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new BigInt64Array(Math.max(1, values.length));
  values.forEach((v, i) => out[i] = BigInt(Math.trunc(v)));
  return new Uint8Array(out.buffer);
}

const int32s = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer);
const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
const flags = (values: readonly boolean[]) => Uint8Array.from(values, (v) => v ? 1 : 0);
const words = (values: readonly bigint[]) =>
  new Uint8Array(BigUint64Array.from(values.length > 0 ? values : [0n]).buffer);

/** How one kind of receiver takes attributes: an eager operation, or a node of a graph. */
interface Setters {
  string(name: bigint, bytes: Uint8Array<ArrayBuffer>): void;
  strings(name: bigint, addresses: bigint[], lengths: bigint[]): void;
  int(name: bigint, value: bigint): void;
  ints(name: bigint, values: readonly number[]): void;
  float(name: bigint, value: number): void;
  floats(name: bigint, values: readonly number[]): void;
  bool(name: bigint, value: boolean): void;
  bools(name: bigint, values: readonly boolean[]): void;
  type(name: bigint, value: number): void;
  types(name: bigint, values: readonly number[]): void;
  shape(name: bigint, dimensions: readonly number[]): void;
}

function setAttribute(native: Native, set: Setters, { name, type, value }: Attribute): void {
  const key = native.cstring(name), list = Array.isArray(value);
  switch (type) {
    case ATTRIBUTES.STRING:
      if (list) {
        const texts = value as string[];
        set.strings(
          key,
          texts.map((t) => native.cstring(t)),
          texts.map((t) => BigInt(encoder.encode(t).length)),
        );
      } else {
        const bytes = typeof value === "string" ? encoder.encode(value) : value;
        set.string(key, bytes as Uint8Array<ArrayBuffer>);
      }
      break;
    case ATTRIBUTES.INT:
      if (list) set.ints(key, value as number[]);
      else set.int(key, BigInt(Math.trunc(value as number)));
      break;
    case ATTRIBUTES.FLOAT:
      if (list) set.floats(key, value as number[]);
      else set.float(key, value as number);
      break;
    case ATTRIBUTES.BOOL:
      if (list) set.bools(key, value as boolean[]);
      else set.bool(key, Boolean(value));
      break;
    case ATTRIBUTES.TYPE:
      if (list) set.types(key, value as number[]);
      else set.type(key, value as number);
      break;
    case ATTRIBUTES.SHAPE:
      set.shape(key, value as number[]);
      break;
    default:
      throw new TypeError(`Attribute ${name} is of kind ${type}, which the engine does not know.`);
  }
}

/** Sets attributes of an eager operation (`TFE_Op*`). */
export function setEagerAttributes(native: Native, op: bigint, attributes: Attribute[]): void {
  const { symbols: s, status } = native;
  const set: Setters = {
    string: (k, v) => s.TFE_OpSetAttrString(op, k, v, BigInt(v.length)),
    strings: (k, a, n) => s.TFE_OpSetAttrStringList(op, k, words(a), words(n), a.length),
    int: (k, v) => s.TFE_OpSetAttrInt(op, k, v),
    ints: (k, v) => s.TFE_OpSetAttrIntList(op, k, int64s(v), v.length),
    float: (k, v) => s.TFE_OpSetAttrFloat(op, k, v),
    floats: (k, v) => s.TFE_OpSetAttrFloatList(op, k, floats(v), v.length),
    bool: (k, v) => s.TFE_OpSetAttrBool(op, k, v ? 1 : 0),
    bools: (k, v) => s.TFE_OpSetAttrBoolList(op, k, flags(v), v.length),
    type: (k, v) => s.TFE_OpSetAttrType(op, k, v),
    types: (k, v) => s.TFE_OpSetAttrTypeList(op, k, int32s(v), v.length),
    shape: (k, v) => {
      s.TFE_OpSetAttrShape(op, k, int64s(v), v.length, status);
      native.check("TFE_OpSetAttrShape");
    },
  };
  for (const attribute of attributes) setAttribute(native, set, attribute);
}

/** Sets attributes of a node that is being added to a graph (`TF_OperationDescription*`). */
export function setNodeAttributes(native: Native, node: bigint, attributes: Attribute[]): void {
  const { symbols: s } = native;
  const set: Setters = {
    string: (k, v) => s.TF_SetAttrString(node, k, v, BigInt(v.length)),
    strings: (k, a, n) => s.TF_SetAttrStringList(node, k, words(a), words(n), a.length),
    int: (k, v) => s.TF_SetAttrInt(node, k, v),
    ints: (k, v) => s.TF_SetAttrIntList(node, k, int64s(v), v.length),
    float: (k, v) => s.TF_SetAttrFloat(node, k, v),
    floats: (k, v) => s.TF_SetAttrFloatList(node, k, floats(v), v.length),
    bool: (k, v) => s.TF_SetAttrBool(node, k, v ? 1 : 0),
    bools: (k, v) => s.TF_SetAttrBoolList(node, k, flags(v), v.length),
    type: (k, v) => s.TF_SetAttrType(node, k, v),
    types: (k, v) => s.TF_SetAttrTypeList(node, k, int32s(v), v.length),
    shape: (k, v) => s.TF_SetAttrShape(node, k, int64s(v), v.length),
  };
  for (const attribute of attributes) setAttribute(native, set, attribute);
}
