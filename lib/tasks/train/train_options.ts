/** What the command line of `train` says. Imports no package: it is read before there are any. */
import { parseArgs } from "node:util";
import type { ConfigurationArguments } from "../configuration_arguments.ts";
import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";

/** How processes train together. */
export interface TogetherOptions {
  /** Processes on this machine that train together, a device each; left out: one, or as a launcher started them. */
  readonly devices?: number | "all";
  /** Whether several devices take the batch norm of the whole batch together; else each that of its own part. */
  readonly syncBatchNorm: boolean;
  /** Seconds that processes wait for each other at the start. */
  readonly startLimit: number;
  /** Whether a job of Slurm that is told to end goes back into the queue. */
  readonly requeue: boolean;
  /** The arguments, but for `devices`: what processes that train together have in common. */
  readonly args: readonly string[];
}

/** How detectors are trained. */
export interface TrainTaskOptions {
  /** Manifests, `…/manifest.csv`; a run takes the first one that holds its data set. */
  readonly manifests: readonly string[];
  /** What is trained: one configuration, or trainings of the paper's tables with the changes on top. */
  readonly configuration: ConfigurationArguments;
  /** Names of the paper's trainings, or `"all"`; left out: the configuration alone. */
  readonly tables?: readonly string[];
  /** What a single run is called; left out: the detector and its preset. */
  readonly name?: string;
  /** One run for each; left out: the preset's seed. */
  readonly seeds?: readonly number[];
  /** This job's share of the runs, `"k/N"`. */
  readonly job: string;
  /** Weights of a published backbone; none: random ones. */
  readonly pretrained?: string;
  /** Whether people may be in several splits, as in Celeb-DF and DFDC; videos never may. */
  readonly allowSharedIdentities: boolean;
  /** Methods whose fakes are not learnt from, nor validated on; none: all are. */
  readonly leaveOut: readonly string[];
  /** Whether a run begins although its step is not thought to fit into memory. */
  readonly ignoreMemory: boolean;
  /** Steps between two checkpoints. */
  readonly checkpointEvery: number;
  /** What it computes on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** How it trains together with other processes; left out: alone. */
  readonly together?: TogetherOptions;
  /** Free text for the record. */
  readonly notes: string;
}

/** What `deno task train --help` prints. */
export const USAGE =
  `deno task train --data MANIFEST [options]    trains a detector, or a sweep of them

  --data FILE         a manifest, as "deno task prepare" writes it; with --tables, one for each data set
  --detector NAME     exposing_the_deception, xception, mesonet, spsl, xception_ela, f3_net,
                      recce, face_x_ray, multi_attentional, srm, fst_matching, ost, lisiam, sbi,
                      pcl, dsp_fwa, efficientnet, ws_dan, dcl, foundation_encoder, or
                      a TypeScript file of your own (the first)
  --preset NAME       one of the detector's: paper, officialCode, quick, smoke for the paper's (its first)
  --set FIELD=VALUE   change one setting, such as blocks=3; as often as you like
  --micro-batch N     learn from each batch in parts of N, in the memory of N: --set microBatchSize=N
  --pretrained FILE   published weights to begin with, such as resnet34.pth
  --name NAME         what the run is called (the detector and its preset)
  --tables NAMES      the paper's detectors instead of a preset: "all", or names with commas between
  --seeds A,B         one run for each seed (the preset's)
  --job K/N           only every N-th run from the K-th: jobs side by side share a sweep
  --allow-shared-identities   people may be in several splits, as in Celeb-DF's and DFDC's own lists
  --leave-out A,B     methods whose fakes are kept from training and validation, to be tested on
${DEVICE_USAGE}
  --devices N         train on N devices of this machine together, or on "all": the batch is divided; torchrun,
                      TF_CONFIG and Slurm's srun are understood without it, on several machines too
  --sync-batch-norm   devices take the batch norm of the whole batch together (each takes its own part's)
  --start-limit SECONDS   how long processes wait for each other at the start (300)
  --requeue           a job of Slurm that is told to end goes back into the queue, and goes on from there
  --checkpoint-every N  steps between two checkpoints (500)
  --ignore-memory     begin although a step is not thought to fit into memory
  --notes TEXT        kept with the run
  --help              this

Training and validation samples are those of the manifest's splits; test samples are not looked at, but
their names: no video may be in two splits, and no person unless that is allowed.
The same command later goes on where a run was stopped. Runs are in results/runs/.`;

