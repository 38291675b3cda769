/** Lets V8 free at once what nobody can reach any more. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Collects JavaScript's garbage now. V8 does so by itself when JavaScript allocates, and a loop around
 * a captured step hardly does: the arrays that a model's first weights came from, 350 MB for four
 * blocks, would stay for hours beside TensorFlow's own copy.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
