/** `--device` and `--deterministic`, on every task that runs a detector. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseCompareOptions } from "lib/tasks/compare/compare_options.ts";
import { startEngine } from "lib/engine/engine.ts";
import { deviceChoice } from "lib/tasks/device_argument.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { parseStudyOptions } from "lib/tasks/study/study_options.ts";
import { parseSuiteOptions } from "lib/tasks/suite/suite_options.ts";
import { withDevices } from "lib/tasks/train/join_devices.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { trainRuns } from "lib/tasks/train/train_runs.ts";
import { parseUnseenOptions } from "lib/tasks/unseen/unseen_options.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

// As the tasks start it that are told so below: one process has one engine.
await startEngine({ device: "cpu", deterministic: true });

const { signal } = new AbortController();

Deno.test("deviceChoice takes cpu and numbered GPUs, and leaves out what is not asked for", () => {
  assert.deepEqual(deviceChoice({ deterministic: false }), {});
  assert.deepEqual(deviceChoice({ device: "cpu", deterministic: false }), { device: "cpu" });
  const both = { device: "gpu:12", deterministic: true };
  assert.deepEqual(deviceChoice(both), both);
  for (const device of ["gpu", "GPU:0", "gpu:-1", "gpu:01", "cuda:0", ""]) {
    assert.throws(
      () => deviceChoice({ device, deterministic: false }),
      /--device is ".*must be cpu, or gpu:/,
    );
  }
});

const PARSERS = {
  train: parseTrainOptions,
  evaluate: parseEvaluateOptions,
  predict: parsePredictOptions,
  suite: parseSuiteOptions,
  compare: parseCompareOptions,
  study: parseStudyOptions,
  unseen: parseUnseenOptions,
};
const NEEDED: Partial<Record<keyof typeof PARSERS, string[]>> = {
  train: ["--data", "m.csv"],
  evaluate: ["run", "--data", "m.csv"],
  predict: ["a.png"],
  suite: ["a.yaml"],
  compare: ["a", "b"],
};

for (const [task, parse] of Object.entries(PARSERS)) {
  Deno.test(`${task} takes --device and --deterministic`, () => {
    const needed = NEEDED[task as keyof typeof PARSERS] ?? [];
    const options = parse([...needed, "--device", "gpu:1", "--deterministic"]);
    assert.ok(options !== "help");
    assert.deepEqual(options.device, { device: "gpu:1", deterministic: true });
    assert.throws(() => parse([...needed, "--device", "tpu"]), /--device is "tpu"/);
  });
}

Deno.test("train refuses one GPU together with processes that have one each; cpu goes with them", async () => {
  const words = ["--data", "m.csv", "--devices", "2", "--device"];
  assert.throws(() => parseTrainOptions([...words, "gpu:0"]), /--device gpu:0 is one GPU/);
  const options = parseTrainOptions([...words, "cpu"]);
  assert.ok(options !== "help");
  assert.deepEqual(options.together?.args, ["--data", "m.csv", "--device", "cpu"]);
  const launched = { RANK: "0", WORLD_SIZE: "2", MASTER_ADDR: "localhost", MASTER_PORT: "1" };
  const { devices: _, ...together } = options.together!;
  for (const [name, value] of Object.entries(launched)) Deno.env.set(name, value);
  try {
    const device = { device: "gpu:0" } as const;
    await assert.rejects(
      withDevices({ together, device, signal }, () => Promise.resolve()),
      /torchrun has started this process as one of 2, a GPU each: leave out --device gpu:0/,
    );
  } finally {
    for (const name of Object.keys(launched)) Deno.env.delete(name);
  }
});

Deno.test("train and evaluate --device cpu compute there, say it with memory and precision, and record it", () =>
  inFolder(async (folder) => {
    const manifest = await madeUpFolder(folder, { train: 8, validation: 8, test: 8 });
    const small = "--preset smoke --set backbone=conv4 --set width=0.25 --set blocks=1".split(" ");
    const device = ["--device", "cpu", "--deterministic"];
    const options = parseTrainOptions(["--data", manifest, ...small, ...device]);
    assert.ok(options !== "help");
    const lines: string[] = [], say = (line: string) => lines.push(line);
    const [run] = await trainRuns(options, { signal, say, runsFolder: join(folder, "runs") });
    const said = /on CPU:0 \(.+\), \d+\.\d of \d+\.\d GB free, float32, deterministic as it is\./i;
    assert.match(lines[0], said);
    const record = (await readRunRecord(run))!;
    assert.deepEqual([record.environment.device, record.environment.deterministic], [
      "CPU:0",
      true,
    ]);
    const evaluated = parseEvaluateOptions([
      run,
      "--data",
      manifest,
      "--resamples",
      "0",
      ...device,
    ]);
    assert.ok(evaluated !== "help");
    lines.length = 0;
    assert.equal(await evaluateDetector(evaluated, { signal, say }), 0);
    assert.match(lines.join("\n"), said);
  }));
