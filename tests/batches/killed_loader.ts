/**
 * A reader of training batches that a test kills: prints a hash of each step's batch.
 * Arguments: the folder, the first step, the last one, and how many batches are prefetched.
 */
import { createHash } from "node:crypto";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { openLoader } from "lib/batches/loader.ts";
import { numberedSamples } from "./loader_folder.ts";

const [root, first, last, prefetch] = Deno.args;
const configuration = vary(SMOKE, { balance: "repeatReals", realRepeats: 2, mixup: 0.5 });
await using loader = openLoader(numberedSamples(60), {
  configuration,
  root,
  prefetch: Number(prefetch),
});
for (let step = Number(first); step <= Number(last); step++) {
  const { indices, images, labels, augmentation, mixup } = await loader.batch(step);
  const hash = createHash("sha256").update(indices.join());
  for (const tensor of [images, labels, augmentation, mixup]) {
    const { buffer, byteOffset, byteLength } = tensor.dataSync();
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    tensor.dispose();
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${step} ${hash.digest("hex")}\n`));
}
