import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { configProto } from "lib/engine/eager_context.ts";
import { startEngine } from "lib/engine/engine.ts";
import { findLibrary } from "lib/engine/find_library.ts";
import { runProgram } from "./run_program.ts";

const engine = await startEngine();
const ignore = engine.backend === "cpu";

/** A program that has started the engine and keeps a captured function and step alive. */
const ALIVE = `
  import * as tf from "@tensorflow/tfjs";
  import { compile, compileStep } from "lib/engine/compile.ts";
  import { startEngine } from "lib/engine/engine.ts";
  await startEngine();
  const w = tf.variable(tf.scalar(1));
  const f = compile((x) => tf.mul(x, w), [tf.scalar(1)]);
  const step = compileStep((x) => { w.assign(tf.add(w, x)); return tf.scalar(0); }, [tf.scalar(1)]);
  step(tf.scalar(2));
  console.log(f(tf.scalar(5))[0].dataSync()[0]);
`;

Deno.test(
  "a program that ends returns 0, and prints nothing of the engine's",
  { ignore },
  async () => {
    assert.deepEqual(await runProgram(ALIVE), { code: 0, output: "15\n", errors: [] });
  },
);

Deno.test("a program that throws returns 1 and shows its error", { ignore }, async () => {
  const { code, output, errors } = await runProgram(`${ALIVE} throw new Error("on purpose");`);
  assert.equal(code, 1);
  assert.equal(output, "15\n");
  assert.match(errors.join("\n"), /on purpose/);
});

Deno.test("a program that exits returns its own code", { ignore }, async () => {
  const { code, errors } = await runProgram(`${ALIVE} Deno.exit(7);`);
  assert.deepEqual({ code, errors }, { code: 7, errors: [] });
});

Deno.test("startEngine without TensorFlow says so once, and trains on the plain backend", async () => {
  const program = `
    import * as tf from "@tensorflow/tfjs";
    import { adamNumbers, applyAdam } from "lib/engine/adam.ts";
    import { batchNormTraining } from "lib/engine/batch_norm.ts";
    import { conv2d, maxPool } from "lib/engine/convolution.ts";
    import { compileStep } from "lib/engine/compile.ts";
    import { startEngine } from "lib/engine/engine.ts";
    import { dropout } from "lib/engine/stateless_random.ts";
    const { backend, device, notice } = await startEngine();
    await startEngine();
    const x = tf.tidy(() => tf.reshape(tf.sin(tf.range(0, 2 * 6 * 6 * 2)), [2, 6, 6, 2]));
    const filter = tf.variable(tf.tidy(() => tf.reshape(tf.cos(tf.range(0, 36)), [3, 3, 2, 2])));
    const zeros = () => tf.variable(tf.zeros(filter.shape), false);
    const slots = { m: zeros(), v: zeros() }, decay = { beta1: 0.9, beta2: 0.999 };
    const scale = tf.ones([2]), offset = tf.zeros([2]);
    const step = compileStep((x, seed, stepSize, epsilon) => {
      const { value, grads } = tf.variableGrads(() => {
        const convolved = conv2d(x, filter, { stride: 2, padding: 1 });
        const { y } = batchNormTraining(convolved, { scale, offset, epsilon: 1e-5 });
        const pooled = maxPool(y, { size: 3, stride: 2, padding: 1 });
        return tf.mean(tf.square(dropout(pooled, 0.1, seed)));
      }, [filter]);
      const gradient = grads[filter.name];
      applyAdam(filter, slots, { gradient, step: { ...decay, stepSize, epsilon } });
      return value;
    }, [x, tf.tensor1d([0, 0], "int32"), tf.scalar(0), tf.scalar(0)]);
    const losses = [];
    for (let t = 1; t <= 4; t++) {
      const n = adamNumbers(t, { ...decay, learningRate: 0.05, epsilon: 1e-8 });
      const inputs = [tf.tensor1d([1, 1], "int32"), tf.scalar(n.stepSize), tf.scalar(n.epsilon)];
      losses.push(step(x, ...inputs)[0].dataSync()[0]);
    }
    console.log(JSON.stringify({ backend, device, notice, losses, nodes: step.nodes }));
  `;
  const ended = await runProgram(program, { FORGERY_CLUES_LIBTENSORFLOW: "/no/such/library.so" });
  assert.equal(ended.code, 0, ended.errors.join("\n"));
  const { backend, device, notice, losses, nodes } = JSON.parse(ended.output);
  assert.deepEqual({ backend, device, nodes }, { backend: "cpu", device: "CPU:0", nodes: 0 });
  assert.deepEqual(ended.errors, [notice]);
  assert.match(notice, /there is no file \/no\/such\/library\.so.*deno task doctor/);
  assert.ok(losses.at(-1) < losses[0], String(losses));
});

Deno.test("startEngine throws the loader's words when the library is not one", async () => {
  const notALibrary = await Deno.makeTempFile({ suffix: ".so" });
  await Deno.writeTextFile(notALibrary, "no machine code");
  const program = `
    import { startEngine } from "lib/engine/engine.ts";
    await startEngine({ library: ${JSON.stringify(notALibrary)} });
  `;
  const { code, errors } = await runProgram(program);
  await Deno.remove(notALibrary);
  assert.equal(code, 1);
  assert.match(errors.join("\n"), /could not be loaded/);
  assert.match(errors.join("\n"), new RegExp(notALibrary.split("/").at(-1)!));
});

