import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Changes, presetOf, vary } from "lib/detectors/configuration.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { countOperations } from "lib/evaluation/operations.ts";
import { TABLE_7 } from "lib/studies/paper_tables/paper_table7.ts";

await startEngine();

interface FixtureRow {
  readonly paper: { gflops: number; gmacs: number; params_m: number };
  readonly exact: { flops: number; macs: number; params: number };
  readonly breakdown: {
    conv_macs: number;
    conv_bias: number;
    linear_macs: number;
    bn_numel: number;
    relu_numel: number;
    pool_in_numel: number;
    adaptive_pool_in_numel: number;
  };
  readonly other_tools: { torch_FlopCounterMode: { flops: number } };
}

const fixture = new URL("../fixtures/table7_flops.json", import.meta.url);
const { rows } = JSON.parse(await Deno.readTextFile(fixture)) as {
  rows: Record<string, FixtureRow>;
};

/** The fixture's rows in the order of the table. */
const KEYS = ["resnet_n3", "resnet_n4", "resnet_n5", "resnet_n6", "resnet_n7"]
  .concat("mobilenet_n4", "efficientnet_n4", "xception_299");

TABLE_7.forEach(({ method, detector, gflops, gmacs, megaparameters, difference }, i) => {
  Deno.test(`detectorCost counts Table 7's ${method} to the last FLOP`, async () => {
    const { paper, exact, breakdown, other_tools } = rows[KEYS[i]];
    assert.deepEqual({ gflops, gmacs, params_m: megaparameters }, {
      gflops: paper.gflops,
      gmacs: paper.gmacs,
      params_m: paper.params_m,
    });
    const cost = await detectorCost(detector);
    assert.equal(cost.macs, exact.macs);
    assert.equal(cost.flops.table7, exact.flops);
    assert.equal(cost.parameters, exact.params);
    assert.equal(cost.flops.twoPerMac, other_tools.torch_FlopCounterMode.flops);
    assert.equal(cost.flops.onePerMac, exact.macs);
    const { uncounted: _, ...counted } = cost.operations;
    assert.deepEqual(counted, {
      convolutionMacs: breakdown.conv_macs,
      convolutionBias: breakdown.conv_bias,
      linearMacs: breakdown.linear_macs,
      batchNorm: breakdown.bn_numel,
      relu: breakdown.relu_numel,
      pooling: breakdown.pool_in_numel + breakdown.adaptive_pool_in_numel,
    });

    // As printed, but for what the rows say that differs: 0.01 less is counted.
    const off = (printed: number, counted: number) =>
      Math.round(100 * printed) - Math.round(100 * counted);
    const differs = (what: string) => difference?.startsWith(`${what}: `) ? 1 : 0;
    assert.equal(off(gflops, cost.flops.table7 / 1e9), differs("FLOPs"));
    assert.equal(off(gmacs, cost.macs / 1e9), 0);
    assert.equal(off(megaparameters, cost.parameters / 1e6), differs("Parameters"));
  });
});

Deno.test("Table 7's rows that differ are the five that are known", () => {
  const known = TABLE_7.filter((row) => row.difference).map((row) => row.method);
  assert.deepEqual(known, [
    "ResNet34 (n = 5)",
    "ResNet34 (n = 6)",
    "ResNet34 (n = 7)",
    "EfficientNet-B0 (n = 4)",
    "Xception",
  ]);
  // What the text says of n = 5, 6, 7: the rounded numbers of n = 3 and 4, carried on.
  const [three, four, ...more] = TABLE_7.slice(0, 5).map((row) => row.megaparameters);
  more.forEach((printed, i) => {
    assert.equal(printed.toFixed(2), (three + (four - three) * (i + 2)).toFixed(2));
  });
});

Deno.test("detectorCost names how many parameters are in classifiers that never run", async () => {
  assert.equal((await detectorCost(vary(SMOKE, { width: 1 }).detector)).idle, 0);
  const mobilenet = await detectorCost(vary(SMOKE, { width: 1, backbone: "mobilenetV1" }).detector);
  assert.equal(mobilenet.idle, 2 * (1024 * 1000 + 1000));
});

Deno.test("detectorCost: four tiles cost the convolutions of one whole image", async () => {
  const convolutions = async (changes: Changes<ExposingSettings>) => {
    const cost = await detectorCost(vary(SMOKE, changes).detector);
    return cost.operations.convolutionMacs;
  };
  assert.equal(
    await convolutions({ imageSize: 128, blocks: 4, view: "tiles" }),
    await convolutions({ imageSize: 128, blocks: 1 }),
  );
});

Deno.test("countOperations counts padding, biases and poolings by its rules", async () => {
  const x = tf.ones<tf.Rank.R4>([1, 4, 4, 2]);
  const counts = await countOperations(() => {
    tf.add(tf.conv2d(x, tf.ones([3, 3, 2, 5]), 2, "same"), tf.ones([5]));
    tf.depthwiseConv2d(x, tf.ones([3, 3, 2, 1]), 1, "same");
    tf.maxPool(tf.pad4d(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 1, "valid");
    tf.maxPool(x, 2, 2, "valid");
    tf.add(tf.relu(x), x);
  });
  assert.deepEqual(counts, {
    convolutionMacs: 4 * 5 * 18 + 32 * 9,
    convolutionBias: 4 * 5,
    linearMacs: 0,
    batchNorm: 0,
    relu: 32,
    pooling: 32 + 32,
    uncounted: { PadV2: 72, Add: 32 },
  });
});

Deno.test("countOperations refuses what it cannot count, passes errors on and stops profiling", async () => {
  const x = tf.ones<tf.Rank.R2>([2, 2]);
  await assert.rejects(countOperations(() => void tf.einsum("ij,jk->ik", x, x)), {
    name: "RangeError",
    message: /Einsum multiplies and adds/,
  });
  const pass = () => {
    throw new Error("inner");
  };
  await assert.rejects(countOperations(pass), /inner/);
  assert.equal((await countOperations(() => void tf.relu(x))).relu, 4);
});

Deno.test("detectorCost counts the same on the plain backend", async () => {
  const backend = tf.getBackend();
  const detectors = [
    ...["resnet34", "mobilenetV1", "efficientnetB0", "conv4"].map((backbone) =>
      vary(SMOKE, { backbone }).detector
    ),
    presetOf(xception, "smoke").detector,
  ];
  for (const detector of detectors) {
    const here = await detectorCost(detector);
    await tf.setBackend("cpu");
    const plain = await detectorCost(detector);
    await tf.setBackend(backend);
    assert.deepEqual([plain.parameters, plain.flops], [here.parameters, here.flops]);
    assert.deepEqual({ ...plain.operations, uncounted: {} }, { ...here.operations, uncounted: {} });
  }
});

Deno.test("detectorCost leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  await detectorCost(SMOKE.detector);
  assert.equal(tf.memory().numTensors, before);
});
