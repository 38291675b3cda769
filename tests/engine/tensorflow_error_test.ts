import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { TYPES } from "lib/engine/kernel_binding.ts";
import { compileStep, startEngine } from "lib/engine/engine.ts";
import { TensorFlowError } from "lib/engine/tensorflow_error.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";

Deno.test("an eager error names the operation, its inputs and TensorFlow's reason", {
  ignore,
}, () => {
  const reshape = () => tf.reshape(tf.ones([2, 3]), [7]);
  assert.throws(reshape, (error: unknown) => {
    assert.ok(error instanceof TensorFlowError);
    assert.match(error.message, /^Reshape on float32 \[2,3\], int32 \[1\]: .*6 values.*has 7/);
    assert.equal(error.operation, "Reshape");
    assert.equal(error.code, 3); // INVALID_ARGUMENT
    return true;
  });
});

Deno.test("the engine works on after an error", { ignore }, () => {
  assert.throws(() => tf.reshape(tf.ones([2, 3]), [7]), TensorFlowError);
  assert.deepEqual([...tf.add(tf.ones([2]), 1).dataSync()], [2, 2]);
});

// Takes ten seconds: TensorFlow waits that long for memory to be given back.
Deno.test("a captured step that finds no memory says so, and its variables stay usable", {
  ignore,
}, () => {
  const weight = tf.variable(tf.ones([1, 2]));
  const step = compileStep((x) => {
    const huge = tf.tile(x, [1, 500_000_000, 1_000_000]); // 10¹⁶ bytes: beyond any address
    weight.assign(tf.mul(weight, tf.mean(huge)) as tf.Tensor2D);
    return tf.sum(weight as tf.Tensor);
  }, [tf.zeros([8, 1, 1])]);
  assert.throws(
    () => step(tf.ones([8, 1, 1])),
    /Out of memory in step_\d+ on float32 \[8,1,1\], 1 variables\. Try a batch of 4\./,
  );
  assert.deepEqual([...weight.dataSync()], [1, 1]);
  step.dispose();
  weight.dispose();
});

Deno.test("TensorFlowError proposes half the batch of the largest input, if there is one", () => {
  const inputs = [
    { shape: [3, 3, 64, 64], dtype: TYPES.FLOAT },
    { shape: [32, 224, 224, 3], dtype: TYPES.FLOAT },
    { shape: [10_000_000_000], dtype: TYPES.INT32 }, // a vector has no batch
  ];
  const { message } = new TensorFlowError(8, "OOM", { operation: "Conv2D", inputs });
  assert.match(
    message,
    /^Out of memory in Conv2D on float32 \[3,3,64,64\], .*Try a batch of 16\. /,
  );
  const single = [{ shape: [1, 512], dtype: TYPES.FLOAT }];
  const alone = new TensorFlowError(8, "OOM", { operation: "MatMul", inputs: single });
  assert.equal(alone.message, "Out of memory in MatMul on float32 [1,512]. TensorFlow: OOM");
});
