/**
 * A training run that a test ends: prints what was kept, each step, and at the last one a hash of all
 * variables. `deno run killed_run.ts FOLDER STEPS [CHANGES]`, changes of its configuration as JSON.
 */
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { createHash } from "node:crypto";
import { madeUpCrops } from "./made_up_crops.ts";

const [folder, length, changes = "{}"] = Deno.args, steps = Number(length);
await startEngine();
const configuration = vary(SMOKE, {
  backbone: "conv4",
  width: 1,
  batchSize: 4,
  steps,
  validateEvery: 7,
  ...JSON.parse(changes),
});
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
using learner = createLearner(configuration);
await using source = cropSource(madeUpCrops(24), configuration);
const validation = validationCrops(madeUpCrops(8, "validation"));
using interrupt = listenForInterrupt();
const options = {
  source,
  validation,
  configuration,
  folder,
  keepEvery: 3,
  replay: false,
  signal: interrupt.signal,
  notice: print,
};
for await (const { step, total } of train(learner, options)) {
  print(`step ${step} ${total}`);
  if (step + 1 === steps) {
    const hash = createHash("sha256");
    for (const variable of Object.values(learner.variables)) hash.update(variable.dataSync());
    print(`hash ${hash.digest("hex")}`);
  }
  await new Promise((go) => setTimeout(go, 4)); // so that all kills fit in on any machine
}
print(interrupt.signal.aborted ? "stopped" : "ended");
