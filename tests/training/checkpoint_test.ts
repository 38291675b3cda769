import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE, vary } from "lib/config.ts";
import { createRandom } from "lib/random.ts";
import { restoreCheckpoint, saveCheckpoint } from "lib/training/checkpoint.ts";
import { inFolder } from "../in_folder.ts";

await tf.setBackend("cpu");

const record = (step: number) => ({ step, learningRate: 1e-3, seconds: step / 7, total: 1 / 3 });

function variables(seed: number): Record<string, tf.Variable> {
  return {
    "block.weight": tf.variable(tf.randomNormal([3, 4], 0, 1, "float32", seed)),
    "block.bias": tf.variable(tf.randomNormal([4], 0, 1, "float32", seed + 1)),
    "adam.step": tf.variable(tf.scalar(seed)),
  };
}

const bits = (v: Record<string, tf.Variable>) =>
  Object.entries(v).map(([name, x]) => [name, [...x.dataSync()]]);

Deno.test("restoreCheckpoint brings back variables and history bit for bit", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/folder/checkpoint.safetensors`;
    const saved = variables(1);
    const state = { configuration: SMOKE, step: 2, history: [record(0), record(1)] };
    await saveCheckpoint(path, { variables: saved, state });
    const fresh = variables(5);
    const restored = await restoreCheckpoint(path, { variables: fresh, configuration: SMOKE });
    assert.deepEqual(restored, state);
    assert.deepEqual(bits(fresh), bits(saved));
  });
});

Deno.test("restoreCheckpoint is undefined where there is no file", async () => {
  const request = { variables: variables(1), configuration: SMOKE };
  assert.equal(await restoreCheckpoint("nowhere/checkpoint.safetensors", request), undefined);
});

Deno.test("restoreCheckpoint refuses what does not belong to the run, and changes nothing", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const state = { configuration: SMOKE, step: 0, history: [] };
    await saveCheckpoint(path, { variables: variables(1), state });
    const { "block.bias": bias, ...less } = variables(2);
    const wider = { ...less, "block.bias": tf.variable(tf.zeros([5])) };
    const cases: [Record<string, tf.Variable>, typeof SMOKE, RegExp][] = [
      [variables(2), vary(SMOKE, { seed: 9 }), /written with seed = 1, this run has 9/],
      [less, SMOKE, /block\.bias is \[4\] in the file and nothing in this run/],
      [{ ...less, "block.bias": bias, extra: bias }, SMOKE, /extra is nothing in the file/],
      [wider, SMOKE, /block\.bias is \[4\] in the file and \[5\] in this run/],
    ];
    for (const [vars, configuration, words] of cases) {
      const before = bits(vars);
      await assert.rejects(
        restoreCheckpoint(path, { variables: vars, configuration }),
        (e: Error) => {
          assert.ok(e.message.startsWith(path));
          assert.match(e.message, words);
          assert.match(e.message, /Move the file away/);
          return true;
        },
      );
      assert.deepEqual(bits(vars), before);
    }
  });
});

Deno.test("saveCheckpoint killed at any moment leaves a whole file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    // Each state's numbers all equal its step: a mixture of two states could not hide.
    const program = `
      import * as tf from "@tensorflow/tfjs";
      import { SMOKE } from "lib/config.ts";
      import { saveCheckpoint } from "lib/training/checkpoint.ts";
      await tf.setBackend("cpu");
      const w = tf.variable(tf.zeros([200_000]));
      for (let step = 1;; step++) {
        tf.tidy(() => w.assign(tf.fill([200_000], step)));
        await saveCheckpoint(${JSON.stringify(path)}, {
          variables: { w },
          state: { configuration: SMOKE, step, history: [] },
        });
        if (step === 1) console.log("first");
      }
    `;
    const random = createRandom(3, "kills");
    const w = tf.variable(tf.zeros([200_000]));
    for (let kill = 0; kill < 5; kill++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", program],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await new Promise((done) => setTimeout(done, random.integer(150)));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const state = await restoreCheckpoint(path, { variables: { w }, configuration: SMOKE });
      const values = new Set(w.dataSync());
      assert.deepEqual([...values], [state?.step]);
      assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), [
        "checkpoint.safetensors",
      ]);
    }
  });
});
