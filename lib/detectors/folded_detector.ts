/** A detector for inference alone: batch norms and adapters merged into the weights, held once. */
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import type { TrainedDetector } from "./detector.ts";

/** A detector with weights of its own, which it frees with `using`. */
export interface FoldedDetector<Settings extends object = object, Outputs = unknown>
  extends TrainedDetector<Settings, Outputs>, Disposable {}

/**
 * A detector that answers as the original does, up to rounding in float32, in fewer operations: what scores,
 * explains and is timed takes it in place of the original; maps of its parts are the same, too. It cannot be
 * trained. A detector that adapts to what it scores goes on learning there: of it nothing is merged.
 *
 * Its weights are its own. With `takesOver` the original's are freed as they are merged, so that there is one copy
 * at any time and nothing left to change behind its back; whoever owned them may still dispose of them. Else both
 * stay, and later changes of the original do not reach it: fold it anew.
 *
 * @example
 * ```ts
 * import { mesonet } from "lib/detectors/mesonet.ts";
 * import { presetOf } from "lib/detectors/configuration.ts";
 * import { foldedDetector } from "lib/detectors/folded_detector.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const { detector } = presetOf(mesonet, "smoke");
 * const parameters = initialiseParameters(detector.parameters, createRandom(1));
 * const pictures = tf.ones<tf.Rank.R4>([1, detector.input.size, detector.input.size, 3]);
 * const [wanted] = detector.logOdds(detector.forward(pictures, parameters)).dataSync();
 * using folded = foldedDetector({ detector, parameters }, { takesOver: true });
 * const outputs = folded.detector.forward(pictures, folded.parameters);
 * assert.ok(Math.abs(folded.detector.logOdds(outputs).dataSync()[0] - wanted) < 1e-5);
 * assert.ok(Object.values(parameters).every(({ isDisposed }) => isDisposed));
 * ```
 */
export function foldedDetector<Settings extends object, Outputs>(
  { detector, parameters }: TrainedDetector<Settings, Outputs>,
  { takesOver = false }: { takesOver?: boolean } = {},
): FoldedDetector<Settings, Outputs> {
  const adapts = detector.adaptation !== undefined;
  const kept = adapts
    ? detector.parameters.map(({ name }) => name.slice(0, name.lastIndexOf(".")))
    : detector.parts().map(({ layer }) => layer);
  const folded = foldBatchNorm(parameters, detector.parameters, { takesOver, kept });
  const forward: typeof detector.forward = (images, weights, mode) =>
    detector.forward(images, weights, { ...mode, folded: true });
  return {
    detector: adapts ? detector : Object.freeze({ ...detector, forward }),
    parameters: folded,
    [Symbol.dispose]: () => disposeParameters(folded),
  };
}
