/**
 * The instructions of Python's pickle format, protocol 2, that state dicts need, a line each. A name is
 * looked up among the few that are known; nothing is imported or called on a file's word.
 */
import { isName, type Pickled, type PickleName, type PickleRules } from "./pickled_values.ts";
import type { PickleReader } from "./pickle_reader.ts";
import type { PickleStack } from "./pickle_stack.ts";
import { quoted } from "./pth_bytes.ts";

/** What an instruction works with. */
export interface Unpickling {
  /** Reads what follows the instruction. */
  readonly reader: PickleReader;
  /** The values so far. */
  readonly stack: PickleStack;
  /** What may be said beyond plain data. */
  readonly rules: PickleRules;
  /** Refuses the file, with the place: what its pickle does, as a clause. */
  readonly wrong: (what: string) => never;
}

/** Instructions that put a value on the stack. */
const VALUES = new Map<string, (work: Unpickling) => Pickled>([
  ["N", () => null],
  ["\x88", () => true],
  ["\x89", () => false],
  ["K", ({ reader }) => reader.byte()],
  ["M", ({ reader }) => reader.uint16()],
  ["J", ({ reader }) => reader.int32()],
  ["\x8a", ({ reader }) => reader.long(reader.byte())],
  ["G", ({ reader }) => reader.float64()],
  ["X", ({ reader }) => reader.text(reader.uint32())],
  ["U", ({ reader }) => reader.text(reader.byte())], // Python 2 wrote texts so
  [")", () => []],
  ["\x85", ({ stack }) => stack.last(1)],
  ["\x86", ({ stack }) => stack.last(2)],
  ["\x87", ({ stack }) => stack.last(3)],
  ["t", ({ stack }) => stack.sinceMark()],
  ["]", () => []],
  ["}", ({ stack }) => stack.dictionary()],
  ["h", ({ reader, stack }) => stack.recall(reader.byte())],
  ["j", ({ reader, stack }) => stack.recall(reader.uint32())],
  ["c", knownName],
  ["R", resultOfCall],
  ["Q", ({ stack, rules }) => rules.outside(stack.pop())],
]);

/** Instructions that change what is there. */
const CHANGES = new Map<string, (work: Unpickling) => void>([
  ["(", ({ stack }) => stack.mark()],
  ["a", ({ stack }) => stack.append(stack.last(1))],
  ["e", ({ stack }) => stack.append(stack.sinceMark())],
  ["s", ({ stack }) => stack.setEntries(stack.last(2))],
  ["u", ({ stack }) => stack.setEntries(stack.sinceMark())],
  ["q", ({ reader, stack }) => stack.keep(reader.byte())],
  ["r", ({ reader, stack }) => stack.keep(reader.uint32())],
  ["b", ({ stack, rules }) => {
    const state = stack.pop();
    rules.checkState(stack.top(), state);
  }],
]);

/** Follows the instruction that a byte stands for. */
export function followInstruction(byte: number, work: Unpickling): void {
  const code = String.fromCharCode(byte);
  const value = VALUES.get(code), change = CHANGES.get(code);
  if (value) work.stack.push(value(work));
  else if (change) change(work);
  else work.wrong(`has the instruction 0x${byte.toString(16)}, which no state dict needs`);
}

function knownName({ reader, rules }: Unpickling): PickleName {
  const full = `${reader.line()}.${reader.line()}`;
  return rules.names.get(full) ?? rules.refuse(
    `its pickle names ${quoted(full)}, none of the few that are known here; it was not run`,
    "If you trust the file, load it in PyTorch and save only model.state_dict(), of usual tensors.",
  );
}

function resultOfCall({ stack, wrong }: Unpickling): Pickled {
  const [called, values] = stack.last(2);
  return isName(called) && called.make && Array.isArray(values)
    ? called.make(values)
    : wrong("calls what cannot be called");
}
