/** `train` on pictures in files: what it leaves, that it goes on, and what it refuses. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { plannedRuns } from "lib/tasks/train/planned_runs.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { trainRuns } from "lib/tasks/train/train_runs.ts";
import { detectorHash } from "lib/detectors/detector_hash.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { readOperatingRecord } from "lib/training/operating_file.ts";
import { listRuns, readRun } from "lib/training/recorded_runs.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpFolder } from "../../training/made_up_folder.ts";

/** Trains as the command line says, and returns what was said. */
async function trainAs(
  line: string,
  { runs, stopAfter = Infinity, ...surroundings }: {
    runs: string;
    stopAfter?: number;
    memory?: (device: string) => Promise<number | undefined>;
  },
): Promise<string[]> {
  const options = parseTrainOptions(line.split(" "));
  assert.ok(options !== "help");
  const lines: string[] = [], stop = new AbortController();
  const say = (text: string) => {
    lines.push(text);
    if (lines.length > stopAfter) stop.abort();
  };
  await trainRuns(options, { ...surroundings, signal: stop.signal, say, runsFolder: runs });
  return lines;
}

const SMALL = "--preset smoke --set backbone=conv4 --set width=1 --set validateEvery=2";

Deno.test("trainRuns trains on the training split, chooses on validation, and records it all", async () => {
  await inFolder(async (folder) => {
    const manifest = await madeUpFolder(folder, { train: 16, validation: 8, test: 8 });
    const runs = join(folder, "runs");
    const line = `--data ${manifest} ${SMALL} --name try --seeds 1,2 --notes hello`;
    const lines = await trainAs(line, { runs });
    assert.match(lines[0], /2 of 2 runs in this job.*label 0 = real/);
    assert.equal(
      lines.filter((text) => /16 training samples, 8 for validation/.test(text)).length,
      2,
    );
    assert.equal(lines.filter((text) => /^Best validation AUC/.test(text)).length, 2);

    const next = lines.filter((text) => text.startsWith("Next: deno task evaluate try-"));
    assert.ok(next.length === 2 && next.every((text) => text.endsWith(` --data ${manifest}`)));

    const rows = await listRuns({ root: runs });
    assert.deepEqual(rows.map((row) => [row.name, row.steps, row.state]), [
      ["try", 4, "finished"],
      ["try", 4, "finished"],
    ]);
    const { record } = await readRun(rows[0].id, { root: runs });
    assert.deepEqual([record.data.training, record.data.validation, record.notes], [
      16,
      8,
      "hello",
    ]);
    assert.equal(record.data.source, `made up (${manifest})`);
    using detector = await loadDetector(join(runs, rows[0].id));
    assert.equal(detector.origin?.validationAuc, rows[0].bestAuc);

    const kept = await readOperatingRecord(join(runs, rows[0].id), {
      detector: await detectorHash(detector),
    });
    assert.equal(kept!.frame.reals + kept!.frame.fakes, 8);
    assert.equal(lines.filter((text) => /^Validation's threshold of equal/.test(text)).length, 2);

    const again = await trainAs(line, { runs });
    assert.equal(again.filter((text) => /^Validation's threshold/.test(text)).length, 0);
    assert.equal(again.filter((text) => /Kept 4 of 4 steps/.test(text)).length, 2);
    const after = await listRuns({ root: runs });
    assert.deepEqual(after.map((row) => row.total), rows.map((row) => row.total));
  });
});

Deno.test("trainRuns starts every block from published weights, and a changed manifest is another run", async () => {
  await inFolder(async (folder) => {
    const runs = join(folder, "runs");
    const manifest = await madeUpFolder(folder, { train: 16 });
    const weights = join(folder, "backbone.safetensors");
    const { detector: like } = vary(SMOKE, { backbone: "conv4", width: 1 });
    const published = initialiseParameters(like.parameters, createRandom(99));
    const block = parametersUnder("region_model2.", published);
    await writeSafetensors(weights, await storeParameters(block));
    const line = `--data ${manifest} ${SMALL} --set steps=1 --set learningRate=1e-9`;
    const lines = await trainAs(`${line} --pretrained ${weights}`, { runs });
    assert.ok(lines.some((text) => /No validation samples: the last step's/.test(text)));
    const said = lines.find((text) => text.includes(`begin with ${weights}.`))!;
    assert.match(said, /begin fresh: [a-z]/);
    const [{ id }] = await listRuns({ root: runs });
    using detector = await loadDetector(join(runs, id));
    for (const name of ["region_model1.stage1.conv.weight", "region_model2.stage1.conv.weight"]) {
      const here = detector.parameters[name].dataSync();
      const there = published["region_model2.stage1.conv.weight"].dataSync();
      assert.ok(here.every((x, i) => Math.abs(x - there[i]) < 1e-6), name);
    }
    await trainAs(line, { runs });
    await madeUpFolder(folder, { train: 18 });
    await trainAs(line, { runs });
    const rows = await listRuns({ root: runs });
    assert.equal(new Set(rows.map((row) => row.protocol)).size, 3);
  });
});

Deno.test("trainRuns refuses data that does not fit, each with a message of its own", async () => {
  await inFolder(async (folder) => {
    const runs = join(folder, "runs");
    const manifest = await madeUpFolder(folder, { train: 16, validation: 4, test: 4 });
    const wrong: [string, RegExp][] = [
      [`--data ${manifest} ${SMALL} --set batchSize=64`, /holds 64 pictures.*only 16 training/],
      [`--data ${manifest} --tables ff_neither`, /ff_neither needs.*of FaceForensics\+\+.*prepare/],
      [`--data ${folder}/none.csv ${SMALL}`, /none\.csv|No such file/],
    ];
    for (const [line, message] of wrong) await assert.rejects(trainAs(line, { runs }), message);

    const lines = (await Deno.readTextFile(manifest)).split("\n");
    const tests = lines.filter((text) => !/,(train|validation),/.test(text));
    await Deno.writeTextFile(manifest, tests.join("\n"));
    await assert.rejects(
      trainAs(`--data ${manifest} ${SMALL}`, { runs }),
      /All 4 of it are for testing\. .*"split: train".*column split/,
    );
    const oneClass = lines.filter((text) => !/,validation,/.test(text) || /,1,made up/.test(text));
    await Deno.writeTextFile(manifest, oneClass.join("\n"));
    await assert.rejects(trainAs(`--data ${manifest} ${SMALL}`, { runs }), /none is real: an AUC/);
    const leak = lines.map((text) => text.replace("validation/0", "train/0"));
    await Deno.writeTextFile(manifest, leak.join("\n"));
    await assert.rejects(trainAs(`--data ${manifest} ${SMALL}`, { runs }), /video "train\/0"/);
  });
});

Deno.test("trainRuns refuses a step that does not fit into memory, unless told to go on", async () => {
  await inFolder(async (folder) => {
    const manifest = await madeUpFolder(folder, { train: 16, validation: 0, test: 0 });
    const line = `--data ${manifest} ${SMALL} --micro-batch 2`;
    const asked: string[] = [];
    const memory = (device: string) => (asked.push(device), Promise.resolve(2 ** 20));
    const given = { runs: join(folder, "runs"), memory };
    await assert.rejects(trainAs(line, given), /Not even two pictures.*--ignore-memory/);
    assert.deepEqual(asked, [(await startEngine()).device]);
    const lines = await trainAs(`${line} --ignore-memory`, { ...given, stopAfter: 3 });
    assert.match(lines.join("\n"), /4 micro-batches of 2.*running ones move on 4 times/);
    assert.match(lines.join("\n"), /8 pictures, 2 at a time, takes about .* 0\.0 GB are free/);
    const unknown = { runs: join(folder, "others"), memory: () => Promise.resolve(undefined) };
    const silent = await trainAs(line, { ...unknown, stopAfter: 3 });
    assert.doesNotMatch(silent.join("\n"), /GB are free/);
  });
});

Deno.test("slurm_array.sh gives each task of an array its share of the sweep, and the limit's signal", async () => {
  await inFolder(async (folder) => {
    const own = join(folder, ".cache", "deno", Deno.version.deno); // where set-up keeps it
    await Deno.mkdir(own, { recursive: true });
    const said = '#!/bin/sh\necho $$; pwd; printf "%s\\n" "$@"\n';
    await Deno.writeTextFile(join(own, "deno"), said, { mode: 0o755 });
    const script = new URL("../../../lib/tasks/train/slurm_array.sh", import.meta.url).pathname;
    // Slurm signals the script's own process, long enough before the end to save a state.
    assert.match(await Deno.readTextFile(script), /^#SBATCH --signal=B:TERM@120$/m);
    const array = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8" };
    const run = async (env: Record<string, string>) => {
      const child = new Deno.Command("bash", {
        args: [script, "--data", "a b.csv", "--tables", "all"],
        env,
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const { stdout, success } = await child.output();
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      return { success, lines, script: child.pid };
    };
    const { lines, script: process } = await run({ ...array, SLURM_SUBMIT_DIR: folder });
    assert.equal(Number(lines[0]), process, "training has the script's place");
    assert.equal(lines[1], await Deno.realPath(folder));
    const command = lines.slice(2);
    assert.deepEqual(command.slice(0, 2), ["task", "train"]);
    const options = parseTrainOptions(command.slice(2));
    assert.ok(options !== "help" && options.manifests[0] === "a b.csv");
    const { runs } = await plannedRuns(options);
    assert.deepEqual(runs.map((planned) => planned.name), ["dfdc_resnet34"]);
    assert.equal((await run(array)).success, false);
    await Deno.remove(own, { recursive: true });
    assert.equal((await run({ ...array, SLURM_SUBMIT_DIR: folder })).success, false);
  });
});
