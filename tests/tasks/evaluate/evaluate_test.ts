/** `evaluate` on pictures that are made, with a detector of random weights. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { contentName } from "lib/data/fingerprint.ts";
import { writeManifest } from "lib/data/manifest.ts";
import { writeImage } from "lib/media/write_image.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { METRICS } from "lib/evaluation/metrics.ts";
import { readPredictions } from "lib/evaluation/prediction_file.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { findDetector } from "lib/tasks/find_detector.ts";
import { saveDetector } from "lib/detectors/detector_file.ts";
import { readEvaluations } from "lib/training/evaluation_files.ts";
import { evaluationRecordsOf } from "lib/training/evaluation_record.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpCrops } from "../../training/made_up_crops.ts";

await startEngine();
const parameters = initialiseParameters(SMOKE.detector.parameters, createRandom(2, "weights"));

/** A run's folder with nothing but a detector. */
async function makeRun(root: string): Promise<string> {
  const folder = join(root, "a_run");
  const origin = { configuration: SMOKE, step: 0 };
  await saveDetector(join(folder, "detector.safetensors"), { parameters, origin });
  return folder;
}

/** What a task said, and its surroundings. */
function listener() {
  const lines: string[] = [];
  const surroundings = {
    signal: new AbortController().signal,
    say: (line: string) => void lines.push(line),
  };
  return { lines, surroundings };
}

Deno.test("evaluateDetector writes predictions and metrics of each data set of the split", async () => {
  await inFolder(async (folder) => {
    const run = await makeRun(folder);
    const crops = madeUpCrops(24, "test");
    for (const [i, { image }] of crops.entries()) await writeImage(`${folder}/${i}.png`, image);
    const samples = crops.map(({ sample }, i) => ({
      ...sample,
      path: `${i}.png`,
      dataset: i < 16 ? "one" : "the other",
    }));
    const train = { ...samples[0], path: "elsewhere.png", split: "train" as const, content: "0" };
    const manifest = `${folder}/manifest.csv`;
    await writeManifest(manifest, [...samples, train]);

    const options = parseEvaluateOptions([run, "--data", manifest, "--resamples", "20"]);
    assert.ok(options !== "help");
    const { lines, surroundings } = listener();
    assert.equal(await evaluateDetector(options, surroundings), 0);
    assert.match(lines[0], /label 0 = real, 1 = fake.*Protocol [0-9a-f]{16}/);

    const predictions = await Array.fromAsync(
      readPredictions(fileIn(run, /^predictions-one-test-\w+\.csv$/)),
    );
    assert.deepEqual(predictions.map((row) => row.path), samples.slice(0, 16).map((s) => s.path));
    const rows = await readEvaluations({ root: folder });
    assert.deepEqual([...new Set(rows.map((row) => row.dataset))], ["one", "the other"]);
    const auc = rows.find((row) =>
      row.dataset === "one" && row.method === "all" && row.level === "frame" && row.metric === "AUC"
    );
    const [logOdds, labels] = [predictions.map((r) => r.logOdds), predictions.map((r) => r.label)];
    assert.equal(auc?.value, rocAuc(logOdds, labels));
    assert.equal(auc?.run, basename(run));
    assert.ok(auc!.low! <= auc!.value! && auc!.value! <= auc!.high!);

    const record = (await evaluationRecordsOf(run)).find(({ data }) => data.dataset === "one")!;
    const { method, level, metric } = auc!;
    const written = record.metrics.find((row) =>
      row.method === method && row.level === level && row.metric === metric
    );
    assert.deepEqual([written?.value, written?.low], [auc?.value, auc?.low]);
    assert.deepEqual([record.protocol, record.data.sha256], [auc?.protocol, auc?.data]);
    assert.equal(record.intervals.resamples, 20);
    assert.equal(record.coverage.find((row) => row.method === "all")?.scored, 16);

    const fakes = predictions.filter((row) => row.label === 1);
    const missed = fakes.filter((row) => row.score < 0.5).length;
    const said = new RegExp(`of ${fakes.length} fakes ${missed} are called real`);
    assert.ok(lines.some((line) => said.test(line)), lines.join("\n"));

    assert.ok(lines.some((line) => /^all +video +16 +16 +0 +0$/.test(line)), lines.join("\n"));
    assert.match(lines.at(-1)!, /Next: deno task predict/);
    const counts = rows.filter((row) => row.dataset === "one" && row.method === "all")
      .filter((row) => row.level === "frame" && !(row.metric in METRICS));
    assert.deepEqual(counts.map(({ metric, value }) => [metric, value]), [
      ["expected", 16],
      ["scored", 16],
      ["missing", 0],
      ["failed", 0],
    ]);

    const none = parseEvaluateOptions([run, "--data", manifest, "--split", "validation"]);
    assert.ok(none !== "help");
    await assert.rejects(
      evaluateDetector(none, surroundings),
      /no samples of the split validation/,
    );
  });
});

