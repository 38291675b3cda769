import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { removeUnfinished } from "lib/io/write_whole.ts";
import { createRandom } from "lib/random.ts";
import { restoreCheckpoint, saveCheckpoint } from "lib/training/checkpoint.ts";
import { BEGINNING } from "lib/training/selection.ts";
import { inFolder } from "../in_folder.ts";

await tf.setBackend("cpu");

const taken = { step: 2, learningRate: 1e-3, seconds: 2 / 7, total: 1 / 3 };
const selection = BEGINNING;

function variables(seed: number): Record<string, tf.Variable> {
  return {
    "block.weight": tf.variable(tf.randomNormal([3, 4], 0, 1, "float32", seed)),
    "block.bias": tf.variable(tf.randomNormal([4], 0, 1, "float32", seed + 1)),
    "adam.step": tf.variable(tf.scalar(seed)),
  };
}

const bits = (v: Record<string, tf.Variable>) =>
  Object.entries(v).map(([name, x]) => [name, [...x.dataSync()]]);

Deno.test("restoreCheckpoint brings back variables bit for bit, and how far the run was", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/folder/checkpoint.safetensors`;
    const saved = variables(1);
    const best = { step: 1, auc: 2 / 3 };
    const state = { configuration: SMOKE, step: 2, selection: { best, since: 0 }, taken };
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
    const state = { configuration: SMOKE, step: 0, selection };
    await saveCheckpoint(path, { variables: variables(1), state });
    const { "block.bias": bias, ...less } = variables(2);
    const wider = { ...less, "block.bias": tf.variable(tf.zeros([5])) };
    const cases: [Record<string, tf.Variable>, typeof SMOKE, RegExp][] = [
      [variables(2), vary(SMOKE, { seed: 9 }), /written with training\.seed = 1, this run has 9/],
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
          assert.match(e.message, /Move the run's files away/);
          return true;
        },
      );
      assert.deepEqual(bits(vars), before);
    }
  });
});

/** The last two states and nothing else. */
const KEPT = ["checkpoint.previous.safetensors", "checkpoint.safetensors"];

Deno.test("saveCheckpoint keeps the last two states, and the one before stands in for a lost one", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const w = tf.variable(tf.zeros([3]));
    for (const step of [1, 2, 3]) {
      tf.tidy(() => w.assign(tf.fill([3], step)));
      const state = { configuration: SMOKE, step, selection };
      await saveCheckpoint(path, { variables: { w }, state });
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name).sort(), KEPT);
    const restored = async () => {
      const state = await restoreCheckpoint(path, { variables: { w }, configuration: SMOKE });
      return [state?.step, ...w.dataSync()];
    };
    assert.deepEqual(await restored(), [3, 3, 3, 3]);
    const next = path.replace("checkpoint", "checkpoint.next");
    await Deno.rename(path, next); // as a kill between the two renames leaves it
    assert.deepEqual(await restored(), [3, 3, 3, 3]);
    await Deno.remove(path); // a state that its owner took away
    assert.deepEqual(await restored(), [2, 2, 2, 2]);
    await Deno.writeFile(path, new Uint8Array([1, 2, 3]));
    await assert.rejects(restored(), /checkpoint\.safetensors/); // damage is said, not passed over
  });
});

Deno.test("saveCheckpoint refuses a state that has diverged and leaves the last good one", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const w = tf.variable(tf.tensor1d([1, 2, 3]));
    const save = (step: number) =>
      saveCheckpoint(path, {
        variables: { w },
        state: { configuration: SMOKE, step, selection },
      });
    await save(1);
    for (const bad of [NaN, Infinity]) {
      w.assign(tf.tensor1d([1, bad, 3]));
      await assert.rejects(save(2), (error: Error) => {
        assert.ok(error instanceof RangeError);
        assert.match(error.message, /After 2 steps w holds (NaN|Infinity).*diverged/);
        return true;
      });
    }
    const state = await restoreCheckpoint(path, { variables: { w }, configuration: SMOKE });
    assert.deepEqual([state?.step, ...w.dataSync()], [1, 1, 2, 3]);
  });
});

Deno.test("saveCheckpoint on a full disk fails by name and leaves both states as they were", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const program = `
      import * as tf from "@tensorflow/tfjs";
      import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
      import { saveCheckpoint } from "lib/training/checkpoint.ts";
      await tf.setBackend("cpu");
      const path = ${JSON.stringify(path)};
      const save = (size, step) => saveCheckpoint(path, {
        variables: { w: tf.variable(tf.fill([size], step)) },
        state: { configuration: SMOKE, step, selection: { best: undefined, since: 0 } },
      });
      await save(1000, 1);
      await save(1000, 2);
      try { await save(1_000_000, 3); } catch (error) { console.log(error.message); }
    `;
    const script = `${folder}/program.ts`;
    await Deno.writeTextFile(script, program);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const run = `trap "" XFSZ; ulimit -f 1000; exec "$0" run -A --no-check --config "$1" "$2"`; // a file's limit, in kB, stands in for a disk's
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", run, Deno.execPath(), config, script],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.match(text, /Cannot write .*disk has space/, new TextDecoder().decode(stderr));
    await Deno.remove(script);
    const w = tf.variable(tf.zeros([1000]));
    const state = await restoreCheckpoint(path, { variables: { w }, configuration: SMOKE });
    assert.deepEqual([state?.step, w.dataSync()[999]], [2, 2]);
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name).sort(), KEPT);
  });
});

Deno.test("saveCheckpoint killed at any moment leaves a whole file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    // Each state's numbers all equal its step: a mixture of two states could not hide.
    const program = `
      import * as tf from "@tensorflow/tfjs";
      import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
      import { saveCheckpoint } from "lib/training/checkpoint.ts";
      await tf.setBackend("cpu");
      const w = tf.variable(tf.zeros([200_000]));
      for (let step = 1;; step++) {
        tf.tidy(() => w.assign(tf.fill([200_000], step)));
        await saveCheckpoint(${JSON.stringify(path)}, {
          variables: { w },
          state: { configuration: SMOKE, step, selection: { best: undefined, since: 0 } },
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
      await removeUnfinished(folder);
      const left = [...Deno.readDirSync(folder)].map((e) => e.name).sort();
      assert.ok(left.length > 0 && left.every((name) => KEPT.includes(name)), left.join());
    }
  });
});

Deno.test("saveCheckpoint of a finished run leaves a state without variables, and that one only", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const state = { configuration: SMOKE, step: 4, selection };
    const w = tf.variable(tf.ones([100_000]));
    for (const step of [3, 4]) {
      await saveCheckpoint(path, { variables: { w }, state: { ...state, step } });
    }
    await saveCheckpoint(path, { variables: { w }, state: { ...state, finished: true } });
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), [KEPT[1]]);
    assert.ok((await Deno.stat(path)).size < 4000);
    const before = bits({ w });
    const found = await restoreCheckpoint(path, { variables: { w }, configuration: SMOKE });
    assert.deepEqual([found?.step, found?.finished], [4, true]);
    assert.deepEqual(bits({ w }), before);
    const other = { variables: { w }, configuration: vary(SMOKE, { steps: 9 }) };
    await assert.rejects(restoreCheckpoint(path, other), /training\.steps = 4, this run has 9/);
  });
});
