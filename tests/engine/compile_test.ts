import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import type { CaptureOptions } from "lib/engine/captured_function.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";

const handles = () => capturingBackend()!.eager.handleCount();
const read = (tensors: tf.Tensor[]) => tensors.map((t) => [...t.dataSync()]);

Deno.test("compile returns what the function returns, for new values", { ignore }, () => {
  const f = compile((x, y) => [tf.add(x, y), tf.mul(x, y)], [tf.zeros([2]), tf.zeros([2])]);
  assert.deepEqual(read(f(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]))), [[4, 6], [3, 8]]);
  f.dispose();
});

Deno.test("compile hands an argument through, and one result twice", { ignore }, () => {
  const f = compile((x) => [x, x, tf.neg(x)], [tf.zeros([2])]);
  assert.deepEqual(read(f(tf.tensor1d([1, 2]))), [[1, 2], [1, 2], [-1, -2]]);
  f.dispose();
});

Deno.test("compile captures gradients", { ignore }, () => {
  const f = compile((x) => tf.grad((z) => tf.sum(tf.pow(z, 3)))(x), [tf.zeros([2])]);
  assert.deepEqual(read(f(tf.tensor1d([1, 2]))), [[3, 12]]);
  f.dispose();
});

Deno.test("compile keeps the value of a tensor from outside, also when that is disposed of", {
  ignore,
}, () => {
  const outside = tf.tensor1d([10, 20]);
  const f = compile((x) => tf.add(x, outside), [tf.zeros([2])]);
  outside.dispose();
  assert.deepEqual(read(f(tf.tensor1d([1, 2]))), [[11, 22]]);
  f.dispose();
});

Deno.test("compile reads variables at each call", { ignore }, () => {
  const weight = tf.variable(tf.scalar(2));
  const f = compile((x) => tf.mul(x, weight), [tf.scalar(0)]);
  assert.deepEqual(read(f(tf.scalar(3))), [[6]]);
  weight.assign(tf.scalar(5));
  assert.deepEqual(read(f(tf.scalar(3))), [[15]]);
  f.dispose();
  weight.dispose();
});

Deno.test("compile says so when a variable it uses is gone", { ignore }, () => {
  const weight = tf.variable(tf.scalar(2), true, "a_weight_that_goes");
  const f = compile((x) => tf.mul(x, weight), [tf.scalar(0)]);
  weight.dispose();
  assert.throws(() => f(tf.scalar(1)), /a_weight_that_goes was disposed of/);
  f.dispose();
});

Deno.test("compile with XLA returns the same", { ignore }, () => {
  const f = compile((x) => tf.softmax(tf.matMul(x, x)), [tf.zeros([2, 2])], { compiler: "xla" });
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const [got] = read(f(x)), [want] = read([tf.softmax(tf.matMul(x, x))]);
  got.forEach((g, i) => assert.ok(Math.abs(g - want[i]) < 1e-6));
  f.dispose();
});

