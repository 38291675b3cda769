/**
 * A run of the QUICK preset by the command `train`, over crops made of the demo photographs: ended with
 * SIGKILL after its first checkpoint, and gone on with to its end: `train_killed.ts [steps] [precision] [device]`. In
 * half precision the loss is scaled. With a device, the record must name it.
 */
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import type { Split } from "lib/data/samples.ts";
import { writeCrops } from "lib/tasks/bench/data/bench_crops.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { SET_UP_MARK } from "lib/tasks/setup/run_again.ts";
import { exists } from "lib/tasks/setup/setup_steps.ts";
import { readRun } from "lib/training/recorded_runs.ts";
import { RUNS } from "lib/training/run_folder.ts";
import { sayFigure } from "./figures.ts";

const [steps = "60", precision = "float32", device] = Deno.args,
  every = Math.ceil(Number(steps) / 6);
const NAME = `gpu-kit-${Date.now()}`;
const crops = await Deno.makeTempDir({ prefix: "gpu-kit-" }),
  manifest = join(crops, "manifest.csv");
const { samples } = await writeCrops(crops, { count: 240, side: 96 });
const splitOf = (i: number): Split => i < 192 ? "train" : "validation";
await writeManifest(manifest, samples.map((sample, i) => ({ ...sample, split: splitOf(i) })));

/** Starts the command, whose lines go on to standard error, so that they are in the log. */
function startTraining(): Deno.ChildProcess {
  const settings = [`steps=${steps}`, `validateEvery=${2 * every}`, `precision=${precision}`];
  if (precision !== "float32") settings.push("lossScaling=dynamic");
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", join(PROJECT.root, "lib/tasks/train.ts")],
      ...["--data", manifest, "--preset", "quick", "--name", NAME],
      ...["--checkpoint-every", `${every}`, ...settings.flatMap((one) => ["--set", one])],
      ...device === undefined ? [] : ["--device", device],
    ],
    env: { [SET_UP_MARK]: PROJECT.root },
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

/** The run's folder, once there is one. */
async function runFolderName(): Promise<string | undefined> {
  const names = await Array.fromAsync(Deno.readDir(RUNS), ({ name }) => name).catch(() => []);
  return names.find((name) => name.startsWith(NAME));
}

/** Whether a state of the run is kept. */
async function isKept(): Promise<boolean> {
  const name = await runFolderName();
  return name !== undefined && await exists(join(RUNS, name, "checkpoint.safetensors"));
}

const first = startTraining();
let over = false;
const ended = first.status.then((status) => (over = true, status));
while (!over && !await isKept()) await new Promise((resolve) => setTimeout(resolve, 50));
if (!over) first.kill("SIGKILL");
const { signal, code: firstCode } = await ended;
const begin = performance.now();
const { code } = await startTraining().status;
const { record, metrics } = await readRun((await runFolderName())!);
sayFigure("train", {
  ...record.environment,
  precision,
  codes: [signal ?? firstCode, code],
  sittings: record.sittings,
  steps: record.steps,
  finished: record.finished !== null,
  secondSittingSeconds: (performance.now() - begin) / 1000,
  losses: [metrics[0], metrics.at(-1)].map((step) => step?.total),
  lossScales: [metrics[0], metrics.at(-1)].map((step) => step?.lossScale),
  skipped: metrics.reduce((sum, { skipped = 0 }) => sum + skipped, 0),
});
await Deno.remove(crops, { recursive: true });
const isThere = device === undefined ||
  record.environment.device === `${device.toUpperCase()}${device === "cpu" ? ":0" : ""}`;
Deno.exit(code === 0 && record.finished !== null && record.sittings === 2 && isThere ? 0 : 1);
