/** The weights that MesoNet's authors published, from Keras, under the names of the kit's network. */
import { UnfitFile } from "lib/io/unfit_file.ts";
import { MESO_STRIDE, mesonetParameters, type MesoShape } from "../mesonet.ts";
import { float32Values, type StoredTensor, storeFloat32, type TensorFile } from "./safetensors.ts";
import { toTorchLayout } from "./torch_layout.ts";

/** Keras's names: a layer's kind and its number, counted over all that the program had made before. */
const KERAS = /^(conv2d|batch_normalization|dense)_(\d+)\/(\w+):0$/;

/** What Keras calls a layer's arrays, and PyTorch. */
const PARTS: Readonly<Record<string, string>> = {
  kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** Whether a layer of the kit's is what Keras calls by this kind. */
const IS_KIND: Readonly<Record<string, (layer: string) => boolean>> = {
  conv2d: (layer) => /conv/.test(layer),
  batch_normalization: (layer) => /bn/.test(layer),
  dense: (layer) => /^fc/.test(layer),
};

/** The layers of a kind in the order in which the network is built. */
function layersOf(kind: string, shape: MesoShape): string[] {
  const names = mesonetParameters(shape, MESO_STRIDE)
    .map(({ name }) => name.slice(0, name.lastIndexOf(".")));
  return [...new Set(names)].filter(IS_KIND[kind]);
}

/**
 * A file with the names and the layout that `loadParameters` expects of the network: Keras counts layers of
 * a kind up, so the k-th number that a file has is the k-th layer. Files that are PyTorch's already, such
 * as the port's, are given back as they are.
 *
 * @param file Keras's arrays by their names, such as `conv2d_5/kernel:0`, as `readStateDict` reads an `.h5`.
 * @throws UnfitFile when the file has another number of layers than the network.
 */
export function mesonetStateDict(file: TensorFile, shape: MesoShape): TensorFile {
  const names = [...file.tensors.keys()];
  if (!names.some((name) => KERAS.test(name))) return file;
  const numbers = new Map<string, number[]>();
  for (const name of names) {
    const found = KERAS.exec(name);
    if (!found) continue;
    const [, kind, number] = found, known = numbers.get(kind) ?? [];
    if (!known.includes(Number(number))) numbers.set(kind, [...known, Number(number)]);
  }
  const layers = new Map<string, string>();
  for (const [kind, found] of numbers) {
    const ours = layersOf(kind, shape);
    if (ours.length !== found.length) {
      throw new UnfitFile(
        `${file.path ?? "The file"} has ${found.length} layers "${kind}", and the authors' ` +
          `${shape.network} has ${ours.length}. Is it the other network's, or the port's setting (edition)?`,
      );
    }
    found.sort((a, b) => a - b).forEach((number, i) => layers.set(`${kind}_${number}`, ours[i]));
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, array] of file.tensors) {
    const [, kind, number, part] = KERAS.exec(name) ?? [];
    if (!kind || !PARTS[part]) tensors.set(name, array); // `loadParameters` names it and refuses
    else {
      const { shape, values } = toTorchLayout({ shape: array.shape, values: float32Values(array) });
      tensors.set(`${layers.get(`${kind}_${number}`)}.${PARTS[part]}`, storeFloat32(values, shape));
    }
  }
  return { ...file, tensors };
}
