/**
 * What a run leaves for people: its configuration, where and on what it ran, its metrics by step for
 * data frames and for TensorBoard. The state that it goes on from is the checkpoint's matter; all here
 * can be made again from that, and is, when a run goes on.
 */
import { stringify } from "@std/yaml";
import { join } from "node:path";
import { type Configuration, plainConfiguration } from "lib/detectors/configuration.ts";
import type { Engine } from "lib/engine/engine.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { eventFileHead, scalarEvent } from "./event_file.ts";
import { type ProtocolData, protocolHash } from "./protocol.ts";
import type { StepRecord } from "./step_record.ts";
import { runLength } from "./schedule.ts";
import { endsEarly, selectionOf } from "./selection.ts";
import type { ValidationMetrics } from "./validation.ts";

/** The files of a run's folder, beside those of the checkpoint. */
export const RUN_FILES: Readonly<
  Record<"configuration" | "run" | "metrics" | "events", string>
> = Object.freeze({
  configuration: "configuration.yaml",
  run: "run.yaml",
  metrics: "metrics.csv",
  events: "tensorboard/events.out.tfevents.forgery-clues",
});

/** Columns of metrics.csv that hold numbers only at steps after which the run was validated. */
const VALIDATION = [
  "validationAuc",
  "validationAccuracy",
  "validationLogLoss",
] as const satisfies (keyof ValidationMetrics)[];

/** The data of a run, as its record names it. */
export interface RunData {
  /** The manifest's file name, or what else the samples are, such as `"planted clues A8"`. */
  readonly source: string;
  /** SHA-256 of the manifest's bytes, in hexadecimal, or of whatever fixes the samples. */
  readonly sha256: string;
  /** SHA-256 of the pre-trained backbone weights; left out for a start from random ones. */
  readonly pretrained?: string;
  /** Number of training samples. */
  readonly training: number;
  /** Number of validation samples. */
  readonly validation: number;
}

/** What is known about a run before its first step. */
export interface RunFacts {
  /** The run's name; several seeds and settings may share it. */
  readonly name: string;
  /** Its settings. */
  readonly configuration: Configuration;
  /** What it learns from. */
  readonly data: RunData;
  /** Steps of one pass over the training data, of the run's batch source. */
  readonly batchesPerEpoch: number;
  /** What computes it, as `startEngine` says. */
  readonly engine: Engine;
  /** Anything that a reader should know. */
  readonly notes?: string;
}

/** What run.yaml holds. */
export interface RunRecord {
  /** The run's name. */
  readonly name: string;
  /** `protocolHash` of configuration and training data. */
  readonly protocol: string;
  /** Repeated here, as lists of runs are sorted by it. */
  readonly seed: number;
  /** When the run first began, ISO 8601, UTC. */
  readonly started: string;
  /** When it came to its end, be it the last step or that of patience; `null` while it can go on. */
  readonly finished: string | null;
  /** Times that the run was started or went on. */
  readonly sittings: number;
  /** Steps done. */
  readonly steps: number;
  /** The data. */
  readonly data: RunData;
  /** Versions, device and threads of the last sitting. */
  readonly environment: Readonly<Record<string, string | number>>;
  /** Free text. */
  readonly notes: string;
}

/** The part of a run's data that belongs to its protocol. */
export function protocolData({ sha256, pretrained }: RunData): ProtocolData {
  return { training: sha256, ...pretrained === undefined ? {} : { pretrained } };
}

function environmentOf({ backend, device, version, threads }: Engine) {
  const { os, arch } = Deno.build;
  return {
    deno: Deno.version.deno,
    backend,
    [backend === "tensorflow" ? "tensorflow" : "tensorflow.js"]: version,
    device,
    threads,
    processors: navigator.hardwareConcurrency,
    system: `${os} ${arch}`,
  };
}

