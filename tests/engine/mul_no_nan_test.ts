import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { mulNoNan } from "lib/engine/mul_no_nan.ts";
import { runProgram } from "./run_program.ts";

await startEngine();

Deno.test("mulNoNan multiplies, and makes 0 of everything by a factor of 0, captured too", () => {
  const x = tf.tensor2d([[1.5, -2], [NaN, -Infinity]]);
  using product = disposing(
    compile((x, f) => mulNoNan(x, f as tf.Scalar), [x, tf.scalar(0)]),
  );
  for (const multiply of [mulNoNan, (x: tf.Tensor, f: tf.Scalar) => product.run(x, f)[0]]) {
    assert.deepEqual([...multiply(x, tf.scalar(0)).dataSync()], [0, 0, 0, 0]);
    assert.deepEqual([...multiply(x, tf.scalar(2)).dataSync()], [3, -4, NaN, -Infinity]);
  }
});

Deno.test("mulNoNan does so on the plain backend", async () => {
  const { output } = await runProgram(`
    import * as tf from "@tensorflow/tfjs";
    import { startEngine } from "lib/engine/engine.ts";
    import { mulNoNan } from "lib/engine/mul_no_nan.ts";
    await startEngine({ backend: "cpu" });
    const x = tf.tensor1d([1.5, NaN, Infinity]);
    for (const f of [0, 2]) console.log(mulNoNan(x, tf.scalar(f)).arraySync().join());
  `);
  assert.equal(output, "0,0,0\n3,NaN,Infinity\n");
});

function disposing(run: ReturnType<typeof compile>) {
  return { run, [Symbol.dispose]: () => run.dispose() };
}
