/** TensorFlow.js's operations on TensorFlow: against its plain cpu backend, and captured. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { makeInputs, OPERATION_CASES, type OperationCase, runCase } from "./operation_cases.ts";

const { backend, device } = await startEngine();
/** TensorFlow mixes bfloat16 on processors, the engine itself on a GPU. */
const mixesBfloat16 = backend === "tensorflow";

/** What TensorFlow.js itself cannot do, on any backend. */
const REFUSED_BY_TENSORFLOW_JS: Record<string, RegExp> = {
  "einsum, gradients": /gradient function not found for Einsum/,
  "gather of texts": /must be numeric tensor, but got string tensor/,
};

/** What cannot be captured: the shape of the result depends on values. */
const NOT_CAPTURED: Record<string, RegExp> = {
  "unique": /depends on values, which are not known while a function is captured/,
  "nonMaxSuppression": /depends on values, which are not known while a function is captured/,
};

async function runOn(backendName: string, operation: OperationCase) {
  await tf.setBackend(backendName);
  const inputs = makeInputs(operation);
  try {
    return measure(runCase(operation, inputs));
  } finally {
    tf.dispose(inputs);
    await tf.setBackend(backend);
  }
}

/** Results of the captured operation, called with other tensors than it was captured with. */
function runCaptured(operation: OperationCase, precision: "float32" | "bfloat16") {
  const example = operation.inputs.map(({ shape, dtype }) => tf.zeros(shape, dtype));
  const captured = compile((...x) => runCase(operation, x), example, { precision });
  const inputs = makeInputs(operation);
  try {
    return measure(captured(...inputs));
  } finally {
    captured.dispose();
    tf.dispose([example, inputs]);
  }
}

for (const operation of OPERATION_CASES) {
  const { name } = operation;
  const refused = REFUSED_BY_TENSORFLOW_JS[name];
  const hasTexts = operation.inputs.some(({ dtype }) => dtype === "string");

  Deno.test(`${name}: TensorFlow agrees with the plain cpu backend`, async () => {
    if (refused) {
      await assert.rejects(runOn("cpu", operation), refused);
      await assert.rejects(runOn(backend, operation), refused);
    } else {
      assertClose(await runOn(backend, operation), await runOn("cpu", operation), 1e-5);
    }
  });
  if (refused || hasTexts || backend === "cpu") continue;

  Deno.test(`${name}: captured agrees with eager`, async () => {
    if (NOT_CAPTURED[name]) {
      assert.throws(() => runCaptured(operation, "float32"), NOT_CAPTURED[name]);
    } else {
      assertClose(runCaptured(operation, "float32"), await runOn(backend, operation), 1e-5);
    }
  });
}

Deno.test("compile with bfloat16 stays within 2 % of the largest value, with half the digits", {
  ignore: !mixesBfloat16,
}, async () => {
  for (const operation of OPERATION_CASES) {
    const { name } = operation;
    if (REFUSED_BY_TENSORFLOW_JS[name] || NOT_CAPTURED[name]) continue;
    if (operation.inputs.some(({ dtype }) => dtype === "string")) continue;
    assertClose(runCaptured(operation, "bfloat16"), await runOn(backend, operation), 0.02);
  }
});

/** Whether TensorFlow computes in bfloat16 here: oneDNN does so on processors with AVX-512 alone. */
const hasBfloat16 = async () => {
  if (device.startsWith("GPU")) return true;
  const words = await Deno.readTextFile("/proc/cpuinfo").catch(() => "avx512f"); // not Linux: as most
  return /\bavx512f\b/.test(words);
};

Deno.test(
  "compile with bfloat16 rounds a product where the processor can, and is float32 where not",
  {
    ignore: !mixesBfloat16,
  },
  async () => {
    const product = OPERATION_CASES.find(({ name }) => name === "matMul")!;
    const [half] = runCaptured(product, "bfloat16"), [full] = await runOn(backend, product);
    if (await hasBfloat16()) assert.notDeepEqual(half.values, full.values);
    else assert.deepEqual(half.values, full.values);
  },
);
