/** A detector of one's own, by its file: through everything that the kit does with one, lib untouched. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cropSource } from "lib/batches/batch_source.ts";
import { writeManifest } from "lib/data/manifest.ts";
import type { Crop, Sample, Split } from "lib/data/samples.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { openInference } from "lib/evaluation/measured_time.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { readPredictions } from "lib/evaluation/prediction_file.ts";
import { partMaps } from "lib/explain/part_maps.ts";
import { cascadeSimilarity } from "lib/explain/sanity.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { writeImage } from "lib/media/write_image.ts";
import { readSafetensors } from "lib/networks/weights/safetensors.ts";
import { createRandom } from "lib/random.ts";
import { runBench } from "lib/tasks/bench/bench_run.ts";
import { parseBenchOptions } from "lib/tasks/bench/bench_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { predictInputs } from "lib/tasks/predict/predict_run.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { inFolder } from "../in_folder.ts";
import toy from "./toy_detector.ts";
import { trainAs } from "./train_as.ts";

await startEngine();
const FILE = fileURLToPath(new URL("./toy_detector.ts", import.meta.url));
const SIZE = 32;

/** Pairs of a real picture and a fake of it that is lighter in its upper half, which its mask says. */
function pairs(count: number, split: Split): Crop[] {
  return Array.from({ length: count }, (_, i) => {
    const random = createRandom(5, split, i);
    const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(180));
    const half = data.length / 2, lighter = data.map((x, at) => at < half ? x + 60 : x);
    const mask = new Uint8Array(SIZE * SIZE).fill(255, 0, SIZE * SIZE / 2);
    const square = { width: SIZE, height: SIZE };
    const sample = (method: string): Sample => ({
      path: `${split}-${i}-${method}.png`,
      label: method === "real" ? 0 : 1,
      dataset: "made up",
      method,
      video: `${split}/${i}-${method}`,
      split,
      frame: 0,
      identities: [`${split} ${i}`],
    });
    const real = sample("real"), fake = sample(i % 2 ? "DF" : "FS");
    return [
      { image: { data, ...square }, sample: real },
      {
        image: { data: lighter, ...square },
        mask: { data: mask, ...square },
        sample: { ...fake, source: real.path, mask: `${split}-${i}-mask.png` },
      },
    ];
  }).flat();
}

/** Writes pairs of all splits, and returns their manifest's path. */
async function writePairs(folder: string): Promise<string> {
  const all = (["train", "validation", "test"] as const).flatMap((split) => pairs(8, split));
  for (const { image, mask, sample } of all) {
    await writeImage(join(folder, sample.path), image);
    if (mask) await writeImage(join(folder, sample.mask!), mask);
  }
  await writeManifest(join(folder, "manifest.csv"), all.map(({ sample }) => sample));
  return join(folder, "manifest.csv");
}

const onlyFolder = async (runs: string) => {
  const [{ name }] = await Array.fromAsync(Deno.readDir(runs));
  return join(runs, name);
};

