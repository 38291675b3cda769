/**
 * Python's pickle format, protocol 2, read as data: lists, dictionaries, numbers, texts, and records
 * that stand for the few names that a state dict needs. Nothing is imported or called on a file's
 * word. Which names there are is left to `torch_names.ts`.
 *
 * An own reader, because the package pickleparser 0.2.1 cannot be made safe from outside: it calls and
 * assigns to whatever the file has put on its stack, reads negative numbers as positive, fails at the
 * ten-byte number every legacy file begins with, and has no bound on what it builds.
 */
import { followInstruction } from "./pickle_instructions.ts";
import { pickleReader } from "./pickle_reader.ts";
import { pickleStack } from "./pickle_stack.ts";
import type { Pickled, PickleRules } from "./pickled_values.ts";

/** Most instructions that are followed: it bounds memory. A state dict takes about 40 for each array. */
const INSTRUCTION_LIMIT = 1_000_000;

/** The instruction that ends a pickle: its value is on top. */
const STOP = ".".charCodeAt(0);

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
  const stack = pickleStack(wrong);
  if (reader.byte() !== 0x80 || reader.byte() !== 2) {
    refuse("it holds no pickle of protocol 2", "Save it with torch.save's default protocol.");
  }
  for (let count = 0; count < INSTRUCTION_LIMIT; count++) {
    const byte = reader.byte();
    if (byte === STOP) return { value: stack.pop(), end: reader.at() };
    followInstruction(byte, { reader, stack, rules, wrong });
  }
  return wrong(`has more than ${INSTRUCTION_LIMIT} instructions`);
}
