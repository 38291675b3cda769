/** Parameters of zeros: for counting and timing, and to be filled from a file. */
import * as tf from "@tensorflow/tfjs";
import { isTrained, type Parameters } from "lib/networks/parameters.ts";
import type { Detector } from "./detector.ts";

/**
 * A detector's parameters, all zero, at once where drawing millions of numbers takes seconds.
 *
 * @param options `shared`: parameters of one shape are one variable. That is enough to count
 * operations; for timing leave it out, as real weights do not fit into the processor's caches.
 * @returns A record that the caller frees with `disposeParameters`.
 */
export function blankParameters(
  { parameters }: Pick<Detector, "parameters">,
  { shared = false }: { shared?: boolean } = {},
): Parameters {
  const ofShape = new Map<string, tf.Variable>();
  return Object.fromEntries(parameters.map((specification) => {
    const { name, shape } = specification, key = shared ? shape.join() : name;
    const zeros = ofShape.get(key) ??
      tf.tidy(() => tf.variable(tf.zeros([...shape]), isTrained(specification)));
    ofShape.set(key, zeros);
    return [name, zeros];
  }));
}
