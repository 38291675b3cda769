/** In mixed precision a weight waits for its layer's input, so that its bfloat16 copy is not made before. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import type { CaptureOptions } from "lib/engine/captured_function.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { heldBack } from "lib/engine/held_back_weights.ts";
import { TYPES } from "lib/engine/kernel_binding.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { recordedOperations } from "./recorded_operations.ts";

const { backend, device } = await startEngine();
const ignore = backend !== "tensorflow" || device !== "CPU:0";

const weights = () =>
  [
    tf.variable(tf.randomNormal([3, 3, 3, 4], 0, 1, "float32", 1)),
    tf.variable(tf.randomNormal([3, 3, 4, 5], 0, 1, "float32", 2)),
    tf.variable(tf.randomNormal([5, 2], 0, 1, "float32", 3)),
  ] as [tf.Variable<tf.Rank.R4>, tf.Variable<tf.Rank.R4>, tf.Variable<tf.Rank.R2>];

/** Two convolutions and a product. */
function network([a, b, c]: ReturnType<typeof weights>) {
  return (x: tf.Tensor) => {
    const deep = tf.conv2d(
      tf.relu(tf.conv2d(tf.neg(x) as tf.Tensor4D, a, 1, "same")),
      b,
      1,
      "same",
    );
    return tf.matMul(tf.mean(deep, [1, 2]) as tf.Tensor2D, c);
  };
}

const example = tf.randomNormal([2, 8, 8, 3], 0, 1, "float32", 4);

Deno.test(
  "heldBack: in bfloat16 every weight waits for what it is applied to, in float32 none does",
  {
    ignore,
  },
  () => {
    const all = weights();
    const recorded = (options: CaptureOptions) =>
      recordedOperations(network(all), example, options);
    const half = recorded({ precision: "bfloat16" });
    const applied = half.filter(({ operation }) =>
      operation === "Conv2D" || operation === "MatMul"
    );
    assert.equal(applied.length, all.length);
    for (const { inputs: [x, weight] } of applied) {
      const held = half.find(({ inputs: [first], after }) => first === weight && after.length > 0);
      assert.deepEqual(held && [held.operation, held.after], ["PlaceholderWithDefault", [x]]);
    }
    const whole = recorded({});
    assert.equal(whole.length, half.length - all.length);
    tf.dispose(all);
  },
);

Deno.test(
  "a captured network in bfloat16 answers as in float32, to its precision",
  { ignore },
  () => {
    const all = weights(), work = network(all);
    const [whole, half] = (["float32", "bfloat16"] as const)
      .map((precision) => compile(work, [example], { precision }));
    assertClose(measure(half(example)), measure(whole(example)), 0.03);
    tf.dispose(all);
    whole.dispose();
    half.dispose();
  },
);

Deno.test("heldBack puts the waiting weight in its place, and leaves what is no weight of the function", () => {
  const isArgument = (id: number) => id === -2, shape = [5, 2], dtype = TYPES.FLOAT;
  const executeOp = () => [{ id: -9, shape, dtype }], describe = () => ({ shape, dtype });
  const inputsOf = (operation: string, ids: number[]) =>
    heldBack({ executeOp, isArgument, describe }, operation, ids);
  assert.deepEqual(inputsOf("BatchMatMulV2", [-3, -2]), [-3, -9]);
  assert.deepEqual(inputsOf("BatchMatMulV2", [-3, -4]), [-3, -4]); // computed
  assert.deepEqual(inputsOf("BatchMatMulV2", [-2, -2]), [-2, -2]); // an input, which waits for nothing
  assert.deepEqual(inputsOf("AddV2", [-3, -2]), [-3, -2]);
});
