/** TensorFlow.js on Deno's WebGPU, against its plain cpu backend. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { projectiveTransform } from "lib/engine/projective_transform.ts";
import { dropout, statelessNormal } from "lib/engine/stateless_random.ts";
import { assertClose, type Measured } from "./measured_tensors.ts";
import { makeInputs, OPERATION_CASES, type OperationCase, runCase } from "./operation_cases.ts";
import { runProgram } from "./run_program.ts";
import { numbers, SECOND_GRADIENT_CASES, slopes } from "./second_gradient_cases.ts";
import { provideAdapter } from "./webgpu_adapter.ts";

const { roughness } = await provideAdapter();

// A line of its own: tests of other backends are not to be in one process with these.
await startEngine({ backend: "webgpu" });

/** Reads tensors, which WebGPU hands out later, and disposes of them. */
async function read(tensors: tf.Tensor[]): Promise<Measured[]> {
  const all: Measured[] = [];
  for (const t of tensors) {
    all.push({ type: `${t.dtype} [${t.shape}]`, values: await t.data() });
    t.dispose();
  }
  return all;
}

async function runOn(backend: "webgpu" | "cpu", operation: OperationCase): Promise<Measured[]> {
  await tf.setBackend(backend);
  const inputs = makeInputs(operation);
  try {
    return await read(runCase(operation, inputs));
  } finally {
    tf.dispose(inputs);
    await tf.setBackend("webgpu");
  }
}

/** What is refused, by its words. */
const REFUSED: Record<string, RegExp> = {
  "einsum, gradients": /gradient function not found for Einsum/, // by TensorFlow.js on any backend
  "gather of texts": /must be numeric tensor, but got string tensor/, // likewise
  "unique": /TensorFlow\.js's WebGPU backend has no Unique\. FORGERY_CLUES_BACKEND=tensorflow does/,
  "tensors without elements":
    /WebGPU's \w+: Dispatch size .* FORGERY_CLUES_BACKEND=tensorflow does/,
};

/** WGSL promises few digits of some functions, arc cosine among them. */
const TOLERANCES: Record<string, number> = { "unary functions of positive numbers": 1e-3 };

Deno.test("every operation on WebGPU agrees with the plain backend, or is refused by its name", async () => {
  for (const operation of OPERATION_CASES) {
    const { name } = operation;
    if (REFUSED[name]) {
      await assert.rejects(runOn("webgpu", operation), REFUSED[name], name);
    } else {
      const [actual, expected] = [await runOn("webgpu", operation), await runOn("cpu", operation)];
      assertClose(actual, expected, TOLERANCES[name] ?? 1e-5 * roughness);
    }
  }
});

Deno.test("values on WebGPU cannot be read at once, which says what to write and names an operation", async () => {
  const x = tf.square(tf.ones([2000]));
  assert.throws(
    () => x.dataSync(),
    /never at once: `await x\.data\(\)` .*FORGERY_CLUES_BACKEND=cpu/,
  );
  const [boxes, scores] = [tf.tile(tf.ones([600, 1]), [1, 4]), tf.square(tf.ones([600]))];
  const suppress = () => tf.image.nonMaxSuppression(boxes as tf.Tensor2D, scores as tf.Tensor1D, 3);
  assert.throws(suppress, /NonMaxSuppressionV3 needs values that are on the device/);
  assert.equal((await x.data())[1999], 1);
  tf.dispose([x, boxes, scores]);
});

Deno.test("a tensor larger than the device takes fails at the read, and is not zeros", async () => {
  const { code, errors } = await runProgram(`
    import * as tf from "@tensorflow/tfjs";
    import { startEngine } from "lib/engine/engine.ts";
    await startEngine({ backend: "webgpu" });
    const { limits } = tf.backend().device;
    const x = tf.square(tf.fill([limits.maxStorageBufferBindingSize / 4 + 4], 1));
    console.log((await tf.slice(x, 0, 4).data()).join());
  `);
  assert.equal(code, 1);
  assert.match(
    errors.join("\n"),
    /The WebGPU device failed, and what it computes since is worth nothing/,
  );
});

