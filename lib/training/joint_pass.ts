/**
 * A pass over a batch that is divided among devices: the loss of the whole batch and its gradients, on every
 * device. Alone, a pass stays what it is.
 */
import * as tf from "@tensorflow/tfjs";
import type { Detector } from "lib/detectors/detector.ts";
import { meansOverDevices, membership } from "lib/engine/collectives.ts";

/** What a pass over a device's part gives. */
interface Pass {
  readonly total: tf.Scalar;
  readonly terms: Readonly<Record<string, tf.Tensor>>;
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  readonly updates: Readonly<Record<string, tf.Tensor>>;
}

/** Entries under names of their own. */
const under = (word: string, of: Readonly<Record<string, tf.Tensor>>) =>
  Object.entries(of).map(([name, tensor]) => [`${word} ${name}`, tensor] as const);

/**
 * The means over all devices of what each found in its part: loss, terms and gradients, and new values of
 * buffers, so that running statistics stay alike everywhere.
 */
export function meanOfDevices<Of extends Pass>(pass: Of): Of {
  if (membership().size === 1) return pass;
  const { total, terms, gradients, updates } = pass;
  const means = meansOverDevices(Object.fromEntries([
    ["total", total],
    ...under("term", terms),
    ...under("update", updates),
    ...under("gradient", gradients),
  ]));
  const own = <Record_ extends Readonly<Record<string, tf.Tensor>>>(word: string, of: Record_) =>
    Object.fromEntries(Object.keys(of).map((name) => [name, means[`${word} ${name}`]])) as Record_;
  return {
    ...pass,
    total: means.total as tf.Scalar,
    terms: own("term", terms),
    updates: own("update", updates),
    gradients: own("gradient", gradients),
  };
}
