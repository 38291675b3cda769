import assert from "node:assert/strict";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { startEngine } from "lib/engine/engine.ts";
import { KEEPING, keepsFilter } from "lib/engine/keeps_filter.ts";
import { ATTRIBUTES, TYPES } from "lib/engine/kernel_binding.ts";
import { usesOneDnn } from "lib/engine/one_dnn.ts";

await startEngine();

/** A 3 × 3 convolution with a bias and a ReLU. */
function convolution(channels: number) {
  return {
    attributes: [
      { name: "strides", type: ATTRIBUTES.INT, value: [1, 1, 1, 1] },
      { name: "padding", type: ATTRIBUTES.STRING, value: "SAME" },
      { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
      { name: "num_args", type: ATTRIBUTES.INT, value: 1 },
      { name: "fused_ops", type: ATTRIBUTES.STRING, value: ["BiasAdd", "Relu"] },
      ...KEEPING,
    ],
    dtype: TYPES.FLOAT,
    image: [2, 9, 9, channels],
    filter: [3, 3, 4, 8],
    others: [[8]],
  };
}

for (const [channels, name] of [[4, "runs"], [5, "refuses"]] as const) {
  Deno.test({
    name: `keepsFilter answers for a convolution that TensorFlow ${name}, and leaves no tensor`,
    ignore: !usesOneDnn(),
    fn: () => {
      const backend = capturingBackend()!, before = backend.eager.handleCount();
      const answer = keepsFilter(backend, convolution(channels));
      if (channels === 5) assert.equal(answer, false);
      else if (Deno.build.arch === "x86_64") assert.equal(answer, true);
      assert.equal(keepsFilter(backend, convolution(channels)), answer);
      assert.equal(backend.eager.handleCount(), before);
    },
  });
}
