/** The weights of Luo et al.'s network under the names that others gave them. */
import { STREAMS } from "../two_stream_xception.ts";
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import type { TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** What DeepfakeBench calls the streams. */
const BACKBONES: Readonly<Record<string, string>> = {
  "backbone_rgb.": STREAMS.picture,
  "backbone_srm.": STREAMS.noise,
};

/** What its classes have and never use: a layer of its Xception, and the kernel of a blur. */
const IDLE = /^(?:backbone_(?:rgb|srm)\.adjust_channel|blur)\./;

/** Whose names a file has; undefined for others, such as an Xception's. */
export function twoStreamAuthor({ tensors }: TensorFile): "authors" | "deepfakeBench" | undefined {
  const names = [...tensors.keys()],
    begins = (word: string) =>
      names.some((name) => name.startsWith(word, wrapperPrefix(names).length));
  if (begins("xception_rgb.")) return "authors";
  return begins("backbone_rgb.") ? "deepfakeBench" : undefined;
}

/**
 * A file with the names of `twoStreamParameters`: the authors' as it is, of DeepfakeBench's release
 * with the streams and their classifiers renamed. Anything else stays, so that `loadParameters` refuses it.
 */
export function twoStreamStateDict(file: TensorFile): RenamedFile {
  const cut = wrapperPrefix([...file.tensors.keys()]).length;
  return renamedFile(file, (name) => {
    const bare = name.slice(cut);
    if (IDLE.test(bare)) return undefined;
    const stream = Object.keys(BACKBONES).find((beginning) => bare.startsWith(beginning));
    if (!stream) return { name: bare };
    const inside = bare.slice(stream.length)
      .replace(/^last_linear\.(?=weight|bias)/, "last_linear.1.");
    return { name: BACKBONES[stream] + inside };
  });
}
