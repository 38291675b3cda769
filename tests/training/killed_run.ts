/**
 * A training run that a test kills: prints each step, and at the end a hash of all variables and of the
 * best detector's file.
 */
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorFileBeside } from "lib/detectors/detector_file.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { createHash } from "node:crypto";
import { madeUpCrops } from "./made_up_crops.ts";

const [checkpoint] = Deno.args;
await startEngine();
const configuration = vary(SMOKE, {
  backbone: "conv4",
  width: 1,
  batchSize: 16,
  steps: 300,
  validateEvery: 7,
});
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
using learner = createLearner(configuration);
await using source = cropSource(madeUpCrops(48), configuration);
const validation = validationCrops(madeUpCrops(24, "validation"));
let kept = 0;
const notice = (line: string) => kept = Number(/\d+/.exec(line)?.[0]);
const options = { source, validation, configuration, checkpoint, checkpointEvery: 1, notice };
for await (const { step, total } of train(learner, options)) {
  print(`step ${step} ${total}`);
  // New steps take their time, so that twenty kills fit in on any machine.
  if (step >= kept) await new Promise((go) => setTimeout(go, 4));
}
const hash = createHash("sha256");
for (const variable of Object.values(learner.variables)) hash.update(variable.dataSync());
hash.update(await Deno.readFile(detectorFileBeside(checkpoint)));
print(`hash ${hash.digest("hex")}`);
