/**
 * The weights of a vision transformer under the names that others give them: timm (and DINO's and DINOv2's
 * authors, who have almost the same), and transformers' `CLIPVisionModel`, `CLIPModel`, `Dinov2Model` and
 * `Dinov2WithRegistersModel`, also within GenD's detector. The network is the same; how a file enters it is
 * in `state_dict.ts`.
 */
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import { resampledPlaces } from "./resample_places.ts";
import { float32Values, type StoredTensor, storeFloat32, type TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** A vision transformer's file under timm's names. */
export interface VitFile extends RenamedFile {
  /** What became of the position embeddings, in words; undefined where they are the file's. */
  readonly resampled?: string;
}

/** A project's names: pieces of them by timm's, and what of a file is none of the encoder's. */
interface Naming {
  /** What stands before all of the encoder's names, by one of which the project is known. */
  readonly known: RegExp;
  /** timm's piece for each of theirs, the longest first. */
  readonly pieces: readonly (readonly [RegExp, string])[];
  /** Beginnings of names that have no place here: heads, the text's tower, counters. */
  readonly others: RegExp;
  /** Whether they smooth position embeddings before making them coarser. */
  readonly antialias: (names: readonly string[]) => boolean;
}

const BLOCK = "(?<=^blocks\\.\\d+\\.)";

const CLIP: Naming = {
  known: /^(.*?)vision_model\.encoder\.layers\.0\./,
  pieces: [
    [/^vision_model\.embeddings\.class_embedding$/, "cls_token"],
    [/^vision_model\.embeddings\.position_embedding\.weight$/, "pos_embed"],
    [/^vision_model\.embeddings\.patch_embedding\./, "patch_embed.proj."],
    [/^vision_model\.pre_layrnorm\./, "norm_pre."], // theirs is spelt so
    [/^vision_model\.post_layernorm\./, "norm."],
    [/^vision_model\.encoder\.layers\./, "blocks."],
    [new RegExp(`${BLOCK}layer_norm`), "norm"],
    [new RegExp(`${BLOCK}self_attn\\.out_proj`), "attn.proj"],
    [new RegExp(`${BLOCK}self_attn\\.([qkv])_proj`), "attn.$1"],
  ],
  others:
    /^(text_model\.|text_projection\.|visual_projection\.|logit_scale$|vision_model\.embeddings\.position_ids$)/,
  antialias: () => false,
};

const WORDS: Readonly<Record<string, string>> = { query: "q", key: "k", value: "v" };

const DINOV2: Naming = {
  known: /^(.*?)encoder\.layer\.0\.attention\.attention\.query\./,
  pieces: [
    [/^embeddings\.cls_token$/, "cls_token"],
    [/^embeddings\.register_tokens$/, "reg_token"],
    [/^embeddings\.position_embeddings$/, "pos_embed"],
    [/^embeddings\.patch_embeddings\.projection\./, "patch_embed.proj."],
    [/^layernorm\./, "norm."],
    [/^encoder\.layer\./, "blocks."],
    ...Object.entries(WORDS).map(([word, letter]) =>
      [new RegExp(`${BLOCK}attention\\.attention\\.${word}`), `attn.${letter}`] as const
    ),
    [new RegExp(`${BLOCK}attention\\.output\\.dense`), "attn.proj"],
    [new RegExp(`${BLOCK}layer_scale([12])\\.lambda1`), "ls$1.gamma"],
  ],
  others: /^(embeddings\.mask_token$|classifier\.)/,
  antialias: (names) => names.some((name) => name.endsWith("embeddings.register_tokens")),
};

const TIMM: Naming = {
  known: /^(.*?)blocks\.0\./,
  pieces: [[/^register_tokens$/, "reg_token"]],
  others: /^(head\.|mask_token$)/,
  antialias: () => true,
};

/** Queries, keys and values apart, which are one layer here. */
const PART = /^(blocks\.\d+\.attn\.)([qkv])\.(weight|bias)$/;

/** Arrays of one shape, one behind the other along the first axis. */
function joined(arrays: readonly StoredTensor[]): StoredTensor {
  const [{ shape: [first, ...rest] }] = arrays, values = arrays.map(float32Values);
  const all = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of values) {
    all.set(part, at);
    at += part.length;
  }
  return storeFloat32(all, [arrays.length * first, ...rest]);
}

/** The same numbers without axes of 1 in front of the last `axes`. */
function squeezed(array: StoredTensor, axes: number): StoredTensor {
  const { shape } = array, before = shape.slice(0, -axes);
  return before.every((side) => side === 1) ? { ...array, shape: shape.slice(-axes) } : array;
}

const TOKEN_AXES: Readonly<Record<string, number>> = { cls_token: 1, reg_token: 2, pos_embed: 2 };

/**
 * A file with timm's names for an encoder of so many patches a side, and `head.weight` and `head.bias` for
 * GenD's classifier: queries, keys and values joined where they are apart, position embeddings resampled
 * where they are for another grid, in the way of the project whose names the file has. Heads, a text tower
 * and counters are left out. What has no place keeps its name, so that `loadParameters` names it and refuses.
 *
 * @param grid Patches along a side of the picture.
 */
export function vitStateDict(file: TensorFile, grid: number): VitFile {
  const names = [...file.tensors.keys()];
  const naming = [CLIP, DINOV2].find(({ known }) => names.some((name) => known.test(name))) ?? TIMM;
  const inner = names.map((name) => naming.known.exec(name)?.[1]).find((found) =>
    found !== undefined
  );
  const outer = wrapperPrefix(names), prefix = inner ?? outer;
  let resampled: string | undefined;
  const bare = renamedFile(file, (whole, array) => {
    const ofHead = /^(?:module\.)?model\.linear\.(weight|bias)$/.exec(whole);
    if (ofHead) return { name: `head.${ofHead[1]}` };
    const name = whole.startsWith(prefix) ? whole.slice(prefix.length) : whole.slice(outer.length);
    if (naming.others.test(name)) return undefined;
    const ours = naming.pieces.reduce((n, [theirs, piece]) => n.replace(theirs, piece), name);
    if (ours === "pos_embed") {
      const found = resampledPlaces(array, { to: grid, antialias: naming.antialias(names) });
      if (!found) return { name: ours };
      if (found.from !== grid) resampled = `${found.from} × ${found.from} to ${grid} × ${grid}`;
      return { name: ours, array: found.array };
    }
    return { name: ours, array: TOKEN_AXES[ours] ? squeezed(array, TOKEN_AXES[ours]) : array };
  });
  const words = resampled && `position embeddings resampled from ${resampled} patches`;
  return { ...withJoinedParts(bare), ...words ? { resampled: words } : {} };
}

/** Queries, keys and values as one array each block, where all three are there and alike. */
function withJoinedParts(file: RenamedFile): RenamedFile {
  const tensors = new Map<string, StoredTensor>(), namesInFile = new Map(file.namesInFile);
  for (const [name, array] of file.tensors) {
    const [, block, letter, kind] = PART.exec(name) ?? [];
    const parts = block ? ["q", "k", "v"].map((p) => `${block}${p}.${kind}`) : [];
    const arrays = parts.map((part) => file.tensors.get(part));
    const fits = arrays.length > 0 &&
      arrays.every((part) => part && String(part.shape) === String(array.shape));
    if (!fits) tensors.set(name, array);
    else if (letter === "q") {
      const whole = `${block}qkv.${kind}`;
      tensors.set(whole, joined(arrays as StoredTensor[]));
      namesInFile.set(whole, parts.map((part) => file.namesInFile.get(part)!).join(" + "));
    }
  }
  return { ...file, tensors, namesInFile };
}
