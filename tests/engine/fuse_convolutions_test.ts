import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { compile } from "lib/engine/compile.ts";
import { conv2d } from "lib/engine/convolution.ts";
import { startEngine } from "lib/engine/engine.ts";
import { usesOneDnn } from "lib/engine/one_dnn.ts";
import { createRandom } from "lib/random.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { runProgram } from "./run_program.ts";

await startEngine();
const hasOneDnn = usesOneDnn();

/** Normal numbers, the same each time. */
function numbers(shape: number[], name: string): tf.Tensor {
  const random = createRandom(1, name);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.tensor(values, shape);
}

/** A residual unit whose shortcut has a convolution of its own, as two networks have it. */
function residualUnit() {
  const made = (shape: number[], name: string) => {
    const value = numbers(shape, name), variable = tf.variable(value);
    value.dispose();
    return variable as tf.Variable<tf.Rank.R4>;
  };
  const filters = [
    made([3, 3, 5, 8], "first"),
    made([3, 3, 8, 8], "second"),
    made([1, 1, 5, 8], "shortcut"),
  ];
  const biases = ["a", "b", "c"].map((name) => made([8], name) as tf.Variable);
  const unit = (x: tf.Tensor, activation: typeof tf.relu = tf.relu): tf.Tensor => {
    const [first, second, shortcut] = filters, [a, b, c] = biases;
    const inner = activation(
      tf.add(conv2d(x as tf.Tensor4D, first, { stride: 2, padding: 1 }), a),
    ) as tf.Tensor4D;
    const straight = tf.add(conv2d(inner, second, { padding: 1 }), b);
    return activation(
      tf.add(straight, tf.add(conv2d(x as tf.Tensor4D, shortcut, { stride: 2 }), c)),
    );
  };
  return { unit, filters, biases, dispose: () => tf.dispose([...filters, ...biases]) };
}

/** Asserts that two tensors, which stay, are apart by at most a share of the largest number. */
const close = (actual: tf.Tensor, wanted: tf.Tensor, bound: number) =>
  assertClose(measure([actual.clone()]), measure([wanted.clone()]), bound);

for (const [name, activation] of Object.entries({ relu: tf.relu, relu6: tf.relu6 })) {
  Deno.test(`compile fuses convolutions with bias, sum and ${name}, and answers as before`, () => {
    const { unit, dispose } = residualUnit(), x = numbers([2, 9, 9, 5], "x");
    const run = compile((x) => unit(x, activation), [x]), [answer] = run(x);
    const wanted = unit(x, activation);
    close(answer, wanted, 1e-6);
    // Three convolutions, an image, three filters, three biases, and Identity; without oneDNN a sum and its activation.
    if (capturingBackend()) assert.equal(run.nodes, hasOneDnn ? 11 : 13);
    run.dispose();
    tf.dispose([x, answer, wanted]);
    dispose();
  });
}

Deno.test("compile leaves alone what is looked at between a convolution and its activation", () => {
  const { unit: _, filters: [filter], biases: [bias], dispose } = residualUnit();
  const x = numbers([1, 6, 6, 5], "x") as tf.Tensor4D;
  const layers = (x: tf.Tensor) => {
    const raw = conv2d(x as tf.Tensor4D, filter), biased = tf.add(raw, bias);
    return [raw, biased, tf.relu(biased)];
  };
  const run = compile(layers, [x]), answers = run(x), wanted = layers(x);
  answers.forEach((answer, i) => close(answer, wanted[i], 1e-6));
  run.dispose();
  tf.dispose([x, answers, wanted]);
  dispose();
});

Deno.test("compile fuses what gradients are taken of, and they stay what they were", () => {
  const { unit, dispose } = residualUnit(), x = numbers([2, 9, 9, 5], "x");
  const slope = (x: tf.Tensor) => tf.grad((x) => tf.sum(tf.square(unit(x))))(x);
  const run = compile(slope, [x]), [answer] = run(x), wanted = slope(x);
  close(answer, wanted, 1e-5);
  run.dispose();
  tf.dispose([x, answer, wanted]);
  dispose();
});

Deno.test("compile takes over filters: packed by oneDNN, freed, and the answers stay", () => {
  const { unit, filters, biases, dispose } = residualUnit(), x = numbers([2, 9, 9, 5], "x");
  const wanted = unit(x), handles = capturingBackend()?.eager.handleCount();
  const run = compile((x) => unit(x), [x], { takesOver: [...filters, ...biases] });
  assert.deepEqual(filters.map((one) => one.isDisposed), filters.map(() => hasOneDnn));
  assert.ok(biases.every((one) => !one.isDisposed));
  for (let i = 0; i < 3; i++) {
    const [answer] = run(x);
    close(answer, wanted, 1e-6);
    answer.dispose();
    const other = compile((x) => tf.square(x), [x]); // what TensorFlow keeps of one function stays when others go
    tf.dispose(other(x));
    other.dispose();
  }
  run.dispose();
  filters.forEach((one) => one.dispose());
  assert.equal(capturingBackend()?.eager.handleCount(), handles && handles - filters.length);
  tf.dispose([x, wanted]);
  dispose();
});

