import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { libraryInUse, startEngine } from "lib/engine/engine.ts";
import { roundsToTensorFloat32 } from "lib/engine/tensor_float32.ts";
import { runProgram } from "./run_program.ts";

const { backend, device, tensorFloat32 } = await startEngine();
const library = libraryInUse();

/** A matrix whose elements keep 10 bits of mantissa: rounded to the nearest, or cut off. */
function toTensorFloat32(x: tf.Tensor2D, way: "nearest" | "cut"): tf.Tensor2D {
  const values = Float32Array.from(x.dataSync()), bits = new Uint32Array(values.buffer);
  bits.forEach((word, i) => bits[i] = (word + (way === "nearest" ? 0x1000 : 0)) & ~0x1fff);
  return tf.tensor2d(values, x.shape);
}

for (const way of ["nearest", "cut"] as const) {
  Deno.test(`roundsToTensorFloat32 sees a product of factors of 10 bits, ${way}`, () => {
    const before = tf.memory().numTensors;
    const multiply = (a: tf.Tensor2D, b: tf.Tensor2D) =>
      tf.matMul(toTensorFloat32(a, way), toTensorFloat32(b, way));
    assert.equal(roundsToTensorFloat32(multiply), true);
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("roundsToTensorFloat32 sees float32 on a processor, and startEngine says so", {
  ignore: device !== "CPU:0",
}, () => {
  assert.equal(roundsToTensorFloat32(), false);
  assert.equal(tensorFloat32, false);
});

for (const asked of [undefined, false]) {
  // On a processor the switch changes no product: TensorFlow itself is asked how it stands.
  Deno.test(`tensorFloat32: ${asked} turns TensorFlow's switch`, {
    ignore: backend === "cpu" || Deno.build.os === "windows",
  }, async () => {
    const options = JSON.stringify({ device: "cpu", tensorFloat32: asked });
    const { output, errors } = await runProgram(`
      import * as tf from "@tensorflow/tfjs";
      import { startEngine } from "lib/engine/engine.ts";
      await startEngine(${options});
      const name = "_ZN3tsl33tensor_float_32_execution_enabledEv";
      const symbols = { [name]: { parameters: [], result: "bool" } };
      const isOn = Deno.dlopen(${JSON.stringify(library)}, symbols).symbols[name]();
      console.log(isOn, tf.matMul([[1 + 2 ** -12]], [[1]]).dataSync()[0] === 1 + 2 ** -12);
      Deno.exit(0);
    `);
    assert.deepEqual({ output, errors }, { output: `${asked ?? true} true\n`, errors: [] });
  });
}

Deno.test("NVIDIA_TF32_OVERRIDE=0 keeps a GPU from rounding", {
  ignore: !device.startsWith("GPU") || Deno.env.get("NVIDIA_TF32_OVERRIDE") !== "0",
}, () => assert.equal(tensorFloat32, false));