/**
 * Reads the arguments; "help" when they ask for it. Whether there are such a detector, preset and fields
 * is seen when the runs are planned.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option that does not exist.
 *
 * @example The second of four jobs over three seeds
 * ```ts
 * import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseTrainOptions(
 *   "--data faces/manifest.csv --preset quick --set blocks=3 --seeds 1,2,3 --job 2/2".split(" "),
 * );
 * assert.ok(options !== "help");
 * assert.deepEqual(options.configuration, { preset: "quick", changes: ["blocks=3"] });
 * assert.deepEqual(options.seeds, [1, 2, 3]);
 * ```
 */
export function parseTrainOptions(args: readonly string[]): TrainTaskOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", multiple: true, default: [] },
      detector: { type: "string" },
      preset: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
      "micro-batch": { type: "string" },
      pretrained: { type: "string" },
      name: { type: "string" },
      tables: { type: "string" },
      seeds: { type: "string" },
      job: { type: "string", default: "1/1" },
      "allow-shared-identities": { type: "boolean", default: false },
      "leave-out": { type: "string" },
      "checkpoint-every": { type: "string", default: "500" },
      "ignore-memory": { type: "boolean", default: false },
      ...DEVICE_OPTIONS,
      devices: { type: "string" },
      "sync-batch-norm": { type: "boolean", default: false },
      "start-limit": { type: "string", default: "300" },
      requeue: { type: "boolean", default: false },
      notes: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { data, detector, preset, set, tables, name, pretrained, seeds, devices } = values;
  const parts = values["micro-batch"], device = deviceChoice(values);
  if (data.length === 0) throw new RangeError("--data is missing: the manifest to train on.");
  if (tables !== undefined && [detector, preset, name].some((value) => value !== undefined)) {
    throw new RangeError(
      "--tables brings its own detectors, presets and names: leave out --detector, --preset and --name.",
    );
  }
  if (tables === undefined && data.length > 1) {
    throw new RangeError("Several --data are for --tables; a single run learns from one manifest.");
  }
  if (devices !== undefined && device.device?.startsWith("gpu")) {
    throw new RangeError(
      `--device ${device.device} is one GPU, and --devices gives each process one of its own: leave one of them out, ` +
        "and choose among GPUs with CUDA_VISIBLE_DEVICES. --device cpu goes with --devices.",
    );
  }
  return {
    manifests: data,
    configuration: {
      ...detector === undefined ? {} : { detector },
      ...preset === undefined ? {} : { preset },
      changes: [
        ...set,
        ...parts === undefined ? [] : [`microBatchSize=${wholeNumber("--micro-batch", parts, 0)}`],
      ],
    },
    ...tables === undefined ? {} : { tables: tables.split(",") },
    ...name === undefined ? {} : { name },
    ...seeds === undefined
      ? {}
      : { seeds: seeds.split(",").map((seed) => wholeNumber("--seeds", seed, 0)) },
    job: values.job,
    ...pretrained === undefined ? {} : { pretrained },
    allowSharedIdentities: values["allow-shared-identities"],
    leaveOut: values["leave-out"]?.split(",") ?? [],
    ignoreMemory: values["ignore-memory"],
    device,
    checkpointEvery: wholeNumber("--checkpoint-every", values["checkpoint-every"], 1),
    together: {
      ...devices === undefined
        ? {}
        : { devices: devices === "all" ? devices : wholeNumber("--devices", devices, 1) },
      syncBatchNorm: values["sync-batch-norm"],
      startLimit: wholeNumber("--start-limit", values["start-limit"], 1),
      requeue: values.requeue,
      args: args.filter((arg, i) => !/^--devices(=|$)/.test(arg) && args[i - 1] !== "--devices"),
    },
    notes: values.notes,
  };
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${option} has "${text}", but must be a whole number from ${least}.`);
}