Deno.test("startEngine is the plain backend when that is asked for, without a notice", async () => {
  const program = `
    import * as tf from "@tensorflow/tfjs";
    import { startEngine } from "lib/engine/engine.ts";
    const engine = await startEngine({ backend: "cpu" });
    console.log(JSON.stringify([engine, tf.getBackend(), tf.scalar(2).square().dataSync()[0]]));
  `;
  const { output, errors } = await runProgram(program);
  const [{ backend, notice }, current, four] = JSON.parse(output);
  assert.deepEqual({ backend, notice, current, four, errors }, {
    backend: "cpu",
    notice: undefined,
    current: "cpu",
    four: 4,
    errors: [],
  });
});

Deno.test("startEngine takes the backend that FORGERY_CLUES_BACKEND names, unless it is told one", async () => {
  const started = (options = "") =>
    `import { startEngine } from "lib/engine/engine.ts";
     console.log((await startEngine(${options})).backend);`;
  const named = (name: string, options?: string) =>
    runProgram(started(options), { FORGERY_CLUES_BACKEND: name });
  assert.equal((await named("cpu")).output, "cpu\n");
  assert.equal((await named("gpu", '{ backend: "cpu" }')).output, "cpu\n");
  const { code, errors } = await named("gpu");
  assert.equal(code, 1);
  assert.match(
    errors.join("\n"),
    /FORGERY_CLUES_BACKEND is tensorflow, webgpu, cpu or not set, not "gpu"\./,
  );
});

Deno.test("startEngine says what WebGPU needs where there is no adapter", {
  ignore: Deno.build.os !== "linux", // elsewhere its driver cannot be hidden
}, async () => {
  const { code, errors } = await runProgram(
    `import { startEngine } from "lib/engine/engine.ts";
     await startEngine({ backend: "webgpu" });`,
    { DENO_WEBGPU_BACKEND: "vulkan", VK_ICD_FILENAMES: "none", VK_DRIVER_FILES: "none" },
  );
  assert.equal(code, 1);
  assert.match(
    errors.join("\n"),
    /No WebGPU adapter was found\..*apt-get install mesa-vulkan-drivers/,
  );
});

Deno.test("startEngine takes threads and devices", { ignore }, async () => {
  const { output } = await runProgram(`
    import * as tf from "@tensorflow/tfjs";
    import { startEngine } from "lib/engine/engine.ts";
    const options = { intraOpThreads: 1, interOpThreads: 1, gpuMemoryGrowth: true, device: "cpu" };
    const { threads, device } = await startEngine(options);
    console.log(threads, device, tf.add(1, 2).dataSync()[0]);
  `);
  assert.equal(output, "1 CPU:0 3\n");
});

Deno.test("startEngine again returns the same engine; with other options it refuses", async () => {
  assert.equal(await startEngine(), engine);
  await assert.rejects(
    startEngine({ intraOpThreads: 17 }),
    /runs already, with .*cannot change to \{"intraOpThreads":17\}/,
  );
});

Deno.test("startEngine called twice at once starts once; after a failure it may be tried again", {
  ignore,
}, async () => {
  const { output, errors } = await runProgram(`
    import { startEngine } from "lib/engine/engine.ts";
    const notALibrary = await Deno.makeTempFile();
    const failed = await startEngine({ library: notALibrary }).catch((error) => error.message);
    await Deno.remove(notALibrary);
    const [a, b] = await Promise.all([startEngine(), startEngine()]);
    console.log(a === b, a.backend, failed.includes("could not be loaded"));
  `);
  assert.deepEqual({ output, errors }, { output: "true tensorflow true\n", errors: [] });
});

Deno.test("startEngine says what runs where", () => {
  assert.equal(tf.getBackend(), engine.backend);
  assert.match(engine.version, /^\d+\.\d+\.\d+/);
  assert.match(engine.device, /^(CPU|GPU):\d+$/);
  assert.ok(engine.threads >= 1);
});

Deno.test("findLibrary names a stated file that is missing", () => {
  assert.deepEqual(findLibrary("/no/such/file.so"), {
    missing: "there is no file /no/such/file.so",
  });
});

Deno.test("configProto writes the fields of config.proto", () => {
  // By the wire format: key = field number · 8 + type; type 0 a number, type 2 a length and bytes.
  // deno-fmt-ignore
  assert.deepEqual([...configProto({ intraOpThreads: 300, interOpThreads: 3 })], [
    2 * 8, 300 % 128 + 128, 2, // intra_op_parallelism_threads
    5 * 8, 3, // inter_op_parallelism_threads
    6 * 8 + 2, 5, // gpu_options
    4 * 8, 1, // … allow_growth
    5 * 8 + 2, 1, "0".charCodeAt(0), // … visible_device_list
    7 * 8, 1, // allow_soft_placement
  ]);
  // deno-fmt-ignore
  assert.deepEqual([...configProto({ gpuMemoryGrowth: false, device: "gpu:1" })], [
    6 * 8 + 2, 3,
    5 * 8 + 2, 1, "1".charCodeAt(0),
    7 * 8, 1,
  ]);
  // deno-fmt-ignore
  assert.deepEqual([...configProto({ device: "cpu" })], [
    1 * 8 + 2, 7, // device_count
    1 * 8 + 2, 3, ...new TextEncoder().encode("GPU"), 2 * 8, 0, // … "GPU" → 0
    7 * 8, 1,
  ]);
});
