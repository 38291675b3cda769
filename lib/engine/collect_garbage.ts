/** Gives back at once the memory that nobody can reach any more. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Native } from "./native_library.ts";

let collect: (() => void) | undefined;

/**
 * Collects JavaScript's garbage now, and hands the memory to the system, so that TensorFlow's large
 * allocations find it in one piece. V8 does so by itself when JavaScript allocates, and a loop around
 * a captured step hardly does: the arrays that a model's first weights came from, 350 MB for four
 * blocks, would stay for hours beside TensorFlow's own copy.
 *
 * @param native The library whose allocations want one piece; left out: nothing is handed to the system.
 */
export function collectGarbage(native?: Native): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  native?.symbols.malloc_trim?.(0n);
}
