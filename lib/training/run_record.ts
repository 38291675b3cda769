/**
 * What a run leaves for people beside its history: its configuration, where and on what it ran, and its
 * metrics for TensorBoard. The run itself goes on without any of it.
 */
import { stringify } from "@std/yaml";
import { join } from "node:path";
import { type Configuration, plainConfiguration } from "lib/detectors/configuration.ts";
import type { Engine } from "lib/engine/engine.ts";
import { orSay, writeBytes, writeWhole } from "lib/io/write_whole.ts";
import { eventFileHead, restartEvent, scalarEvent } from "./event_file.ts";
import { type ProtocolData, protocolHash } from "./protocol.ts";
import { summariseHistory } from "./history_rows.ts";
import type { StepRecord } from "./step_record.ts";
import { runLength } from "./schedule.ts";
import { endsEarly } from "./selection.ts";

/** The files of a run's folder, beside history, state and detector. */
export const RUN_FILES: Readonly<
  Record<"configuration" | "run" | "tensorboard", string>
> = Object.freeze({
  configuration: "configuration.yaml",
  run: "run.yaml",
  tensorboard: "tensorboard",
});

/** How event files begin, as TensorBoard wants it. */
const EVENTS = "events.out.tfevents.forgery-clues";

/** The data of a run, as its record names it. */
export interface RunData {
  /** The data sets' names with the manifest's path as it was given, or what else the samples are, such as `"planted clues A8"`. */
  readonly source: string;
  /** SHA-256 of the manifest's bytes, in hexadecimal, or of whatever fixes the samples. */
  readonly sha256: string;
  /** SHA-256 of the pre-trained backbone weights; left out for a start from random ones. */
  readonly pretrained?: string;
  /** Number of training samples; where fakes are made on the way, of the reals that they are made of. */
  readonly training: number;
  /** The forgers that made the fakes on the way, such as `"SBI"`; left out where the samples' own were used. */
  readonly forged?: string;
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
  /**
   * Versions, device and threads of the last sitting, whether TF32 rounded its float32 products, and whether the
   * device gives the same bits each time.
   */
  readonly environment: Readonly<Record<string, string | number | boolean>>;
  /** Free text. */
  readonly notes: string;
}

/** The part of a run's data that belongs to its protocol. */
export function protocolData({ sha256, pretrained }: RunData): ProtocolData {
  return { training: sha256, ...pretrained === undefined ? {} : { pretrained } };
}

function environmentOf(engine: Engine) {
  const { backend, device, hardware, tensorFloat32, deterministic, version, threads } = engine;
  const { os, arch } = Deno.build;
  return {
    deno: Deno.version.deno,
    backend,
    [backend === "tensorflow" ? "tensorflow" : "tensorflow.js"]: version,
    device,
    hardware,
    tf32: tensorFloat32,
    deterministic,
    threads,
    processors: navigator.hardwareConcurrency,
    system: `${os} ${arch}`,
  };
}