Deno.test("a detector of one's own is trained, killed, resumed, evaluated and asked, by its file", async () => {
  await inFolder(async (folder) => {
    const manifest = await writePairs(folder);
    const args = ["--data", manifest, "--detector", FILE, "--set", "augmentation=flip"];
    args.push("--checkpoint-every", "1");
    args.push("--set", "steps=60");
    const undisturbed = join(folder, "undisturbed"), killed = join(folder, "killed");
    await trainAs(args, { runsFolder: undisturbed });

    // Killed without a word once there is a state to go on from, then resumed here.
    const program = fileURLToPath(new URL("./train_as.ts", import.meta.url));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, killed, ...args],
      cwd: PROJECT.root,
      stdout: "null",
      stderr: "null",
    }).spawn();
    const hasState = async () => {
      const run = await onlyFolder(killed).catch(() => undefined);
      return run && await Deno.stat(join(run, "checkpoint.safetensors")).catch(() => undefined);
    };
    while (!await hasState()) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill("SIGKILL");
    await process.status;
    const said: string[] = [];
    await trainAs(args, { runsFolder: killed, say: (line) => said.push(line) });
    assert.ok(said.some((line) => /Kept \d+ of 60 steps/.test(line)), said.join("\n"));
    const [whole, again] = await Promise.all(
      [undisturbed, killed].map(async (runs) =>
        (await readSafetensors(join(await onlyFolder(runs), "detector.safetensors"))).tensors
      ),
    );
    for (const [name, { bytes }] of whole) assert.deepEqual(bytes, again.get(name)!.bytes, name);

    const run = await onlyFolder(undisturbed);
    const lines: string[] = [];
    const surroundings = {
      signal: new AbortController().signal,
      say: (line: string) => void lines.push(line),
    };
    const evaluated = parseEvaluateOptions([run, "--data", manifest, "--detector", FILE]);
    assert.ok(evaluated !== "help");
    await evaluateDetector({ ...evaluated, resamples: 20 }, surroundings);
    const [file] = (await Array.fromAsync(Deno.readDir(run), ({ name }) => name))
      .filter((name) => name.startsWith("predictions-"));
    const predictions = await Array.fromAsync(readPredictions(join(run, file)));
    assert.equal(predictions.length, 16);
    const without = parseEvaluateOptions([run, "--data", manifest]);
    assert.ok(without !== "help");
    await assert.rejects(
      evaluateDetector(without, surroundings),
      /no detector "toy".*\.\/mine\.ts/,
    );

    const photograph = demoPhotographs()[0];
    const asked = parsePredictOptions([photograph, "--weights", run, "--detector", FILE]);
    assert.ok(asked !== "help");
    await predictInputs(asked, surroundings);
    assert.ok(lines.some((line) => line.includes(photograph)), lines.join("\n"));

    using loaded = await loadDetector(run, { kinds: [toy] });
    const crops = pairs(2, "test"), scores = await scoreCrops(crops, loaded);
    assert.ok(scores.every((score) => score > 0 && score < 1));
    const maps = await partMaps(crops, loaded);
    assert.deepEqual([maps.length, maps[0].parts.length, maps[0].whole.length], [4, 1, SIZE / 2]);
    const cascade = await cascadeSimilarity(crops, { ...loaded, random: createRandom(3) });
    assert.deepEqual(cascade.map(({ stage }) => stage), ["nothing", "head", "bn", "conv"]);
    const { macs } = await detectorCost(loaded.detector);
    assert.equal(macs, (SIZE / 2) ** 2 * 9 * 3 * 4 + 4 * 2);
    using inference = openInference(loaded);
    inference.run();
  });
});

Deno.test("a detector of one's own is timed by the bench", async () => {
  const options = parseBenchOptions(["--detector", FILE, "--quick"]);
  assert.ok(options !== "help");
  const short = { ...options, rounds: 1, burstSeconds: 0.01, matrixSide: 64 };
  const words = { say: () => {}, passing: () => {} } as unknown as Parameters<
    typeof runBench
  >[1]["words"];
  const { signal } = new AbortController();
  const { results, failures } = await runBench(short, { project: PROJECT, words, signal });
  assert.deepEqual(failures, []);
  assert.deepEqual(results.map((result) => result.case.work), ["inference", "training"]);
  assert.ok(results.every(({ ours }) => ours.imagesPerSecond.every((speed) => speed > 0)));
});

Deno.test("a detector of one's own in a notebook's cell: masks, methods, pairs and buffers reach it", async () => {
  const configuration = vary(presetOf(toy), { augmentation: "all", mixup: 0.5 });
  using learner = createLearner(configuration);
  await using source = cropSource(pairs(8, "train"), configuration);
  assert.deepEqual(source.methods, ["DF", "FS"]);
  const before = learner.learnt.centre.dataSync().slice();
  const records = await Array.fromAsync(train(learner, { source, configuration }));
  const [{ masked, method, partner }] = records;
  assert.ok(Math.abs(masked - 0.25) < 0.05, `${masked}`); // half of each fake, and half are fakes
  assert.ok(method > 0.5 && method <= 1, `${method}`); // reals 0, fakes 1 and 2
  assert.equal(partner, 3.5); // 1 0 3 2 …
  assert.notDeepEqual(learner.learnt.centre.dataSync(), before);
});
