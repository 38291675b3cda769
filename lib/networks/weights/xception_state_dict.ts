/**
 * The weights of an Xception under the names that other projects gave them. The network is the same
 * in all of them; how a file enters it is in `state_dict.ts`.
 */
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import type { TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** A layer that DeepfakeBench's network has and, as Xception, never runs. */
const IDLE = "adjust_channel.";

/** The classifier: of Cadene's file and timm, and behind a dropout. */
const CLASSIFIER = /^(?:fc|last_linear\.1)\.(?=weight$|bias$)/;

/**
 * A file with the names and shapes of `xceptionParameters`. What differs in
 *
 * - Cadene's ImageNet file `xception-b5690688.pth`: the classifier is `fc`, 1×1 convolutions have two axes
 * - timm's `legacy_xception`: the classifier is `fc`
 * - DeepfakeBench: all stands under `backbone`, with an idle layer `adjust_channel`
 * - FaceForensics++: all stands under `model`
 * - both, and those who built on them, where they train with dropout: the classifier is `last_linear.1`
 *
 * is made equal; `unused` names the idle layer's arrays. Anything else stays, so that `loadParameters` names it and refuses.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 * @throws TypeError when two arrays would have the same name: there are two classifiers.
 *
 * @example ImageNet's weights without ImageNet's classifier
 * ```ts
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { loadParameters, storeParameters } from "lib/networks/weights/state_dict.ts";
 * import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
 * import { xceptionParameters } from "lib/networks/xception.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const make = (classes: number) =>
 *   initialiseParameters(xceptionParameters({ classes, width: 1 / 32 }), createRandom(classes));
 * const file = await storeParameters(make(1000)); // or readStateDict("xception-b5690688.pth")
 *
 * const detector = make(2);
 * const { "last_linear.weight": weight, "last_linear.bias": bias, ...rest } = detector;
 * const { loaded } = loadParameters(rest, xceptionStateDict(file), { skip: ["last_linear."] });
 * assert.equal(loaded.length, Object.keys(detector).length - 2);
 * assert.deepEqual([weight.shape, bias.shape], [[64, 2], [2]]);
 * ```
 */
export function xceptionStateDict(file: TensorFile): RenamedFile {
  const prefix = wrapperPrefix([...file.tensors.keys()]);
  return renamedFile(file, (name, array) => {
    const bare = name.slice(prefix.length);
    if (bare.startsWith(IDLE)) return undefined;
    const flat = bare.endsWith(".pointwise.weight") && array.shape.length === 2;
    return {
      name: bare.replace(CLASSIFIER, "last_linear."),
      array: flat ? { ...array, shape: [...array.shape, 1, 1] } : array,
    };
  });
}
