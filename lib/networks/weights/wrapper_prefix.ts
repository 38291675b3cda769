/** The words that modules around a network put before all names of its state dict. */

/** DataParallel's word, torch.compile's, the usual one for a network inside another, DeepfakeBench's. */
const WRAPPERS: readonly string[] = Object.freeze(["module.", "_orig_mod.", "model.", "backbone."]);

/**
 * What stands before all names of a file and belongs to no network: `""`, `"module."`,
 * `"_orig_mod.module."`. A word that only some names begin with is part of the network.
 *
 * @param names Every name of the file.
 * @param own The names of the network that is to take them: a word that one of these begins with is its
 * own. Default: none.
 *
 * @example A compiled network that was trained on several GPUs
 * ```ts
 * import { wrapperPrefix } from "lib/networks/weights/wrapper_prefix.ts";
 * import assert from "node:assert/strict";
 *
 * const names = ["_orig_mod.module.conv1.weight", "_orig_mod.module.fc.bias"];
 * assert.equal(wrapperPrefix(names), "_orig_mod.module.");
 * assert.equal(wrapperPrefix(["model.conv1.weight", "fc.bias"]), "");
 * ```
 */
export function wrapperPrefix(
  names: readonly string[],
  { own = [] }: { readonly own?: readonly string[] } = {},
): string {
  const outer = WRAPPERS.filter((word) => !own.some((name) => name.startsWith(word)));
  let prefix = "";
  for (let next: string | undefined = ""; next !== undefined && names.length > 0;) {
    prefix += next;
    next = outer.find((word) => names.every((name) => name.startsWith(prefix + word)));
  }
  return prefix;
}