Deno.test("gradients of gradients on WebGPU are the plain backend's", async () => {
  for (const [name, [operation, shape]] of Object.entries(SECOND_GRADIENT_CASES)) {
    const both: Measured[][] = [];
    for (const backend of ["webgpu", "cpu"]) {
      await tf.setBackend(backend);
      const gradients = tf.grads((x, w) => slopes(operation, x as tf.Tensor4D, w as tf.Tensor4D));
      const [x, w] = [numbers("second.x", [2, 7, 7, 2]), numbers("second.w", shape)];
      both.push(await read(gradients([x, w])));
      tf.dispose([x, w]);
    }
    await tf.setBackend("webgpu");
    assert.ok(both[1].every(({ values }) => Array.from(values, Number).some((x) => x !== 0)), name);
    assertClose(both[0], both[1], 1e-4 * Math.min(roughness, 10));
  }
});

Deno.test("kernels that were mended: what was cast is moved, five axes are tiled, a transform's parts keep their shape", async () => {
  const x = tf.range(0, 3000, 1, "int32"), big = tf.reshape(tf.greater(x, 1000), [50, 60]);
  const turned = tf.transpose(tf.cast(big, "float32")), counted = tf.sum(turned);
  const [{ type, values }, counts] = await read([turned, counted]);
  assert.deepEqual([type, values.constructor, values[0], values[2999], counts.values[0]], [
    "float32 [60,50]",
    Float32Array,
    0,
    1,
    1999,
  ]);
  const five = tf.reshape(x, [2, 5, 3, 10, 10]), reps = [2, 1, 3, 1, 2];
  await tf.setBackend("cpu");
  const here = tf.reshape(tf.range(0, 3000, 1, "int32"), five.shape);
  const expected = await read([tf.tile(here, reps)]);
  await tf.setBackend("webgpu");
  assertClose(await read([tf.tile(five, reps)]), expected, 0);
  const wave = tf.fft(tf.complex(tf.ones([2, 3, 4]), tf.zeros([2, 3, 4])));
  assert.deepEqual(tf.real(wave).shape, [2, 3, 4]);
});

Deno.test("what the engine composes runs on WebGPU too: numbers from a seed, dropout, moved pictures", async () => {
  const seed = tf.tensor1d([1, 2], "int32");
  const [first] = await read([statelessNormal([3000], seed)]);
  const [again] = await read([statelessNormal([3000], seed)]);
  assert.deepEqual(first, again);
  const [dropped] = await read([dropout(tf.ones([3000]), 0.25, seed)]);
  const kept = Array.from(dropped.values, Number).filter((x) => x !== 0);
  assert.ok(
    kept.every((x) => Math.abs(x - 4 / 3) < 1e-6) && Math.abs(kept.length / 3000 - 0.75) < 0.04,
  );
  const images = tf.tile(tf.tensor4d([0, 10, 30], [1, 1, 3, 1]), [400, 1, 1, 1]);
  const half = tf.tile(tf.tensor2d([[1, 0, 0.5, 0, 1, 0, 0, 0]]), [400, 1]);
  const [moved] = await read([projectiveTransform(images as tf.Tensor4D, half as tf.Tensor2D)]);
  assert.deepEqual(Array.from(moved.values).slice(-3), [5, 20, 30]);
});

Deno.test("what nobody can reach any more is collected while values are read", async () => {
  let held: object | undefined = new Float32Array(10);
  const reference = new WeakRef(held);
  held = undefined;
  for (let i = 0; i < 33; i++) await read([tf.square(tf.ones([2000]))]);
  assert.equal(reference.deref(), undefined);
});

Deno.test("compile runs as it is on WebGPU, and refuses a precision that nothing mixes there", async () => {
  const square = compile((x) => tf.mul(x, x), [tf.zeros([3])]);
  const [{ values }] = await read(square(tf.tensor1d([1, 2, 3])));
  assert.deepEqual(Array.from(values), [1, 4, 9]);
  assert.throws(
    () => compile((x) => x, [tf.zeros([1])], { precision: "bfloat16" }),
    /bfloat16 is mixed by TensorFlow alone; use "float32"/,
  );
});
