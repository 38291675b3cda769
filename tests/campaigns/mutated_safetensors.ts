/** Mutated safetensors files, read with `readStateDict`. */
import { elementBytes, storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject, WrongValue } from "./mutation_campaign.ts";

/** What a file holds, for comparison: arrays by name, and metadata. */
function contents({ tensors, metadata }: TensorFile): string {
  const arrays = [...tensors].map((
    [name, { type, shape, bytes }],
  ) => [name, type, shape, [...bytes]]);
  return JSON.stringify([arrays.sort(([a], [b]) => a! < b! ? -1 : 1), metadata]);
}

/** @throws WrongValue for arrays whose bytes do not fill their shapes. */
export function assertTensors({ tensors }: TensorFile): void {
  for (const [name, { type, shape, bytes }] of tensors) {
    if (bytes.length !== shape.reduce((a, b) => a * b, elementBytes(type))) {
      throw new WrongValue(`${name} has ${bytes.length} bytes for ${type} [${shape}]`);
    }
  }
}

/** A file of a few arrays and some metadata. */
export async function subject(): Promise<Subject> {
  const path = await Deno.makeTempFile();
  await writeSafetensors(path, {
    tensors: new Map([
      ["conv.weight", storeFloat32(Float32Array.from({ length: 24 }, (_, i) => i / 7), [2, 3, 4])],
      ["conv.bias", storeFloat32(new Float32Array([1, -1]), [2])],
      ["step", storeFloat32(new Float32Array([7]), [])],
    ]),
    metadata: { detector: '{"step":3}', note: "ß" },
  });
  const bytes = await Deno.readFile(path);
  const whole = contents(await readStateDict(path));
  await Deno.remove(path);
  const pieces = [
    ...["F32", "F64", "BF16", "U8", "data_offsets", "shape", "dtype", "__metadata__", "__proto__"],
    ...["[", "]", "{", "}", ",", '"', "-1", "1e300", "9007199254740993", "null"],
  ];
  return {
    originals: [{ name: "weights.safetensors", bytes, pieces }],
    read: async ({ path }) => {
      const file = await readStateDict(path);
      assertTensors(file);
      return contents(file) === whole ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_safetensors", (args) => mutationCampaign(import.meta.url, args));
}
