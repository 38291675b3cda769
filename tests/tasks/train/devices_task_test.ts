/** `train --devices`: what it says, that it stops as one, and what it does with a job of Slurm. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PAPER, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { dcl } from "lib/detectors/dcl/dcl.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { requeue } from "lib/tasks/train/requeue.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { configurationForDevices } from "lib/training/device_rules.ts";
import { RUNS } from "lib/training/run_folder.ts";
import { inFolder } from "../../in_folder.ts";
import { until } from "../../processes.ts";
import { madeUpFolder } from "../../training/made_up_folder.ts";

const isWindows = Deno.build.os === "windows"; // no SIGTERM, no scripts that are programs

/** A program in a folder's path that writes its arguments to a file. */
async function fakeScontrol(folder: string): Promise<Record<string, string>> {
  const told = join(folder, "told"), program = join(folder, "scontrol");
  await Deno.writeTextFile(program, `#!/bin/sh\necho "$@" > "${told}"\n`, { mode: 0o755 });
  return { PATH: `${folder}:${Deno.env.get("PATH")}`, SLURM_JOB_ID: "77" };
}

Deno.test({
  name:
    "train --devices 2: SIGTERM to the first process stops both after one step, kept, and requeues the job",
  ignore: isWindows,
}, () =>
  inFolder(async (folder) => {
    const manifest = await madeUpFolder(folder, { train: 16, validation: 8, test: 0 });
    const task = fileURLToPath(new URL("../../../lib/tasks/train.ts", import.meta.url));
    const small =
      "--preset smoke --set backbone=conv4 --set width=0.25 --set blocks=1 --set steps=100000";
    const name = `test_${crypto.randomUUID().slice(0, 8)}`; // the task keeps runs in one place
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", task, "--data", manifest, ...small.split(" ")],
        ...`--set validateEvery=50000 --devices 2 --requeue --name ${name}`.split(" "),
      ],
      cwd: folder,
      env: await fakeScontrol(folder),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let output = "", errors = "";
    const read = async (
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
      add: (text: string) => void,
    ) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
    };
    const reading = [
      read(child.stdout, (t) => output += t),
      read(child.stderr, (t) => errors += t),
    ];
    await until(() => {
      assert.ok(!/Stopped|rank 1 has ended/.test(errors), errors);
      return /\d\/100000 · loss/.test(output + errors);
    }, 120);
    child.kill("SIGTERM");
    const { code } = await child.status;
    await Promise.all(reading);
    assert.equal(code, 130, output + errors);
    assert.match(
      output,
      /2 processes train together \(--devices\), a device each, with 4 pictures/,
    );
    assert.match(output, /^Batch norm takes the statistics of each device's pictures \(.*\)\.$/m);
    assert.match(output, /Back in Slurm's queue \(scontrol requeue 77\)/);
    assert.match(errors, /Stopped\. The same command goes on where it was\./);
    assert.equal(await Deno.readTextFile(join(folder, "told")), "requeue 77\n");
    const [run] = [...Deno.readDirSync(RUNS)].filter((entry) => entry.name.startsWith(name));
    const names = [...Deno.readDirSync(join(RUNS, run.name))].map(({ name }) => name);
    await Deno.remove(join(RUNS, run.name), { recursive: true });
    assert.ok(names.includes("checkpoint.safetensors"), `${names}`);
  }));

Deno.test("requeue does nothing after Ctrl-C, and says Slurm's command where it cannot be run", async () => {
  const said: string[] = [], say = (line: string) => void said.push(line);
  const after = (name: string) => AbortSignal.abort(new DOMException(`Interrupted by ${name}.`));
  await requeue(after("SIGINT"), say);
  assert.deepEqual(said, []);
  const before = Deno.env.get("SLURM_JOB_ID");
  Deno.env.delete("SLURM_JOB_ID");
  await requeue(after("SIGTERM"), say);
  assert.match(said[0], /no SLURM_JOB_ID/);
  Deno.env.set("SLURM_JOB_ID", "78");
  await requeue(after("SIGTERM"), say); // there is no such program here
  assert.match(said[1], /^"scontrol requeue 78" failed: .*Run it, or submit the job again/);
  if (before === undefined) Deno.env.delete("SLURM_JOB_ID");
  else Deno.env.set("SLURM_JOB_ID", before);
});

Deno.test("parseTrainOptions: what processes have in common is the command without --devices", () => {
  const of = (line: string) => {
    const options = parseTrainOptions(line.split(" "));
    assert.ok(options !== "help");
    return options.together!;
  };
  const options = of("--data m.csv --devices 4 --sync-batch-norm --start-limit 9");
  assert.deepEqual([options.devices, options.syncBatchNorm, options.startLimit], [4, true, 9]);
  assert.equal(options.args.join(" "), "--data m.csv --sync-batch-norm --start-limit 9");
  assert.equal(of("--devices=all --data m.csv").args.join(" "), "--data m.csv");
  assert.throws(() => of("--data m.csv --devices 0"), /--devices has "0"/);
  assert.throws(() => of("--data m.csv --devices some"), /--devices has "some"/);
});

Deno.test("configurationForDevices: batch norm apart unless joined, and no other loss without a word", () => {
  const of = (configuration: typeof PAPER, devices: number, joinsNorm = false) =>
    configurationForDevices(configuration, { devices, joinsNorm });
  assert.equal(of(PAPER, 1), PAPER);
  assert.equal(of(PAPER, 4).training.normDevices, 4);
  assert.equal(of(PAPER, 4, true), PAPER);
  const transformer = presetOf(foundationEncoder, "smoke") as unknown as typeof PAPER;
  assert.equal(of(transformer, 4), transformer); // it has none
  assert.throws(() => of(PAPER, 3), /batch of 256 pictures cannot be divided among 3/);
  assert.throws(
    () => of(vary(PAPER, { normDevices: 2 }), 4, true),
    /normDevices is 2.*but 4 train/,
  );
  assert.throws(
    () => of(vary(PAPER, { microBatchSize: 8 }), 4),
    /microBatchSize is 8, but each of 4/,
  );
  assert.throws(
    () => of(vary(PAPER, { compiler: "xla" }), 4, true),
    /compiler is "xla", which compiles steps of one device, not of 4/,
  );
  const contrasts = presetOf(dcl, "smoke") as unknown as typeof PAPER;
  assert.throws(() => of(contrasts, 2), /dcl's term "inter" needs the whole batch on one device/);
  const silent = { ...SMOKE.detector, kind: SMOKE.detector.kind, microBatches: undefined };
  const own = { ...SMOKE, detector: silent } as unknown as typeof PAPER;
  assert.throws(() => of(own, 2, true), /does not say how its loss follows from parts/);
});