/** What an earlier sitting left in run.yaml, as far as it is kept. */
async function earlier(folder: string): Promise<Pick<RunRecord, "started" | "sittings">> {
  try {
    const text = await Deno.readTextFile(join(folder, RUN_FILES.run));
    const [, started] = /^started: (\S+)$/m.exec(text) ?? [];
    const [, sittings] = /^sittings: (\d+)$/m.exec(text) ?? [];
    if (started && sittings) return { started, sittings: Number(sittings) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { started: new Date().toISOString(), sittings: 0 };
}

const yaml = (value: object) => new TextEncoder().encode(stringify(value));

/** A text file that grows; each write is on its way to the disk when it returns. */
async function openFresh(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { write: true, create: true, truncate: true });
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Tags by which TensorBoard groups the metrics. */
function tagged({ step: _, ...metrics }: StepRecord): Record<string, number> {
  const group = (name: string) =>
    name.startsWith("validation")
      ? "validation"
      : name.startsWith("weight")
      ? "automatic weights"
      : name === "learningRate" || name === "seconds"
      ? "run"
      : "loss";
  return Object.fromEntries(Object.entries(metrics).map(([k, v]) => [`${group(k)}/${k}`, v]));
}

/**
 * Passes a run's records on and writes them down on the way. A run that goes on hands out its kept
 * records first, so the files are written anew from the first step, and match the checkpoint.
 *
 * - `configuration.yaml`: every field;
 * - `run.yaml`: a `RunRecord`;
 * - `metrics.csv`: a line a step; the columns of validation are empty at steps without one;
 * - `tensorboard/`: the same numbers for `tensorboard --logdir results/runs`.
 *
 * @param records Those of `train`.
 * @param folder The run's folder; made when missing.
 * @throws Error naming the file when one cannot be written; the run ends, its checkpoint stays.
 */
export async function* recordRun(
  records: AsyncIterable<StepRecord>,
  { folder, ...facts }: RunFacts & { folder: string },
): AsyncGenerator<StepRecord, void, void> {
  const { name, configuration, data, batchesPerEpoch, engine, notes = "" } = facts;
  const { started, sittings } = await earlier(folder);
  const fixed = {
    name,
    protocol: protocolHash(configuration, protocolData(data)),
    seed: configuration.training.seed,
    started,
    sittings: sittings + 1,
    data,
    environment: environmentOf(engine),
    notes,
  };
  const begin = Date.parse(started) / 1000;
  let steps = 0;
  const describe = (finished: string | null) => {
    const { name, protocol, seed, started, sittings, ...rest } = fixed;
    const record: RunRecord = { name, protocol, seed, started, finished, sittings, steps, ...rest };
    return writeWhole(join(folder, RUN_FILES.run), yaml(record));
  };
  await writeWhole(join(folder, RUN_FILES.configuration), yaml(plainConfiguration(configuration)));
  await describe(null);
  await Deno.mkdir(join(folder, "tensorboard"), { recursive: true });
  using metrics = await openFresh(join(folder, RUN_FILES.metrics));
  using events = await openFresh(join(folder, RUN_FILES.events));
  await writeAll(events, eventFileHead(begin));
  let columns: readonly string[] = [];
  const validated: StepRecord[] = [];
  try {
    for await (const record of records) {
      if (steps === 0) {
        columns = [...new Set([...Object.keys(record), ...VALIDATION])];
        await writeAll(metrics, new TextEncoder().encode(columns.join(",") + "\n"));
      }
      const cells = columns.map((column) => record[column] ?? "");
      await writeAll(metrics, new TextEncoder().encode(cells.join(",") + "\n"));
      const { step, seconds } = record;
      await writeAll(events, scalarEvent(tagged(record), { step, seconds: begin + seconds }));
      steps++;
      if (record.validationAuc !== undefined) validated.push(record);
      yield record;
    }
  } finally {
    const isOver = steps >= runLength({ ...configuration, batchesPerEpoch }) ||
      endsEarly(selectionOf(validated), configuration.training);
    await describe(isOver ? new Date().toISOString() : null);
  }
}