/** The one file in a folder whose name fits. */
function fileIn(folder: string, name: RegExp): string {
  const found = [...Deno.readDirSync(folder)].filter((entry) => name.test(entry.name));
  assert.equal(found.length, 1);
  return join(folder, found[0].name);
}

/**
 * A run with 40 pictures to test on, of which one is away and the next damaged.
 *
 * @param options `prepared`: whether the manifest holds the pictures' contents, as that of `prepare` does.
 */
async function incomplete(folder: string, { prepared = true } = {}) {
  const run = await makeRun(folder), crops = madeUpCrops(40, "test");
  for (const [i, { image }] of crops.entries()) await writeImage(`${folder}/${i}.png`, image);
  const samples = await Promise.all(crops.map(async ({ sample }, i) => ({
    ...sample,
    path: `${i}.png`,
    ...prepared ? { content: contentName(await Deno.readFile(`${folder}/${i}.png`)) } : {},
  })));
  const [away, kept] = [`${folder}/35.png`, `${folder}/kept 35.png`];
  await Deno.rename(away, kept);
  const damaged = await Deno.readFile(`${folder}/36.png`);
  await Deno.writeFile(`${folder}/36.png`, damaged.subarray(0, 40));
  const manifest = `${folder}/manifest.csv`;
  await writeManifest(manifest, samples);
  const evaluate = async (...more: string[]) => {
    const args = [run, "--data", manifest, "--resamples", "10", ...more];
    const options = parseEvaluateOptions(args);
    assert.ok(options !== "help");
    const { lines, surroundings } = listener();
    return { code: await evaluateDetector(options, surroundings), lines };
  };
  const mend = async () => {
    await Deno.rename(kept, away);
    await Deno.writeFile(`${folder}/36.png`, damaged);
  };
  const filesOf = (word: RegExp) =>
    [...Deno.readDirSync(run)].map(({ name }) => name).filter((name) => word.test(name));
  return { run, evaluate, mend, filesOf };
}

Deno.test("evaluateDetector names a picture that is away, keeps what was scored, and goes on from there", async () => {
  await inFolder(async (folder) => {
    const { run, evaluate, mend, filesOf } = await incomplete(folder);
    await assert.rejects(
      evaluate(),
      /35\.png.*no such file.*The 32 of 40 predictions before it are kept in .*\.part.*--skip-unreadable/,
    );
    assert.equal(filesOf(/\.part$/).length, 1);
    assert.deepEqual(filesOf(/\.csv$/), []);
    await mend();
    const { code, lines } = await evaluate();
    assert.equal(code, 0);
    assert.ok(lines.includes("made up: kept 32 of 40 predictions of an earlier sitting."));
    assert.deepEqual(filesOf(/\.part$/), []);
    const table = () => Deno.readTextFile(fileIn(run, /^predictions-.*\.csv$/));
    const goneOn = await table();
    const undisturbed = await evaluate();
    assert.ok(!undisturbed.lines.some((line) => line.includes("earlier sitting")));
    assert.equal(await table(), goneOn);
  });
});

