/** The identity of a detector: what its scores follow from. */
import { readOnce } from "lib/engine/read_once.ts";
import { openDigest } from "lib/io/sha256.ts";
import { plainConfiguration } from "./configuration.ts";
import type { LoadedDetector } from "./detector_file.ts";

/** What a detector's scores follow from, in 16 hexadecimal digits: its settings and all its weights. */
export async function detectorHash({ configuration, parameters }: LoadedDetector): Promise<string> {
  const digest = openDigest();
  digest.add(JSON.stringify(plainConfiguration(configuration).detector));
  for (const [name, variable] of Object.entries(parameters)) {
    digest.add(name);
    await readOnce(variable, ({ buffer, byteOffset, byteLength }) => {
      digest.add(new Uint8Array(buffer, byteOffset, byteLength));
    });
  }
  return digest.hex().slice(0, 16);
}
