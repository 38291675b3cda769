/** Weights for a RECCE under the names that other projects gave them. */
import { ENCODER } from "../recce.ts";
import { fakeLessReal } from "./logit_difference.ts";
import type { StoredTensor, TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** A second Xception that DeepfakeBench's detector has and never runs. */
const IDLE = "backbone.";

/** ImageNet's classifier, which stays in the encoder and never runs. */
const CLASSIFIER = `${ENCODER}fc.`;

/**
 * A file with the names of `recceParameters`: the authors' without ImageNet's idle classifier, or
 * DeepfakeBench's release, which has a whole idle Xception beside it and two logits. Anything else stays,
 * so that `loadParameters` names it and refuses.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 */
export function recceStateDict(file: TensorFile): TensorFile {
  const all = [...file.tensors], outer = wrapperPrefix(all.map(([name]) => name)).length;
  const used = all.map(([name, array]) => [name.slice(outer), array] as const)
    .filter(([name]) => !name.startsWith(IDLE));
  const inner = wrapperPrefix(used.map(([name]) => name)).length;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, array] of used) {
    const bare = name.slice(inner);
    if (bare.startsWith(CLASSIFIER)) continue;
    const isTwo = /^fc\.(weight|bias)$/.test(bare) && array.shape[0] === 2;
    tensors.set(bare, isTwo ? fakeLessReal(array, name) : array);
  }
  return { ...file, tensors };
}

/** Whether a file is a RECCE's, and not an Xception's to begin with. */
export function isRecceFile({ tensors }: TensorFile): boolean {
  return [...tensors.keys()].some((name) => /(?:^|\.)reasoning\./.test(name));
}