/** What an earlier sitting left in run.yaml, as far as it is kept. */
async function earlier(
  folder: string,
): Promise<Pick<RunRecord, "started" | "sittings"> & { isFinished: boolean }> {
  try {
    const text = await Deno.readTextFile(join(folder, RUN_FILES.run));
    const [, started] = /^started: (\S+)$/m.exec(text) ?? [];
    const [, sittings] = /^sittings: (\d+)$/m.exec(text) ?? [];
    const isFinished = !/^finished: null$/m.test(text);
    if (started && sittings) return { started, sittings: Number(sittings), isFinished };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { started: new Date().toISOString(), sittings: 0, isFinished: false };
}

const yaml = (value: object) => new TextEncoder().encode(stringify(value));

/** A file that grows at its end. */
interface GrowingFile extends Disposable {
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** @throws Error naming the file when it cannot be written; so does its `write`. */
async function openGrowing(path: string): Promise<GrowingFile> {
  const file = await orSay(
    path,
    () => Deno.open(path, { write: true, create: true, truncate: true }),
  );
  const write = (bytes: Uint8Array) => writeBytes(file, path, bytes);
  return { write, [Symbol.dispose]: () => file.close() };
}

/**
 * The event file of a sitting that begins with this step: all events anew from step 0 on, or a file
 * beside the earlier ones, whose events of the same and of later steps no longer count.
 */
async function openEvents(
  folder: string,
  { first, begin }: { first: number; begin: number },
): Promise<GrowingFile> {
  if (first === 0) {
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await orSay(folder, () => Deno.mkdir(folder, { recursive: true }));
  const name = first === 0 ? EVENTS : `${EVENTS}.${String(first).padStart(10, "0")}`;
  const file = await openGrowing(join(folder, name));
  try {
    await file.write(eventFileHead(begin));
    if (first > 0) await file.write(restartEvent({ step: first, seconds: begin }));
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
  return file;
}

/** Tags by which TensorBoard groups the metrics. */
function tagged({ step: _, ...metrics }: StepRecord): Record<string, number> {
  const group = (name: string) =>
    name.startsWith("validation")
      ? "validation"
      : name.startsWith("weight")
      ? "automatic weights"
      : ["learningRate", "seconds", "lossScale", "skipped"].includes(name)
      ? "run"
      : "loss";
  return Object.fromEntries(Object.entries(metrics).map(([k, v]) => [`${group(k)}/${k}`, v]));
}

/**
 * Passes a run's records on and writes down on the way what people look for. A run that goes on may hand
 * out its kept records again, or not. The record of a run that was finished before stays as it is.
 *
 * - `configuration.yaml`: every field;
 * - `run.yaml`: a `RunRecord`;
 * - `tensorboard/`: the metrics for `tensorboard --logdir results/runs`.
 *
 * @param records Those of `train`, which keeps the run in the same folder, and its history there.
 * @param folder The run's folder.
 * @throws Error naming the file when one cannot be written; the run ends, its state is kept.
 */
export async function* recordRun(
  records: AsyncIterable<StepRecord>,
  { folder, ...facts }: RunFacts & { folder: string },
): AsyncGenerator<StepRecord, void, void> {
  const { name, configuration, data, batchesPerEpoch, engine, notes = "" } = facts;
  let sitting: { describe(): Promise<void>; events: GrowingFile; begin: number } | undefined;
  const start = async (first: number) => {
    const { started, sittings } = await earlier(folder), begin = Date.parse(started) / 1000;
    const described = plainConfiguration(configuration);
    await writeWhole(join(folder, RUN_FILES.configuration), yaml(described));
    const describe = async () => {
      const { steps, selection } = await summariseHistory(folder);
      const isOver = steps >= runLength({ ...configuration, batchesPerEpoch }) ||
        endsEarly(selection, configuration.training);
      const record: RunRecord = {
        name,
        protocol: protocolHash(configuration, protocolData(data)),
        seed: configuration.training.seed,
        started,
        finished: isOver ? new Date().toISOString() : null,
        sittings: sittings + 1,
        steps,
        data,
        environment: environmentOf(engine),
        notes,
      };
      await writeWhole(join(folder, RUN_FILES.run), yaml(record));
    };
    await describe();
    const events = await openEvents(join(folder, RUN_FILES.tensorboard), { first, begin });
    return { describe, events, begin };
  };
  let failure: unknown;
  try {
    for await (const record of records) { // the first one comes when nobody else has the folder
      sitting ??= (await earlier(folder)).isFinished ? undefined : await start(record.step);
      const { step, seconds } = record;
      if (sitting) {
        const event = scalarEvent(tagged(record), { step, seconds: sitting.begin + seconds });
        await sitting.events.write(event);
      }
      yield record;
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    sitting?.events[Symbol.dispose]();
    await sitting?.describe().catch((second) => {
      if (failure === undefined) throw second; // else what came first is what is to be said
    });
  }
}
