/**
 * What a pickle can hold here: plain data, and records that stand for the few names that are known. How
 * it is read is left to `pickle.ts`.
 */
import type { Refuse } from "./pth_bytes.ts";

/** A record that stands for something that is not plain data. */
export interface PickleObject {
  /** What it stands for. */
  readonly kind: "name" | "storage" | "tensor";
}

/** What a pickle can hold. Tuples and lists are both arrays, every dictionary is a `Map`. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickleObject;

/** A name of Python's that is known here. */
export interface PickleName extends PickleObject {
  /** Always "name". */
  readonly kind: "name";
  /** In full, such as `collections.OrderedDict`. */
  readonly name: string;
  /** What stands for the result of calling it; absent when it cannot be called. */
  readonly make?: (values: Pickled[]) => Pickled;
}

/** What a pickle may say beyond plain data. */
export interface PickleRules {
  /** How the file is refused. */
  readonly refuse: Refuse;
  /** The names that are known, in full; any other one is refused. */
  readonly names: ReadonlyMap<string, PickleName>;
  /** What stands for an object that is kept outside the pickle. */
  readonly outside: (identifier: Pickled) => PickleObject;
  /** Called where attributes are set on a value. They are not kept: this only refuses. */
  readonly checkState: (value: Pickled, state: Pickled) => void;
}

/** Whether a value stands for a name. */
export function isName(value: Pickled): value is PickleName {
  return isObject(value) && value.kind === "name";
}

/** Whether a value is a record that stands for something, and no plain data. */
export function isObject(value: Pickled): value is PickleObject {
  return typeof value === "object" && value !== null && "kind" in value;
}
