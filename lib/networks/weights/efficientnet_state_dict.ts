/**
 * The weights of an EfficientNet under the names that timm gives them. The network is the same; how a file
 * enters it is in `state_dict.ts`.
 */
import { UnfitFile } from "lib/io/unfit_file.ts";
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import type { TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** timm's layers outside of blocks, by their names here. */
const OUTSIDE: Readonly<Record<string, string>> = {
  conv_stem: "_conv_stem",
  bn1: "_bn0",
  conv_head: "_conv_head",
  bn2: "_bn1",
  classifier: "_fc",
};

const EXCITED = { "se.conv_reduce": "_se_reduce", "se.conv_expand": "_se_expand" } as const;

/** Within a block that expands, and within one that does not. */
const EXPANDING: Readonly<Record<string, string>> = {
  conv_pw: "_expand_conv",
  bn1: "_bn0",
  conv_dw: "_depthwise_conv",
  bn2: "_bn1",
  ...EXCITED,
  conv_pwl: "_project_conv",
  bn3: "_bn2",
};
const PLAIN: Readonly<Record<string, string>> = {
  conv_dw: "_depthwise_conv",
  bn1: "_bn1",
  ...EXCITED,
  conv_pw: "_project_conv",
  bn2: "_bn2",
};

/** `blocks.STAGE.PLACE.LAYER.ARRAY`, or `LAYER.ARRAY`. */
const TIMM =
  /^(?:blocks\.(\d+)\.(\d+)\.)?(.+)\.(weight|bias|running_mean|running_var|num_batches_tracked)$/;

/**
 * A file with the names of `efficientnetParameters`, without prefix: timm's `tf_efficientnet_b4.ap_in1k` and
 * its like are renamed; a file that has such names already, as `adv-efficientnet-b4-44fb3a87.pth`, keeps
 * them.
 *
 * timm pads for the map at hand, which differs from Multi-Attentional's padding where a side is odd.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 * @throws TypeError for an array that timm's networks do not have, naming it.
 *
 * @example
 * ```ts
 * import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
 * import { storeFloat32 } from "lib/networks/weights/safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const one = storeFloat32(new Float32Array(1), [1]);
 * const names = ["conv_stem.weight", "blocks.0.0.conv_dw.weight", "blocks.1.0.conv_pwl.weight"];
 * const file = { tensors: new Map(names.map((name) => [name, one])), metadata: {} };
 * assert.deepEqual([...efficientnetStateDict(file).tensors.keys()], [
 *   "_conv_stem.weight",
 *   "_blocks.0._depthwise_conv.weight",
 *   "_blocks.1._project_conv.weight",
 * ]);
 * ```
 */
export function efficientnetStateDict(file: TensorFile): RenamedFile {
  const cut = wrapperPrefix([...file.tensors.keys()]).length;
  const names = [...file.tensors.keys()].map((name) => name.slice(cut));
  if (names.some((name) => name.startsWith("_conv_stem."))) {
    return renamedFile(file, (name) => ({ name: name.slice(cut) }));
  }
  const blocks = new Map<number, number>(); // of each stage
  const expands = new Set<number>();
  for (const name of names) {
    const [, stage, place, layer] = TIMM.exec(name) ?? [];
    if (stage === undefined) continue;
    blocks.set(Number(stage), Math.max(blocks.get(Number(stage)) ?? 0, Number(place) + 1));
    if (layer === "conv_pwl") expands.add(Number(stage));
  }
  const before = (stage: number) =>
    [...blocks].reduce((sum, [other, count]) => other < stage ? sum + count : sum, 0);
  return renamedFile(file, (whole) => {
    const name = whole.slice(cut), [, inStage, at, layer, kind] = TIMM.exec(name) ?? [];
    const stage = Number(inStage),
      names = isNaN(stage) ? OUTSIDE : expands.has(stage) ? EXPANDING : PLAIN;
    const ours = layer && names[layer];
    if (!ours) {
      throw new UnfitFile(
        `${file.path ?? "The file"} holds ${name}, which neither timm's EfficientNets have nor ` +
          "efficientnet_pytorch's. Is it another network's?",
      );
    }
    const block = isNaN(stage) ? "" : `_blocks.${before(stage) + Number(at)}.`;
    return { name: `${block}${ours}.${kind}` };
  });
}
