/** Tests of the bench's comparison of other detectors than the paper's; PyTorch itself is not needed. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { compareChecks } from "lib/tasks/bench/agreement.ts";
import { caseName, type PaperCase, type ResolvedCase } from "lib/tasks/bench/bench_cases.ts";
import { parseBenchOptions } from "lib/tasks/bench/bench_options.ts";
import {
  batchOf,
  configurationOf,
  formulaState,
  resolveCase,
  withoutDropout,
} from "lib/tasks/bench/case_inputs.ts";
import { withOperations } from "lib/tasks/bench/case_questions.ts";
import { COMPARED } from "lib/tasks/bench/compared_detectors.ts";
import { detectorTable, limits } from "lib/tasks/bench/detector_table.ts";
import { operationTimes } from "lib/tasks/bench/operation_times.ts";
import type { CaseResult } from "lib/tasks/bench/time_case.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { judge } from "lib/tasks/bench/verdict.ts";
import { fake } from "./fake_contender.ts";

const ONE: ResolvedCase = {
  work: "training",
  precision: "float32",
  batch: 8,
  detector: "mesonet",
  preset: "smoke",
  settings: {},
  size: 32,
  learningRate: 1e-3,
  weightDecay: 0,
};

/** The paper's detector, as small as it is. */
const PAPERS: PaperCase = {
  ...{ work: "training", precision: "float32", batch: 2 },
  ...{ blocks: 2, width: 0.125, size: 32 },
};

/** A result with these images a second, and processor time of a second an image. */
function resultOf(ours: number[], peers: number[], changes: Partial<CaseResult> = {}): CaseResult {
  const side = (imagesPerSecond: number[], processor: number, peak: number) => ({
    name: "",
    variant: "plain",
    tried: {},
    parameters: 1234,
    value: 0,
    imagesPerSecond,
    processorSeconds: imagesPerSecond.map(() => processor),
    peakMemory: peak,
    stepMemory: peak / 2,
  });
  return {
    case: ONE,
    steps: 1,
    ours: side(ours, 2, 2e9),
    peer: side(peers, 1, 1e9),
    disturbance: ours.map(() => 2),
    ...changes,
  };
}