Deno.test(
  "compile refuses the compiler XLA where it would not have its way",
  { ignore },
  async () => {
    const captured = (options: CaptureOptions) => () => compile(tf.neg, [tf.zeros([2])], options);
    const half = { compiler: "xla", precision: "float16" } as const;
    assert.throws(captured(half), /XLA computes what TensorFlow mixes float16 into in float32/);
    await tf.setBackend("cpu");
    try {
      assert.throws(captured({ compiler: "xla" }), /xla is TensorFlow's compiler; use "none"/);
    } finally {
      await tf.setBackend(backend);
    }
  },
);

Deno.test("compile refuses to read a value, and leaves the engine usable", { ignore }, () => {
  const before = handles(), example = [tf.scalar(1)];
  assert.throws(() => compile((x) => tf.scalar(x.dataSync()[0]), example), /value was read while/);
  assert.throws(() => compile((x) => (x.print(), x), example), /Values exist only when/);
  tf.dispose(example);
  assert.equal(handles(), before);
  assert.deepEqual(read([tf.add(tf.scalar(1), 1)]), [[2]]);
});

Deno.test("compile refuses await data() while capturing", { ignore }, async () => {
  let refused: Promise<unknown> | undefined;
  const f = compile((x) => {
    refused = assert.rejects(x.data(), /value was read while a function is captured/);
    return tf.neg(x);
  }, [tf.scalar(1)]);
  await refused;
  f.dispose();
});

Deno.test("compile refuses a shape that depends on values", { ignore }, () => {
  assert.throws(
    () => compile((x) => tf.unique(x).values, [tf.tensor1d([1, 1], "int32")]),
    /shape \[\?\] depends on values/,
  );
});

Deno.test("compile refuses a capture inside a capture", { ignore }, () => {
  const inner = (x: tf.Tensor) => compile((y) => tf.neg(y), [x])(x)[0];
  assert.throws(() => compile(inner, [tf.scalar(1)]), /captured inside one/);
});

Deno.test("a compiled function shows both shapes when they differ", () => {
  const f = compile((x) => tf.neg(x), [tf.zeros([4, 3])], { name: "negate" });
  assert.throws(
    () => f(tf.zeros([5, 3])),
    /negate: input 0 is float32 \[5,3\], but it was captured for float32 \[4,3\]/,
  );
  assert.throws(() => f(tf.zeros([4, 3], "int32")), /is int32 \[4,3\].*captured for float32/);
  assert.throws(() => f(), /negate takes 1 tensors, not 0/);
  f.dispose();
});

Deno.test("a compiled function cannot be called after dispose, and dispose may be repeated", () => {
  const f = compile((x) => tf.neg(x), [tf.scalar(1)], { name: "negate" });
  f.dispose();
  f.dispose();
  assert.throws(() => f(tf.scalar(1)), /negate was called after it had been disposed of/);
});

Deno.test("dispose frees captured tensors and the function", { ignore }, () => {
  const outside = tf.tensor1d([10, 20]), example = tf.zeros([2]);
  tf.dispose(tf.add(outside, example)); // both are uploaded
  const before = { handles: handles(), tensors: tf.memory().numTensors };
  for (let i = 0; i < 20; i++) {
    const f = compile((x) => tf.add(x, outside), [example]);
    tf.dispose(f(example));
    f.dispose();
  }
  assert.deepEqual({ handles: handles(), tensors: tf.memory().numTensors }, before);
});

Deno.test("compile refuses float16 on a processor, which has no kernels for it", {
  ignore: ignore || capturingBackend()!.eager.isUsingGpuDevice(),
}, () => {
  const half = () => compile((x) => x, [tf.scalar(1)], { precision: "float16" });
  assert.throws(half, { name: "RangeError", message: /float16.*use "bfloat16" or "float32"/ });
});

Deno.test("an error inside a captured function names it, its inputs and TensorFlow's reason", {
  ignore,
}, () => {
  const f = compile((x, i) => tf.gather(x, i), [tf.zeros([3, 2]), tf.zeros([1], "int32")], {
    name: "pick",
  });
  const outOfRange = () => f(tf.ones([3, 2]), tf.tensor1d([7], "int32"));
  if (capturingBackend()!.eager.isUsingGpuDevice()) {
    assert.deepEqual(read(outOfRange()), [[0, 0]]); // TensorFlow's GPU kernel does not check
  } else {
    assert.throws(
      outOfRange,
      /pick\S* on float32 \[3,2\], int32 \[1\]: .*indices\[0\] = 7 is not in \[0, 3\)/s,
    );
  }
  assert.deepEqual(read(f(tf.ones([3, 2]), tf.tensor1d([2], "int32"))), [[1, 1]]);
  f.dispose();
});

Deno.test("the first run of a function with large arguments frees the arrays that they came from", {
  ignore,
}, async () => {
  const upload = (): [tf.Tensor, WeakRef<Float32Array>] => {
    const values = new Float32Array(2 ** 22);
    return [tf.tensor1d(values), new WeakRef(values)];
  };
  const [x, array] = upload();
  const negative = compile((y) => tf.neg(y), [x]);
  await new Promise((resolve) => setTimeout(resolve)); // a new WeakRef holds its target until then
  assert.ok(array.deref() !== undefined);
  await new Promise((resolve) => setTimeout(resolve)); // … and so does looking
  negative(x)[0].dispose();
  assert.ok(array.deref() === undefined); // not assert.equal: its message would print the array
  negative.dispose();
  x.dispose();
});
