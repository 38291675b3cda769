import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { TYPES } from "lib/engine/kernel_binding.ts";
import { startEngine } from "lib/engine/engine.ts";
import { TensorFlowError } from "lib/engine/tensorflow_error.ts";
import { runProgram } from "./run_program.ts";

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

// In a process of its own: TensorFlow's allocator waits ten seconds for memory to be given back, the
// system's does not, and which one serves is decided once for a process.
Deno.test("a captured step that finds no memory says so, and its variables stay usable", {
  ignore,
}, async () => {
  const program = `
    import * as tf from "@tensorflow/tfjs";
    import { compileStep } from "lib/engine/compile.ts";
    import { startEngine } from "lib/engine/engine.ts";
    await startEngine();
    const weight = tf.variable(tf.ones([1, 2]));
    const step = compileStep((x) => {
      const huge = tf.tile(x, [1, 500_000_000, 1_000_000]); // 10¹⁶ bytes: beyond any address
      weight.assign(tf.mul(weight, tf.mean(huge)));
      return tf.sum(weight);
    }, [tf.zeros([8, 1, 1])]);
    let message = "no error";
    try {
      step(tf.ones([8, 1, 1]));
    } catch (error) {
      message = error.message;
    }
    console.log(JSON.stringify([message, [...weight.dataSync()]]));
  `;
  const { output, errors } = await runProgram(program, { TF_ONEDNN_USE_SYSTEM_ALLOCATOR: "1" });
  assert.deepEqual(errors, []);
  const [message, weight] = JSON.parse(output);
  assert.match(
    message,
    /Out of memory in step_\d+ on float32 \[8,1,1\], 1 variables\. Try a batch of 4\./,
  );
  assert.deepEqual(weight, [1, 1]);
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
