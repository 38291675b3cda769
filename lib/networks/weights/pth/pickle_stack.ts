/**
 * What a pickle's instructions work on: a stack of values, groups within it, and a memory of values by
 * number. All within bounds, whatever the file says. The instructions are in `pickle_instructions.ts`.
 */
import type { Pickled } from "./pickled_values.ts";

/** Most dictionaries: an empty one takes a byte in the file and hundreds here. */
const DICTIONARY_LIMIT = 100_000;

/** Most marks that are open at once; torch.save needs five or six. */
const DEPTH_LIMIT = 64;

/** The stack of one pickle; every method refuses the file where there is not what it needs. */
export interface PickleStack {
  /** Puts a value on top. */
  push(value: Pickled): void;
  /** Takes the topmost value. */
  pop(): Pickled;
  /** The topmost value, which stays. */
  top(): Pickled;
  /** Takes the topmost values, the lowest first. */
  last(count: number): Pickled[];
  /** Begins a group. */
  mark(): void;
  /** Ends the group that was begun last, and takes its values. */
  sinceMark(): Pickled[];
  /** Adds values to the list on top. */
  append(items: Pickled[]): void;
  /** Sets entries of the dictionary on top: key, value, key, value … */
  setEntries(items: Pickled[]): void;
  /** A new, empty dictionary; it is not put on the stack. */
  dictionary(): Map<Pickled, Pickled>;
  /** Keeps the topmost value under a number. */
  keep(index: number): void;
  /** The value that was kept under a number. */
  recall(index: number): Pickled;
}

/**
 * An empty stack.
 *
 * @param wrong How the file is refused: what its pickle does, as a clause such as "is nested too deeply".
 */
export function pickleStack(wrong: (what: string) => never): PickleStack {
  const memo = new Map<number, Pickled>();
  const outer: Pickled[][] = [];
  let stack: Pickled[] = [], dictionaries = 0;

  const pop = () => stack.length > 0 ? stack.pop()! : wrong("takes a value that is not there");
  const top = () => stack.length > 0 ? stack.at(-1)! : wrong("takes a value that is not there");
  return {
    push: (value) => void stack.push(value),
    pop,
    top,
    last: (count) => Array.from({ length: count }, pop).reverse(),
    mark() {
      if (outer.push(stack) > DEPTH_LIMIT) wrong("is nested too deeply");
      stack = [];
    },
    sinceMark() {
      const items = stack;
      stack = outer.pop() ?? wrong("ends a group that never began");
      return items;
    },
    append(items) {
      const list = top();
      if (!Array.isArray(list)) return wrong("appends to what is no list");
      for (const item of items) list.push(item);
    },
    setEntries(items) {
      const entries = top();
      if (!(entries instanceof Map) || items.length % 2 !== 0) {
        return wrong("sets an entry of what is no dictionary");
      }
      for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
    },
    dictionary: () =>
      ++dictionaries > DICTIONARY_LIMIT ? wrong("is full of dictionaries") : new Map(),
    keep: (index) => void memo.set(index, top()),
    recall: (index) =>
      memo.has(index) ? memo.get(index) as Pickled : wrong("recalls what it never kept"),
  };
}
