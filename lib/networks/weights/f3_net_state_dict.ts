/** Weights for an F3-Net under the names that other projects gave them. */
import { DECOMPOSED, streamInputs } from "../f3_net.ts";
import { fakeLessReal } from "./logit_difference.ts";
import { type RenamedFile, renamedFile } from "./renamed_file.ts";
import { float32Values, storeFloat32, type TensorFile } from "./safetensors.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";
import { xceptionStateDict } from "./xception_state_dict.ts";

/** DeepfakeBench's Xception, and its layer that never runs. */
const BACKBONE = "backbone.", IDLE = "backbone.adjust_channel.";

/** What follows from the sizes (transforms, bands, counts), and classifiers of single streams, which never run. */
const COMPUTED =
  /^(?:(?:FAD|LFS)_head\.(?:_DCT_|filters\.\d+\.(?:base|ft_num)$)|(?:FAD|LFS)_xcep\.fc\.)/;

/** DeepfakeBench's classifier; with its dropout on it is the second of two layers. */
const CLASSIFIER = /^backbone\.last_linear\.(?:1\.)?(?=weight$|bias$)/;

/**
 * A file with the names of `f3NetParameters`: yyk-wew/F3Net's without the constants and idle classifiers
 * that are stored with it, or DeepfakeBench's release, whose Xception stands under `backbone` and has two
 * logits. Anything else stays, so that `loadParameters` names it and refuses.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 * @throws TypeError when DeepfakeBench's classifier has not two logits, or two arrays would have one name.
 */
export function f3NetStateDict(file: TensorFile): RenamedFile {
  const prefix = wrapperPrefix([...file.tensors.keys()], { own: [BACKBONE] });
  return renamedFile(file, (name, array) => {
    const bare = name.slice(prefix.length);
    if (COMPUTED.test(bare) || bare.startsWith(IDLE)) return undefined;
    if (CLASSIFIER.test(bare)) {
      return { name: bare.replace(CLASSIFIER, "fc."), array: fakeLessReal(array, name) };
    }
    return {
      name: bare.startsWith(BACKBONE) ? DECOMPOSED + bare.slice(BACKBONE.length) : bare,
    };
  });
}

/** Whether a file is an F3-Net's, and not an Xception's to begin with. */
export function isF3NetFile({ tensors }: TensorFile): boolean {
  return [...tensors.keys()].some((name) => /(?:^|\.)(?:FAD|LFS)_head\./.test(name));
}

/**
 * ImageNet's Xception for a stream: its first convolution repeated over the stream's channels and divided
 * by the repeats, so that equal channels are answered as one picture. [yyk-wew/F3Net at commit 01942ca]
 *
 * @param stream The beginning of the stream's names.
 */
export function streamStateDict(file: TensorFile, stream: string): RenamedFile {
  const named = xceptionStateDict(file), tensors = new Map(named.tensors);
  const first = tensors.get("conv1.weight"), repeats = streamInputs(stream) / 3;
  if (first?.shape[1] === 3) {
    const [outputs, colours, ...window] = first.shape;
    const values = float32Values(first), length = values.length / outputs;
    const wide = Float32Array.from({ length: values.length * repeats }, (_, at) => {
      const output = Math.floor(at / (length * repeats));
      return values[output * length + at % length] / repeats;
    });
    tensors.set("conv1.weight", storeFloat32(wide, [outputs, colours * repeats, ...window]));
  }
  return { ...named, tensors };
}