Deno.test("COMPARED: every network has its file in PyTorch and can be made, and no file is left out", async () => {
  const folder = new URL("../../../lib/tasks/bench/torch_detectors/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^[^_].*\.py$/.test(name)).map((name) => name.slice(0, -3));
  assert.deepEqual(files.sort(), [...new Set(COMPARED.map(({ detector }) => detector))].sort());
  const cases = await Promise.all(
    COMPARED.map((chosen) =>
      resolveCase({ work: "training", precision: "float32", batch: 8, ...chosen })
    ),
  );
  assert.equal(new Set(cases.map(caseName)).size, COMPARED.length);
  for (const { settings, size, learningRate } of cases) {
    assert.deepEqual(JSON.parse(JSON.stringify(settings)), settings, "settings travel as JSON");
    assert.ok(size >= 32 && learningRate > 0);
  }
});

Deno.test("parseBenchOptions takes several detectors, their changes and a batch", () => {
  const names = (...args: string[]) => {
    const options = parseBenchOptions(["--peer", "torch", ...args]);
    return options === "help" ? [] : options.cases.map(caseName);
  };
  assert.deepEqual(
    names("--detector", "spsl,mesonet", "--set", "imageSize=64", "--cases", "training"),
    [
      "training-float32-spsl-64",
      "training-float32-mesonet-64",
    ],
  );
  assert.equal(names("--detector", "all").length, 2 * COMPARED.length);
  assert.ok(names("--detector", "all").includes("inference-float32-mesonet-port-mesoInception4"));
  const own = parseBenchOptions(["--detector", "mine.ts", "--batch", "3"]);
  assert.ok(own !== "help" && own.cases.every(({ batch }) => batch === 3));
});

Deno.test("parseBenchOptions refuses what PyTorch's side has not, and options without a detector", () => {
  const parse = (...args: string[]) => () => parseBenchOptions(args);
  assert.throws(
    parse("--peer", "torch", "--detector", "resnext"),
    /no detector "resnext".*mesonet/,
  );
  assert.throws(parse("--peer", "torch", "--detector", "./mine.ts"), /no detector/);
  assert.throws(parse("--set", "edition=port"), /--set belongs to a --detector/);
  assert.throws(parse("--preset", "quick"), /--preset belongs to a --detector/);
});

Deno.test("withoutDropout and batchOf give both sides the same work", async () => {
  await startEngine();
  const configuration = await configurationOf({ ...ONE, detector: "face_x_ray" });
  const quiet = withoutDropout(await configurationOf(ONE)).detector.settings as { dropout: number };
  assert.equal(quiet.dropout, 0);
  const plain = { ...ONE, detector: "sbi", changes: ["network=resnet34"] }; // dropout has no effect in it
  assert.ok(withoutDropout(await configurationOf(plain)));
  const { targets } = batchOf(4, configuration.detector);
  const masks = targets.masks!.dataSync();
  assert.ok(masks.every((v) => v >= 0 && v <= 1) && masks.some((v) => v > 0.9));
  assert.deepEqual([...targets.classes.dataSync()], [1, 0, 0, 1, 1, 0, 0, 1]);
  tf.dispose(Object.values(targets));
});

Deno.test("formulaState fills what only training has: counters say 1, losses' weights too, the rest is the formula's", async () => {
  const { detector } = await configurationOf({ ...ONE, detector: "dcl" });
  const state = formulaState(detector);
  assert.deepEqual(Object.keys(state), detector.trainingState.map(({ name }) => name));
  const values = (name: string) => [...state[name]!.dataSync()];
  assert.deepEqual([values("batches"), values("hard_fake_pointer")], [[1], [1]]);
  for (
    const name of ["momentum.net._conv_head.weight", "hard_real_queue", "feature_squeeze.bias"]
  ) {
    assert.ok(values(name).every((x) => x !== 0), name); // the first of them begins at zeros
  }
  const weights = formulaState((await configurationOf(PAPERS)).detector);
  assert.deepEqual(Object.values(weights).map((x) => [...x.dataSync()]), [[1, 1, 1]]);
  for (const made of [state, weights]) disposeParameters(made);
});

Deno.test("compareChecks is as strict as rounding, but for pictures saved as JPEG by two codecs", () => {
  const check = { parameters: 10, logits: [2, -1], loss: 1 },
    other = { ...check, logits: [2, -1.01] };
  assert.throws(() => compareChecks(ONE, [other, check]), /do not compute the same for training/);
  const ela = { ...ONE, detector: "xception_ela" };
  assert.equal(compareChecks(ela, [other, check]).network, "xception_ela-smoke");
  assert.throws(() => compareChecks(ela, [{ ...check, logits: [1, -1] }, check]), /not compute/);
});

Deno.test("operationTimes finds a network's operations, forward and backward", async () => {
  await startEngine();
  const configuration = withoutDropout(await configurationOf(ONE));
  const training = operationTimes(ONE, configuration, false);
  const inference = operationTimes({ ...ONE, work: "inference" }, configuration, false);
  for (const kind of ["convolution", "batch norm", "pooling", "matrix product", "rest"] as const) {
    assert.ok(training[kind]! > 0 && inference[kind]! > 0, kind);
  }
  assert.equal(training["depthwise convolution"], undefined);
});

Deno.test("judge compares processor time too", () => {
  assert.equal(judge(resultOf([9, 9, 9], [3, 3, 3]))?.processor?.median, 0.5);
});

Deno.test("withOperations asks both sides where a slow pass goes, and no fast one", async () => {
  const sides = (["ours", "peer"] as const).map((name) => fake(name, {})),
    { signal } = new AbortController();
  const contenders = [sides[0]!, sides[1]!] as const;
  const ask = (result: CaseResult, device = "CPU:0") =>
    withOperations(result, { contenders, device, signal });
  const slow = await ask(resultOf([1, 1, 1], [2, 2, 2]));
  assert.deepEqual(slow.operations, {
    pictures: 4,
    ours: { convolution: 1 },
    peer: { convolution: 1 },
  });
  const fast = resultOf([2, 2, 2], [1, 1, 1]);
  const lighter = { ...fast, peer: { ...fast.peer!, processorSeconds: [3, 3, 3] } };
  assert.equal((await ask(lighter)).operations, undefined);
  const onGpu = await ask(resultOf([1, 1, 1], [2, 2, 2]), "GPU:0"); // whose time it is not
  assert.equal(onGpu.operations, undefined);
});

Deno.test("detectorTable has a row a network, and limits says where the slow ones go", () => {
  const inference = resultOf([4, 4, 4], [2, 2, 2], { case: { ...ONE, work: "inference" } });
  const training = resultOf([1, 1, 1], [2, 2, 2], {
    operations: {
      pictures: 4,
      ours: { convolution: 0.8, rest: 0.004 },
      peer: { convolution: 0.4 },
    },
  });
  const rows = detectorTable([inference, training]).slice(2);
  assert.equal(rows.length, 1);
  assert.match(rows[0]!, /\| mesonet-smoke \| 1234 \| 32 \| 8 \| \*\*2\.00\*\*.*\| \*\*0\.50\*\*/);
  assert.match(rows[0]!, /2\.00 \(1\.00\) \/ 1\.00 \(0\.50\)/);
  const said = limits([inference, training]).at(-1)!;
  assert.equal(said, "- training-float32-mesonet-smoke: convolution 200 / 100, rest 1.0 / 0.0");
  assert.deepEqual(limits([inference]), []);
});
