/**
 * The names of Python's that PyTorch's state dicts use, and the records that they become here: storages
 * (a run of numbers in the file) and tensors (a view of a storage). Reading the numbers is left to
 * `pth_tensors.ts`.
 */
import type { ElementType } from "../safetensors.ts";
import {
  isName,
  isObject,
  type Pickled,
  type PickleName,
  type PickleObject,
  type PickleRules,
} from "./pickled_values.ts";
import { quoted, type Refuse } from "./pth_bytes.ts";

/** A run of numbers that is kept outside the pickle. */
export interface StorageReference extends PickleObject {
  /** Always "storage". */
  readonly kind: "storage";
  /** By which it is found. */
  readonly key: string;
  /** Type of its elements. */
  readonly type: ElementType;
  /** How many elements it claims to have. */
  readonly count: number;
}

/** A tensor as a view of a storage. Its numbers come from the file and are not yet checked. */
export interface TensorReference extends PickleObject {
  /** Always "tensor". */
  readonly kind: "tensor";
  /** Where its elements are. */
  readonly storage: StorageReference;
  /** The storage's element at which it begins. */
  readonly offset: number;
  /** Length along each axis. */
  readonly shape: readonly number[];
  /** Elements from one place to the next along each axis. */
  readonly strides: readonly number[];
}

/** Storage classes that are read. Complex, quantised and 8-bit floating-point ones are not. */
const STORAGE_TYPES: Readonly<Record<string, ElementType>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

interface StorageName extends PickleName {
  readonly type: ElementType;
}

/** Most axes that a tensor may have, as in PyTorch. */
const AXES_LIMIT = 64;

/** Most entries of dictionaries that are made of lists. */
const PAIRS_LIMIT = 1_000_000;

/** Whether a value stands for a tensor. */
export function isTensor(value: Pickled | undefined): value is TensorReference {
  return value !== undefined && isObject(value) && value.kind === "tensor";
}

/**
 * What a pickle of PyTorch's may say.
 *
 * @returns The rules, and the storages that were mentioned so far under rules that were followed.
 */
export function torchRules(
  refuse: Refuse,
): { rules: PickleRules; storages: ReadonlyMap<string, StorageReference> } {
  const storages = new Map<string, StorageReference>();
  let pairs = 0; // in all: one list can be made into many dictionaries
  const dictionary = ([list = []]: Pickled[]) => {
    pairs += isArray(list) ? list.length : 0;
    return pairs > PAIRS_LIMIT ? refuse("it is full of dictionaries") : fromPairs(list, refuse);
  };
  const names = [
    { kind: "name", name: "collections.OrderedDict", make: dictionary },
    { kind: "name", name: "torch._utils._rebuild_tensor", make: (v) => tensor(v, refuse) },
    { kind: "name", name: "torch._utils._rebuild_tensor_v2", make: (v) => tensor(v, refuse) },
    { kind: "name", name: "torch._utils._rebuild_parameter", make: (v) => parameter(v, refuse) },
    { kind: "name", name: "torch.nn.parameter.Parameter", make: (v) => parameter(v, refuse) },
    ...Object.entries(STORAGE_TYPES).map(([name, type]): StorageName => (
      { kind: "name", name: `torch.${name}`, type }
    )),
  ] satisfies PickleName[];
  const rules: PickleRules = {
    refuse,
    names: new Map(names.map((name) => [name.name, name])),
    outside: (identifier) => storage(identifier, { storages, refuse }),
    checkState(value, state) {
      // An ordered dictionary's attributes (PyTorch keeps versions of modules there), or what old
      // parameters have besides their numbers: requires_grad, volatile, hooks.
      const known = value instanceof Map || isTensor(value) && isArray(state) && state.length === 3;
      if (!known) refuse("its pickle sets attributes of what has none");
    },
  };
  return { rules, storages };
}

/** `Array.isArray` that narrows a pickled value. */
function isArray(value: Pickled): value is Pickled[] {
  return Array.isArray(value);
}

function wholeNumber(value: Pickled, what: string, refuse: Refuse): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(`${what} is ${describe(value)}, not a whole number from 0 on`);
}

function wholeNumbers(value: Pickled, what: string, refuse: Refuse): number[] {
  return isArray(value) && value.length <= AXES_LIMIT
    ? value.map((item) => wholeNumber(item, what, refuse))
    : refuse(`${what} is ${describe(value)}, not a short list of numbers`);
}

/** A storage by what `torch.save` keeps of it: ("storage", class, key, device, count[, view]). */
function storage(
  identifier: Pickled,
  { storages, refuse }: { storages: Map<string, StorageReference>; refuse: Refuse },
): StorageReference {
  if (!isArray(identifier)) return refuse("its pickle refers to something outside by no tuple");
  const [what, type, key, , count, view = null] = identifier;
  if (what === "module") {
    refuse("it holds a whole model", "In PyTorch, save model.state_dict() instead of the model.");
  }
  if (what !== "storage" || !isName(type) || !("type" in type) || typeof key !== "string") {
    return refuse("its pickle refers to something outside that is no storage");
  }
  if (view !== null) {
    refuse("it has a storage that is part of another", "Load and save it in a newer PyTorch.");
  }
  const found: StorageReference = {
    kind: "storage",
    key,
    type: (type as StorageName).type,
    count: wholeNumber(count, `the size of storage ${quoted(key)}`, refuse),
  };
  const known = storages.get(key) ?? found;
  if (known.type !== found.type || known.count !== found.count) {
    refuse(`its storage ${quoted(key)} has two types or sizes`);
  }
  storages.set(key, known);
  return known;
}

/** (storage, offset, shape, strides[, requires_grad, hooks[, metadata]]). */
function tensor(values: Pickled[], refuse: Refuse): TensorReference {
  const [from, offset, shape, strides, , , metadata = null] = values;
  if (!isObject(from) || from.kind !== "storage") return refuse("a tensor in it has no storage");
  if (metadata !== null && !(metadata instanceof Map && metadata.size === 0)) {
    refuse("a tensor in it is kept negated or conjugated", "Call resolve_neg() before saving.");
  }
  const rebuilt: TensorReference = {
    kind: "tensor",
    storage: from as StorageReference,
    offset: wholeNumber(offset, "a tensor's offset", refuse),
    shape: wholeNumbers(shape, "a tensor's length", refuse),
    strides: wholeNumbers(strides, "a tensor's stride", refuse),
  };
  if (rebuilt.shape.length !== rebuilt.strides.length) {
    refuse(`a tensor in it has the shape [${rebuilt.shape}] and strides [${rebuilt.strides}]`);
  }
  return rebuilt;
}

/** (tensor[, requires_grad, hooks]). */
function parameter([data = null]: Pickled[], refuse: Refuse): TensorReference {
  return isTensor(data) ? data : refuse("a parameter in it has no tensor");
}

/** A dictionary of a list of pairs, as Python 2 wrote ordered ones. */
function fromPairs(list: Pickled, refuse: Refuse): Map<Pickled, Pickled> {
  if (!isArray(list)) return refuse("a dictionary in it is made of what is no list");
  return new Map(
    list.map((pair) =>
      isArray(pair) && pair.length === 2
        ? [pair[0], pair[1]]
        : refuse("a dictionary in it is made of what are no pairs")
    ),
  );
}

/** A value in a few words, for errors. */
export function describe(value: Pickled): string {
  if (value === null) return "None";
  if (typeof value === "string") return `the text ${quoted(value)}`;
  if (isArray(value)) return `a list or tuple of ${value.length}`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  if (isObject(value)) return `a ${value.kind}`;
  return String(value).slice(0, 100);
}