Deno.test("evaluateDetector takes nothing of another detector's earlier sitting", async () => {
  await inFolder(async (folder) => {
    const { run, evaluate, mend } = await incomplete(folder);
    await assert.rejects(evaluate(), /kept in/);
    await mend();
    const other = initialiseParameters(SMOKE.detector.parameters, createRandom(3, "weights"));
    const origin = { configuration: SMOKE, step: 0 };
    await saveDetector(join(run, "detector.safetensors"), { parameters: other, origin });
    const { lines } = await evaluate();
    assert.ok(!lines.some((line) => line.includes("earlier sitting")), lines.join("\n"));
  });
});

Deno.test("evaluateDetector --skip-unreadable does the rest, counts and names what it left out, and exits with 1", async () => {
  await inFolder(async (folder) => {
    const { run, evaluate, mend, filesOf } = await incomplete(folder);
    const { code, lines } = await evaluate("--skip-unreadable");
    assert.equal(code, 1);
    assert.ok(lines.some((line) => /^square +frame +20 +19 +1 +0$/.test(line)), lines.join("\n"));
    assert.ok(lines.some((line) => /^real +frame +20 +19 +0 +1$/.test(line)), lines.join("\n"));
    assert.match(lines.at(-1)!, /Next: .*unscored-made-up-test-\w+\.csv names.*again/);
    const unscored = await Array.fromAsync(
      csvRows(fileIn(run, /^unscored-made-up-test-/), ["path", "problem", "explanation"]),
      ({ cells }) => [cells.path, cells.problem],
    );
    assert.deepEqual(unscored.map(([path]) => path), ["35.png", "36.png"]);
    assert.equal(unscored[0][1], "missing");
    const rows = await readEvaluations({ root: folder });
    const value = (metric: string) =>
      rows.find((row) => row.method === "all" && row.level === "video" && row.metric === metric)!
        .value;
    assert.deepEqual(["expected", "scored", "missing", "failed"].map(value), [40, 38, 1, 1]);
    await mend();
    assert.equal((await evaluate()).code, 0);
    assert.deepEqual(filesOf(/^unscored/), []);
  });
});

Deno.test("evaluateDetector --skip-unreadable does the rest of a list of one's own, whose contents it reads first", async () => {
  await inFolder(async (folder) => {
    const { evaluate, mend, filesOf } = await incomplete(folder, { prepared: false });
    await assert.rejects(evaluate(), /35\.png.*it is not there/);
    assert.equal((await evaluate("--skip-unreadable")).code, 1);
    await mend();
    assert.equal((await evaluate()).code, 0);
    assert.equal(filesOf(/^evaluation-.*csv$/).length, 2); // of other pictures
  });
});

Deno.test("evaluateDetector warns where one exact score is frequent", async () => {
  await inFolder(async (folder) => {
    const run = await makeRun(folder), crops = madeUpCrops(24, "test");
    await writeImage(`${folder}/one.png`, crops[0].image);
    for (let i = 0; i < 24; i++) await Deno.copyFile(`${folder}/one.png`, `${folder}/${i}.png`);
    const manifest = `${folder}/manifest.csv`;
    await writeManifest(manifest, crops.map(({ sample }, i) => ({ ...sample, path: `${i}.png` })));
    const options = parseEvaluateOptions([run, "--data", manifest, "--resamples", "0"]);
    assert.ok(options !== "help");
    const { lines, surroundings } = listener();
    await evaluateDetector(options, surroundings);
    assert.ok(
      lines.some((line) =>
        /^Warning: log-odds of exactly .* are those of 12 of 12 \(100\.0 %\) reals and 12 of 12/
          .test(line)
      ),
    );
  });
});

Deno.test("findDetector takes a run's id, its folder or a file, and names the runs there are", async () => {
  await inFolder(async (folder) => {
    const run = await makeRun(folder);
    for (const argument of ["a_run", run, `${run}/detector.safetensors`]) {
      const found = await findDetector(argument, { runs: folder });
      using _ = found.detector;
      assert.equal(found.folder, run);
    }
    await assert.rejects(
      findDetector("b_run", { runs: folder }),
      /no detector "b_run".*Runs: a_run/,
    );
  });
});
