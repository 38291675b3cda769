/** A training run that a test kills: prints each step, and at the end a hash of all variables. */
import { SMOKE, vary } from "lib/config.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { createHash } from "node:crypto";
import { madeUpCrops } from "./made_up_crops.ts";

const [checkpoint] = Deno.args;
await startEngine();
const configuration = vary(SMOKE, { steps: 12 });
using learner = createLearner(configuration);
const crops = madeUpCrops(16);
for await (
  const { step, total } of train(learner, { crops, configuration, checkpoint, checkpointEvery: 1 })
) {
  Deno.stdout.writeSync(new TextEncoder().encode(`step ${step} ${total}\n`));
}
const hash = createHash("sha256");
for (const variable of Object.values(learner.variables)) hash.update(variable.dataSync());
Deno.stdout.writeSync(new TextEncoder().encode(`hash ${hash.digest("hex")}\n`));
