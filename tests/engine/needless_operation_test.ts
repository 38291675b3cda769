import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile, compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { ATTRIBUTES, TYPES } from "lib/engine/kernel_binding.ts";
import { isNeedless } from "lib/engine/needless_operation.ts";

const { backend } = await startEngine(), ignore = backend === "cpu";

Deno.test("isNeedless tells a reshape to the same shape and a cast to the same type from others", () => {
  const reshape = (shape: number[], ...wanted: number[]) =>
    isNeedless("Reshape", { attributes: [], shape, values: Int32Array.from(wanted) });
  assert.ok(reshape([2, 3], 2, 3) && reshape([2, 3], 2, -1) && reshape([5], -1));
  assert.ok(!reshape([2, 3], 3, 2) && !reshape([2, 3], 6) && !reshape([2, 3], -1));
  assert.ok(!isNeedless("Reshape", { attributes: [], shape: [2], values: undefined }));
  const cast = (from: number, to: number) => {
    const of = (name: string, value: number) => ({ name, type: ATTRIBUTES.TYPE, value });
    const attributes = [of("SrcT", from), of("DstT", to)];
    return isNeedless("Cast", { attributes, shape: [2], values: undefined });
  };
  assert.ok(cast(TYPES.FLOAT, TYPES.FLOAT) && !cast(TYPES.INT32, TYPES.FLOAT));
  assert.ok(!isNeedless("Neg", { attributes: [], shape: [2], values: Int32Array.of(2) }));
});

Deno.test("compile records neither needless operations nor a constant twice", { ignore }, () => {
  const captured = compile((x) => {
    const same = tf.cast(tf.reshape(tf.reshape(x, [2, -1]), [2, 3]), "float32");
    return tf.add(tf.mul(same, 3), tf.mul(x, 3));
  }, [tf.zeros([2, 3])]);
  // The argument, one constant, two products, their sum, and the result's Identity.
  assert.equal(captured.nodes, 6);
  const [y] = captured(tf.fill([2, 3], 2));
  assert.deepEqual([...y.dataSync()], Array(6).fill(12));
  captured.dispose();
});

Deno.test(
  "compileStep takes a needless reshape of an updated variable for its value before the step",
  { ignore },
  () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const step = compileStep((x) => {
      const before = tf.reshape(w as tf.Tensor, [2]);
      w.assign(tf.add(w as tf.Tensor, x));
      return before;
    }, [tf.zeros([2])]);
    const [before] = step(tf.tensor1d([10, 10]));
    assert.deepEqual([[...before.dataSync()], [...w.dataSync()]], [[1, 2], [11, 12]]);
    step.dispose();
    w.dispose();
  },
);
