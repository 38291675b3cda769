/** Every campaign in its short form: a few inputs and moments, so that the long form is known to work. */
import assert from "node:assert/strict";
import { badDisk, canMount } from "./bad_disk.ts";
import { killedEvaluate } from "./killed_evaluate.ts";
import { killedPrepare } from "./killed_prepare.ts";
import { killedSetup } from "./killed_setup.ts";
import { killedTrain } from "./killed_train.ts";
import { mutationCampaign } from "./mutation_campaign.ts";

const ignore = Deno.build.os === "windows"; // no SIGKILL, no permissions that can be taken away

for (
  const [name, count] of [
    ["jpeg", 60],
    ["png", 60],
    ["video", 8],
    ["manifest", 200],
    ["description", 200],
    ["safetensors", 200],
    ["pth", 200],
    ["detector", 100],
    ["run", 100],
  ] as const
) {
  Deno.test({
    name: `${count} mutants: each of mutated_${name} is right or clearly refused`,
    ignore,
  }, async () => {
    const module = new URL(`./mutated_${name}.ts`, import.meta.url).href;
    const { failures, inputs, outcomes, starts } = await mutationCampaign(module, {
      count,
      seed: 7,
      programs: name === "video",
    });
    assert.deepEqual(failures, []);
    assert.deepEqual([inputs, starts], [count, 1]);
    assert.ok((outcomes["clear error"] ?? 0) > 0, "no mutant was refused");
  });
}

const killed = {
  prepare: killedPrepare,
  train: killedTrain,
  evaluate: killedEvaluate,
  set_up: killedSetup,
};
for (const [name, campaign] of Object.entries(killed)) {
  Deno.test({
    name: `${name}, ended at two random moments, ends in the files of a calm run`,
    ignore,
  }, async () => {
    const { failures, equalEnds } = await campaign({ count: 2, seed: 3 });
    assert.deepEqual(failures, []);
    assert.ok(equalEnds > 0);
  });
}

Deno.test({
  name:
    "full disks and folders that may not be written to give clear errors, and nothing by halves",
  ignore: !await canMount(),
}, async () => {
  const { failures } = await badDisk({ count: 1, seed: 1 }, ["evaluate", "predict"]);
  assert.deepEqual(failures, []);
});
