/**
 * Python's pickle format, protocol 2, read as data: lists, dictionaries, numbers, texts, and records
 * that stand for the few names that a state dict needs. Nothing is imported or called on a file's
 * word. Which names there are is left to `torch_names.ts`.
 *
 * An own reader, because the package pickleparser 0.2.1 cannot be made safe from outside: it calls and
 * assigns to whatever the file has put on its stack, reads negative numbers as positive, fails at the
 * ten-byte number every legacy file begins with, and has no bound on what it builds.
 */
import { pickleReader } from "./pickle_reader.ts";
import { quoted, type Refuse } from "./pth_bytes.ts";

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

/** Most instructions that are followed: it bounds memory. A state dict takes about 40 for each array. */
const INSTRUCTION_LIMIT = 1_000_000;

/** Most dictionaries: an empty one takes a byte in the file and hundreds here. */
const DICTIONARY_LIMIT = 100_000;

/** Most marks that are open at once; torch.save needs five or six. */
const DEPTH_LIMIT = 64;

/**
 * Reads one pickle.
 *
 * @param bytes The pickle, and whatever follows it.
 * @returns Its value and the index of the first byte behind it.
 * @throws TypeError when it is cut off or malformed, uses a name or an instruction that state dicts do
 * not need, or is larger or more deeply nested than any.
 *
 * @example A dictionary; a name that is not known
 * ```ts
 * import { parsePickle } from "lib/networks/weights/pth/pickle.ts";
 * import assert from "node:assert/strict";
 *
 * const refuse = (why: string): never => { throw new TypeError(why); };
 * const rules = { refuse, names: new Map(), outside: () => refuse("outside"), checkState: () => {} };
 * const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
 *
 * const { value } = parsePickle(bytes("\x80\x02}X\x05\0\0\0epochK\x03s."), { rules });
 * assert.deepEqual(value, new Map([["epoch", 3]]));
 * const hostile = bytes("\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.");
 * assert.throws(() => parsePickle(hostile, { rules }), /"os.system"/);
 * ```
 */
export function parsePickle(
  bytes: Uint8Array,
  { begin = 0, rules }: { begin?: number; rules: PickleRules },
): { value: Pickled; end: number } {
  const { refuse } = rules;
  const reader = pickleReader(bytes, { begin, refuse });
  const wrong = (what: string): never => refuse(`its pickle ${what}, ${reader.place()}`);
  const memo = new Map<number, Pickled>();
  const outer: Pickled[][] = [];
  let stack: Pickled[] = [], dictionaries = 0;

  const pop = () => stack.length > 0 ? stack.pop()! : wrong("takes a value that is not there");
  const top = () => stack.length > 0 ? stack.at(-1)! : wrong("takes a value that is not there");
  const last = (count: number) => Array.from({ length: count }, pop).reverse();
  const sinceMark = () => {
    const items = stack;
    stack = outer.pop() ?? wrong("ends a group that never began");
    return items;
  };
  const append = (items: Pickled[]) => {
    const list = top();
    if (!Array.isArray(list)) return wrong("appends to what is no list");
    for (const item of items) list.push(item);
  };
  const set = (items: Pickled[]) => {
    const entries = top();
    if (!(entries instanceof Map) || items.length % 2 !== 0) {
      return wrong("sets an entry of what is no dictionary");
    }
    for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
  };
  const recall = (index: number) =>
    memo.has(index) ? memo.get(index) as Pickled : wrong("recalls what it never kept");
  const find = () => {
    const full = `${reader.line()}.${reader.line()}`;
    return rules.names.get(full) ?? refuse(
      `its pickle names ${quoted(full)}, none of the few that are known here; it was not run`,
      "If you trust the file, load it in PyTorch and save only model.state_dict(), of usual tensors.",
    );
  };
  const call = () => {
    const [called, values] = last(2);
    return isName(called) && called.make && Array.isArray(values)
      ? called.make(values)
      : wrong("calls what cannot be called");
  };

  /** Instructions that put a value on the stack. */
  const values = new Map<string, () => Pickled>([
    ["N", () => null],
    ["\x88", () => true],
    ["\x89", () => false],
    ["K", reader.byte],
    ["M", reader.uint16],
    ["J", reader.int32],
    ["\x8a", () => reader.long(reader.byte())],
    ["G", reader.float64],
    ["X", () => reader.text(reader.uint32())],
    ["U", () => reader.text(reader.byte())], // Python 2 wrote texts so
    [")", () => []],
    ["\x85", () => last(1)],
    ["\x86", () => last(2)],
    ["\x87", () => last(3)],
    ["t", sinceMark],
    ["]", () => []],
    ["}", () => ++dictionaries > DICTIONARY_LIMIT ? wrong("is full of dictionaries") : new Map()],
    ["h", () => recall(reader.byte())],
    ["j", () => recall(reader.uint32())],
    ["c", find],
    ["R", call],
    ["Q", () => rules.outside(pop())],
  ]);
  /** Instructions that change what is there. */
  const changes = new Map<string, () => void>([
    ["(", () => {
      if (outer.push(stack) > DEPTH_LIMIT) wrong("is nested too deeply");
      stack = [];
    }],
    ["a", () => append(last(1))],
    ["e", () => append(sinceMark())],
    ["s", () => set(last(2))],
    ["u", () => set(sinceMark())],
    ["q", () => void memo.set(reader.byte(), top())],
    ["r", () => void memo.set(reader.uint32(), top())],
    ["b", () => {
      const state = pop();
      rules.checkState(top(), state);
    }],
  ]);

  if (reader.byte() !== 0x80 || reader.byte() !== 2) {
    refuse("it holds no pickle of protocol 2", "Save it with torch.save's default protocol.");
  }
  for (let count = 0; count < INSTRUCTION_LIMIT; count++) {
    const byte = reader.byte(), code = String.fromCharCode(byte);
    if (code === ".") return { value: pop(), end: reader.at() };
    const make = values.get(code);
    const change = changes.get(code) ??
      (() => wrong(`has the instruction 0x${byte.toString(16)}, which no state dict needs`));
    const made = make ? make() : change(); // may change which stack is the present one
    if (made !== undefined) stack.push(made);
  }
  return wrong(`has more than ${INSTRUCTION_LIMIT} instructions`);
}

/** Whether a value stands for a name. */
export function isName(value: Pickled): value is PickleName {
  return isObject(value) && value.kind === "name";
}

/** Whether a value is a record that stands for something, and no plain data. */
export function isObject(value: Pickled): value is PickleObject {
  return typeof value === "object" && value !== null && "kind" in value;
}
