/** From a classifier of two logits to one of log-odds. */
import { UnfitFile } from "lib/io/unfit_file.ts";
import { float32Values, type StoredTensor, storeFloat32 } from "./safetensors.ts";

/**
 * A last layer's array for two logits, real and fake, as that for fake's less real's: the softmax's
 * probability of fake is the sigmoid of this.
 *
 * @param array `[2, …]` in PyTorch's layout.
 * @param name What an error calls it.
 * @throws TypeError when there are not two rows.
 */
export function fakeLessReal(array: StoredTensor, name: string): StoredTensor {
  const [classes, ...rest] = array.shape;
  if (classes !== 2) {
    throw new UnfitFile(`${name} is [${array.shape}], and not for two logits, real and fake.`);
  }
  const values = float32Values(array), count = values.length / 2;
  const row = Float32Array.from({ length: count }, (_, i) => values[count + i] - values[i]);
  return storeFloat32(row, [1, ...rest]);
}
