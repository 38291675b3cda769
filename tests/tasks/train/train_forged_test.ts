/** `train` that makes its fakes on the way, of pictures in files. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import type { Crop, Sample, Split } from "lib/data/samples.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { trainRuns } from "lib/tasks/train/train_runs.ts";
import { listRuns, readRun } from "lib/training/recorded_runs.ts";
import { madeUpFace, writeFaces } from "../../batches/made_up_faces.ts";
import { inFolder } from "../../in_folder.ts";

/** Trains as the command line says; `until`: ends it as Ctrl-C does, once that holds. */
async function trainAs(line: string, runs: string, until?: () => boolean): Promise<string[]> {
  const options = parseTrainOptions(line.split(" "));
  assert.ok(options !== "help");
  const lines: string[] = [], stop = new AbortController();
  const looking = until && setInterval(() => until() && stop.abort(), 5);
  const say = (text: string) => void lines.push(text);
  await trainRuns(options, { signal: stop.signal, say, runsFolder: runs })
    .finally(() => clearInterval(looking));
  return lines;
}

/** Eight faces to train on, and to choose on four real ones and as many "fakes" of a list. */
function lessons(): Crop[] {
  const of = (i: number, split: Split, label: 0 | 1): Crop => {
    const { sample, ...crop } = madeUpFace(i);
    return { ...crop, sample: { ...sample, split, label, method: label === 0 ? "real" : "DF" } };
  };
  const training = Array.from({ length: 8 }, (_, i) => of(i, "train", 0));
  return [
    ...training,
    ...Array.from({ length: 8 }, (_, i) => of(8 + i, "validation", i % 2 as 0 | 1)),
  ];
}

const SMALL = "--preset smoke --set backbone=conv4 --set width=1 --set validateEvery=2";
const FORGE = "--set forge=DF --set steps=4 --checkpoint-every 1";

Deno.test("trainRuns makes fakes of the training split's reals, says so, and goes on to equal weights", () =>
  inFolder(async (folder) => {
    const manifest = join(folder, "manifest.csv"), samples = await writeFaces(folder, lessons());
    await writeManifest(manifest, samples);
    const line = `--data ${manifest} ${SMALL} ${FORGE} --name made`;
    const runs = (name: string) => join(folder, name);
    const lines = await trainAs(line, runs("whole"));
    assert.ok(lines.includes("Fakes by DF are made on the way, of 8 of 8 real training samples."));
    const [{ id, steps }] = await listRuns({ root: runs("whole") });
    assert.equal(steps, 4);
    const { record, configuration } = await readRun(id, { root: runs("whole") });
    assert.deepEqual([record.data.training, record.data.forged], [8, "DF"]);
    assert.equal(configuration.data.forge, "DF");
    const trainedOn = await Deno.readTextFile(join(runs("whole"), id, "trained_on.csv"));
    assert.match(trainedOn, /^dataset,video,split,identities,forged$/m);
    assert.equal(trainedOn.match(/,train,person \d,DF$/mg)?.length, 8);
    assert.equal(trainedOn.match(/,validation,person \d+,$/mg)?.length, 8);

    const state = join(runs("parts"), id, "checkpoint.safetensors");
    await trainAs(line, runs("parts"), () => existsSync(state));
    const [{ steps: before }] = await listRuns({ root: runs("parts") });
    await trainAs(line, runs("parts"));
    assert.ok(before > 0 && before < 4, `the first sitting was stopped: ${before}`);
    const detector = (name: string) => Deno.readFile(join(runs(name), id, "detector.safetensors"));
    assert.deepEqual(await detector("parts"), await detector("whole"));
  }));

Deno.test("trainRuns with forge refuses what it cannot learn from or choose on, and says what to do", () =>
  inFolder(async (folder) => {
    const manifest = join(folder, "manifest.csv"), samples = await writeFaces(folder, lessons());
    const refused = async (list: Sample[], changes: string, message: RegExp) => {
      await writeManifest(manifest, list);
      const line = `--data ${manifest} ${SMALL} ${FORGE}${changes}`;
      await assert.rejects(trainAs(line, join(folder, "runs")), { name: "RangeError", message });
    };
    const reals = samples.filter(({ label }) => label === 0);
    await refused(reals, "", /none is fake: .*deno task forge/);
    const blind = samples.map(({ landmarks: _, ...sample }) => sample);
    await refused(blind, "", /of 8 real training samples none has any.*--landmarks/);
    await refused(samples, " --set batchSize=18", /only 8 training samples to make .*batchSize=16/);
    await refused(samples, " --set forge=GAN", /forge is "GAN", but must be "none"/);
    await refused(samples, " --set balance=none", /balance cannot be changed/);
  }));
