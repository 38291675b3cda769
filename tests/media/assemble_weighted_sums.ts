/**
 * lib/media/weighted_sums.wasm out of its text. `deno run -A tests/media/assemble_weighted_sums.ts` writes the
 * file anew after a change of the text; the test of the same name compares.
 */
import wabt from "wabt";

const WAT = new URL("../../lib/media/weighted_sums.wat", import.meta.url);

/** The file as it is written. */
export const WASM = new URL("../../lib/media/weighted_sums.wasm", import.meta.url);

/**
 * The module's bytes.
 *
 * @throws Error when the text is wrong; it says where.
 */
export async function assembleWeightedSums(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat("weighted_sums.wat", await Deno.readTextFile(WAT), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

if (import.meta.main) await Deno.writeFile(WASM, await assembleWeightedSums());