Deno.test("compile does not take over a filter that a gradient needs, or two convolutions share", () => {
  const { unit, filters, dispose } = residualUnit(), x = numbers([1, 9, 9, 5], "x");
  const slope = (x: tf.Tensor) => tf.grad((x) => tf.sum(unit(x)))(x);
  const run = compile(slope, [x], { takesOver: filters });
  const twice = (x: tf.Tensor) => tf.add(unit(x), unit(tf.neg(x)));
  const shared = compile(twice, [x], { takesOver: filters });
  assert.ok(filters.every((one) => !one.isDisposed));
  const answers = [...run(x), ...shared(x)], wanted = [slope(x), twice(x)];
  answers.forEach((answer, i) => close(answer, wanted[i], 1e-5));
  for (const one of [run, shared]) one.dispose();
  tf.dispose([x, answers, wanted]);
  dispose();
});

Deno.test({
  name: "compile packs in bfloat16 what it takes over, within that type's rounding",
  ignore: !hasOneDnn,
  fn: () => {
    const { unit, filters, dispose } = residualUnit(), x = numbers([2, 9, 9, 5], "x");
    const wanted = unit(x);
    const run = compile((x) => unit(x), [x], { precision: "bfloat16", takesOver: filters });
    for (let i = 0; i < 2; i++) {
      const [answer] = run(x);
      close(answer, wanted, 2 ** -6);
      assert.notDeepEqual(answer.dataSync(), wanted.dataSync());
      answer.dispose();
    }
    run.dispose();
    tf.dispose([x, wanted]);
    dispose();
  },
});

Deno.test({
  name: "compile answers alike at each run in bfloat16 where padding is as wide as the filter",
  ignore: !hasOneDnn, // of such a filter oneDNN keeps none on a processor without bfloat16 of its own
  fn: () => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 3]), bias = tf.tensor1d([1, 2, 3]);
    const filter = tf.variable(tf.ones<tf.Rank.R4>([1, 1, 3, 3]));
    const layer = (x: tf.Tensor) =>
      tf.relu(tf.add(conv2d(x as tf.Tensor4D, filter, { padding: 1 }), bias));
    const run = compile(layer, [x], { precision: "bfloat16", takesOver: [filter] });
    for (let i = 0; i < 3; i++) {
      const [answer] = run(x), values = tf.slice(answer, [0, 0, 0, 0], [1, 2, 2, 3]);
      assert.deepEqual([...values.dataSync()], [1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6]);
      tf.dispose([answer, values]);
    }
    run.dispose();
    tf.dispose([x, bias, filter]);
  },
});

Deno.test({
  name: "compile says that weights which it took over are gone when its first run failed",
  ignore: !hasOneDnn,
  fn: () => {
    const { unit, filters, dispose } = residualUnit(), x = numbers([2, 9, 9, 5], "x");
    const run = compile((x, i) => tf.gather(unit(x), i), [x, tf.tensor1d([0], "int32")], {
      name: "unit",
      takesOver: filters,
    });
    assert.throws(() => run(x, tf.tensor1d([7], "int32")), /indices/);
    assert.throws(() => run(x, tf.tensor1d([0], "int32")), /unit failed while it packed/);
    run.dispose();
    x.dispose();
    dispose();
  },
});

Deno.test({
  name: "compile does not take over a filter that oneDNN reads anew at each run",
  ignore: !hasOneDnn || Deno.build.arch !== "x86_64",
  fn: async () => {
    const program = `
      import { compile } from "lib/engine/compile.ts";
      import { startEngine } from "lib/engine/engine.ts";
      import * as tf from "@tensorflow/tfjs";
      await startEngine();
      const x = tf.ones([1, 8, 8, 4]), filter = tf.variable(tf.ones([3, 3, 4, 4]));
      const layer = (x) => tf.add(tf.conv2d(x, filter, 1, "same"), tf.tensor1d([1, 2, 3, 4]));
      const run = compile(layer, [x], { takesOver: [filter] });
      run(x);
      const [answer] = run(x);
      console.log(filter.isDisposed, tf.slice(answer, [0, 4, 4, 0], [1, 1, 1, 4]).dataSync().join());
    `;
    const of = async (env: Record<string, string>) =>
      (await runProgram(program, env)).output.trim();
    assert.equal(await of({}), "true 37,38,39,40");
    assert.equal(await of({ ONEDNN_MAX_CPU_ISA: "SSE41" }), "false 37,38,39,40");
  },
});
