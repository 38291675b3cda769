/** Merges batch norms and adapters into the layers that they belong to, for inference in fewer operations. */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { collectGarbage } from "lib/engine/collect_garbage.ts";
import { mergeAdapters } from "./merge_adapters.ts";
import type { Parameters, ParameterSpecification } from "./parameters.ts";

/** Numbers of freed weights at which their arrays are collected: 32 MiB; a collection takes some 50 ms. */
const WORTH_COLLECTING = 2 ** 23;

/** Where a batch norm goes. */
interface Fold {
  /** Name of the layer that is normalised. */
  readonly layer: string;
  /** Name of the batch norm. */
  readonly norm: string;
  /** What is added to the variance. */
  readonly epsilon: number;
}

/**
 * A network's parameters with every batch norm merged, by its running statistics, into the
 * convolution or linear layer before it:
 *
 *     s = scale / √(variance + ε),   W′ = s · W,   b′ = offset + s · (b − mean)
 *
 * A low-rank adapter goes into its weight (`merge_adapters.ts`). A batch norm behind an activation (`behindActivation`) stays as it is. The network run with them in the
 * mode `{ folded: true }` answers as the original does, up to rounding. A tap then sees at a convolution
 * what it saw at the batch norm behind it.
 *
 * @param parameters The variables; they stay as they are, unless they are taken over.
 * @param specifications Theirs, in order: `detector.parameters`.
 * @param options `takesOver`: frees the original variables on the way, each as soon as it is merged, so that the
 * weights are never held twice. Default false. `kept`: names of layers whose norm stays apart, as somebody
 * looks at what the layer itself says. Default: none.
 * @returns A record that the caller frees with `disposeParameters`. Changing it, or the original,
 * does not change the other.
 *
 * @example A linear layer and its batch norm become one linear layer
 * ```ts
 * import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { openLayers } from "lib/networks/layers.ts";
 * import { batchNormParameters, linearParameters } from "lib/networks/parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const specifications = [
 *   ...linearParameters("head", { inputs: 3, outputs: 2 }),
 *   ...batchNormParameters("norm", 2),
 * ];
 * const parameters = initialiseParameters(specifications, createRandom(1, "weights"));
 * const x = tf.ones<tf.Rank.R2>([1, 3]), original = openLayers(parameters, {});
 * const wanted = original.batchNorm(original.linear(x, "head"), "norm").dataSync();
 * const folded = openLayers(foldBatchNorm(parameters, specifications), { folded: true });
 * const answer = folded.batchNorm(folded.linear(x, "head"), "norm").dataSync();
 * answer.forEach((y, i) => assert.ok(Math.abs(y - wanted[i]) < 1e-6));
 * ```
 */
export function foldBatchNorm(
  parameters: Parameters,
  specifications: readonly ParameterSpecification[],
  { takesOver = false, kept = [] }: { takesOver?: boolean; kept?: readonly string[] } = {},
): Parameters {
  const folded: Parameters = {};
  let freed = 0;
  const done = (...names: string[]) => {
    if (!takesOver) return;
    const gone = names.flatMap((name) => parameters[name] ?? []).filter((one) => !one.isDisposed);
    freed += gone.reduce((sum, { size }) => sum + size, 0);
    tf.dispose(gone);
    const backend = capturingBackend();
    if (freed < WORTH_COLLECTING || !backend) return;
    freed = 0;
    collectGarbage(backend.eager.native); // the arrays that they were uploaded from
  };
  let layer = "";
  let norm = "";
  for (const { name, role, epsilon, behindActivation, adapter } of specifications) {
    if (adapter) continue;
    const owner = name.slice(0, name.lastIndexOf("."));
    if (role === "scale" && !behindActivation && !kept.includes(layer)) {
      norm = owner;
      // A batch norm's parameters stand directly after those of its layer.
      fold(folded, parameters, { layer, norm, epsilon: epsilon! });
      done(`${layer}.weight`, `${layer}.bias`);
      done(...["weight", "bias", "running_mean", "running_var"].map((part) => `${norm}.${part}`));
    } else if (owner !== norm) {
      if (!behindActivation) layer = owner; // a norm that stays is not what the next one normalises
      const { trainable } = parameters[name];
      // Of two variables of one data a captured function could not tell which it reads anew: a copy, where both stay.
      const own = takesOver ? parameters[name] as tf.Tensor : tf.mul(parameters[name], 1);
      folded[name] = tf.variable(own, trainable);
      if (!takesOver) own.dispose();
    }
  }
  mergeAdapters(folded, { parameters, specifications });
  done(...Object.keys(parameters));
  return folded;
}

/** Replaces a layer's weight and bias; the last axis of every weight is its outputs. */
function fold(folded: Parameters, parameters: Parameters, { layer, norm, epsilon }: Fold): void {
  const [weight, bias] = tf.tidy(() => {
    const variance = parameters[`${norm}.running_var`];
    const s = tf.div(parameters[`${norm}.weight`], tf.sqrt(tf.add(variance, epsilon)));
    const mean = parameters[`${norm}.running_mean`];
    const own = parameters[`${layer}.bias`];
    const shift = own ? tf.sub(own, mean) : tf.neg(mean);
    return [
      tf.mul(parameters[`${layer}.weight`], s),
      tf.add(parameters[`${norm}.bias`], tf.mul(s, shift)),
    ];
  });
  folded[`${layer}.weight`].dispose();
  folded[`${layer}.bias`]?.dispose();
  folded[`${layer}.weight`] = tf.variable(weight);
  folded[`${layer}.bias`] = tf.variable(bias);
  tf.dispose([weight, bias]);
}
