/** Weights for a RECCE under the names that other projects gave them. */
import { ENCODER } from "../recce.ts";
import { fakeLessReal } from "./logit_difference.ts";
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import type { TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** A second Xception that DeepfakeBench's detector has and never runs. */
const IDLE = "backbone.";

/** DeepfakeBench's detector keeps its network under this name. */
const NETWORK = /^model\./;

/** ImageNet's classifier, which stays in the encoder and never runs. */
const CLASSIFIER = `${ENCODER}fc.`;

/**
 * A file with the names of `recceParameters`: the authors' without ImageNet's idle classifier, or
 * DeepfakeBench's release, which has a whole idle Xception beside it and two logits. Anything else stays,
 * so that `loadParameters` names it and refuses.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 */
export function recceStateDict(file: TensorFile): RenamedFile {
  const prefix = wrapperPrefix([...file.tensors.keys()], { own: [IDLE] });
  return renamedFile(file, (name, array) => {
    const bare = name.slice(prefix.length).replace(NETWORK, "");
    if (bare.startsWith(IDLE) || bare.startsWith(CLASSIFIER)) return undefined;
    const isTwo = /^fc\.(weight|bias)$/.test(bare) && array.shape[0] === 2;
    return { name: bare, ...isTwo ? { array: fakeLessReal(array, name) } : {} };
  });
}

/** Whether a file is a RECCE's, and not an Xception's to begin with. */
export function isRecceFile({ tensors }: TensorFile): boolean {
  return [...tensors.keys()].some((name) => /(?:^|\.)reasoning\./.test(name));
}
