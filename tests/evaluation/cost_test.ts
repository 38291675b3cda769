import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Changes, presetOf, vary } from "lib/detectors/configuration.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { type Cost, type CostedNetwork, detectorCost } from "lib/evaluation/cost.ts";
import { countOperations } from "lib/evaluation/operations.ts";
import {
  COUNTED_FACE_X_RAY,
  TRUNK,
  WIDENED_TRUNK,
} from "lib/studies/paper_tables/counted_face_x_ray.ts";
import { type Table7Row, TABLE_7 } from "lib/studies/paper_tables/paper_table7.ts";

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
type Counted = Record<"trunk" | "widened" | "with_head", FixtureRow["exact"]>;

const fixture = new URL("../fixtures/table7_flops.json", import.meta.url);
const { rows } = JSON.parse(await Deno.readTextFile(fixture)) as {
  rows: Record<string, FixtureRow> & { facexray: FixtureRow & { counted: Counted } };
};

/** The fixture's rows in the order of the table. */
const KEYS = ["xception_299", "facexray", "resnet_n3", "resnet_n4", "resnet_n5", "resnet_n6"]
  .concat("resnet_n7", "mobilenet_n4", "efficientnet_n4");

const counted = new Map<CostedNetwork, Promise<Cost>>();

/** The cost of a network, counted once. */
function costOf(network: CostedNetwork): Promise<Cost> {
  const cost = counted.get(network) ?? detectorCost(network);
  counted.set(network, cost);
  return cost;
}

/** As printed, but for what a row says that differs: 0.01 less is counted. */
function assertPrinted(row: Table7Row, cost: Cost) {
  const off = (printed: number, counted: number) =>
    Math.round(100 * printed) - Math.round(100 * counted);
  const differs = (what: string) => row.difference?.startsWith(`${what}: `) ? 1 : 0;
  assert.equal(off(row.gflops, cost.flops.table7 / 1e9), differs("FLOPs"));
  assert.equal(off(row.gmacs, cost.macs / 1e9), 0);
  assert.equal(off(row.megaparameters, cost.parameters / 1e6), differs("Parameters"));
}

Deno.test("Face X-ray's parts cost what calflops counts on timm's network, and fit the print", async () => {
  const { paper, counted: { trunk, widened, with_head } } = rows.facexray;
  const row = TABLE_7.find(({ method }) => method === "Face X-ray")!;
  const { gflops, gmacs, megaparameters } = row;
  assert.deepEqual([gflops, gmacs, megaparameters], [
    paper.gflops,
    paper.gmacs,
    paper.params_m,
  ]);
  // calflops counts the values that go into each nearest enlarging, from branch to finer branch; here they are
  // free. And 256 for the head's enlarging to 256 pixels.
  const enlarged = [[1, 2], [4, 3], [3, 4]].flatMap(([modules, branches]) =>
    Array.from({ length: branches }, (_, from) => from).flatMap((from) =>
      Array.from({ length: from }, (_, to) => modules * 32 * 2 ** to * (64 / 2 ** from) ** 2)
    )
  ).reduce((sum, values) => sum + values);
  const parts = [
    [TRUNK, trunk, enlarged],
    [WIDENED_TRUNK, widened, enlarged],
    [COUNTED_FACE_X_RAY, with_head, enlarged + 256],
  ] as const;
  for (const [network, { flops, macs, params }, more] of parts) {
    const cost = await costOf(network);
    assert.deepEqual([cost.flops.table7, cost.macs, cost.parameters], [
      flops - more,
      macs,
      params,
    ]);
    if (network === row.detector) assertPrinted(row, cost);
    else assert.throws(() => assertPrinted(row, cost)); // no part alone fits
  }
});

Deno.test("Xception's printed FLOPs fit with the shortcut sums, and those of five blocks do not", async () => {
  const withSums = async (method: string) => {
    const { detector, gflops } = TABLE_7.find((row) => row.method === method)!;
    const { flops, operations: { uncounted: { Add } } } = await costOf(detector);
    return { Add, fits: ((flops.table7 + Add) / 1e9).toFixed(2) === gflops.toFixed(2) };
  };
  // Twelve sums, of sides and channels after each block, and the bias of two logits.
  const twelve = [[74, 128], [37, 256], ...Array(9).fill([19, 728]), [10, 1024]];
  const values = twelve.reduce((sum, [side, channels]) => sum + side ** 2 * channels, 0);
  assert.deepEqual(await withSums("Xception"), { Add: values + 2, fits: true });
  assert.equal((await withSums("ResNet34 (n = 5)")).fits, false);
});

TABLE_7.forEach((row, i) => {
  const { method, detector, gflops, gmacs, megaparameters } = row;
  if (method === "Face X-ray") return; // above: there is no code of the authors to count
  Deno.test(`detectorCost counts Table 7's ${method} to the last FLOP`, async () => {
    const { paper, exact, breakdown, other_tools } = rows[KEYS[i]];
    assert.deepEqual({ gflops, gmacs, params_m: megaparameters }, {
      gflops: paper.gflops,
      gmacs: paper.gmacs,
      params_m: paper.params_m,
    });
    const cost = await costOf(detector);
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
    assertPrinted(row, cost);
  });
});

Deno.test("Table 7's rows that differ are the five that are known", () => {
  const known = TABLE_7.filter((row) => row.difference).map((row) => row.method);
  assert.deepEqual(known, [
    "Xception",
    "ResNet34 (n = 5)",
    "ResNet34 (n = 6)",
    "ResNet34 (n = 7)",
    "EfficientNet-B0 (n = 4)",
  ]);
  // What the text says of n = 5, 6, 7: the rounded numbers of n = 3 and 4, carried on.
  const [three, four, ...more] = TABLE_7.slice(2, 7).map((row) => row.megaparameters);
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
