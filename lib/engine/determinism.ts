/**
 * TensorFlow's switch for operations that give the same bits each time. On a GPU sums are else added in whatever
 * order their threads come to, and cuDNN chooses the fastest algorithm by a race.
 */
import type { Native } from "./native_library.ts";

/**
 * Turns the switch, for the whole process, as Python's `tf.config.experimental.enable_op_determinism` does: before
 * the first operation. One without such a kernel is refused by TensorFlow from then on, by its name.
 *
 * @throws Error when the library has no such switch.
 */
export function requireDeterminism({ symbols, path }: Native): void {
  if (symbols.requireDeterminism) return symbols.requireDeterminism(true);
  throw new Error(
    `${path} has no switch for determinism: leave it out, and set TF_DETERMINISTIC_OPS=1 in the environment.`,
  );
}

/** Whether TensorFlow requires it, be it by the switch or by `TF_DETERMINISTIC_OPS=1`. */
export function isDeterministic({ symbols }: Native): boolean {
  return symbols.isDeterminismRequired?.() ?? false;
}
