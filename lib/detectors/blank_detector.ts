/** Detectors of zeros, for counting and timing: what an operation costs does not depend on values. */
import * as tf from "@tensorflow/tfjs";
import {
  type DetectorConfiguration,
  detectorParameters,
} from "./exposing_the_deception/exposing_the_deception.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/**
 * The configuration's parameters, all zero, at once where drawing millions of numbers takes seconds.
 *
 * @param options `shared`: parameters of one shape are one variable. That is enough to count
 * operations; for timing leave it out, as real weights do not fit into the processor's caches.
 * @returns A record that the caller frees with `disposeParameters`.
 */
export function blankDetector(
  configuration: DetectorConfiguration,
  { shared = false }: { shared?: boolean } = {},
): Parameters {
  const ofShape = new Map<string, tf.Variable>();
  return Object.fromEntries(
    detectorParameters(configuration).map(({ name, shape }) => {
      const key = shared ? shape.join() : name;
      const zeros = ofShape.get(key) ?? tf.tidy(() => tf.variable(tf.zeros([...shape]), false));
      ofShape.set(key, zeros);
      return [name, zeros];
    }),
  );
}
