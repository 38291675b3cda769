/**
 * The processes that train together: finds this one's place among them, meets the others, and starts the
 * engine on the device that is its own. A process that was started alone is alone.
 */
import type { Membership } from "lib/engine/collectives.ts";
import { ALONE } from "lib/batches/device_share.ts";
import { type Engine, type EngineOptions, startEngine } from "lib/engine/engine.ts";
import { meetGroup, type MetGroup } from "lib/engine/meet_group.ts";
import { visibleGpus } from "lib/engine/nvidia_gpu.ts";
import { isNormed } from "lib/networks/parameters.ts";
import { startDeviceProcesses } from "./device_processes.ts";
import { launchedPlace } from "./launcher.ts";
import type { DeviceChoice } from "../device_argument.ts";
import type { PlannedRun } from "./planned_runs.ts";
import type { TogetherOptions } from "./train_options.ts";

/** This process among those that train together. */
export interface JoinedDevices {
  /** The engine that it runs. */
  readonly engine: Engine;
  /** Which of all devices is its own. */
  readonly share: Membership;
  /** Who started the processes, in words for people; undefined where it is alone. */
  readonly launcher: string | undefined;
}

/** The options that decide it. */
export interface DeviceOptions {
  /** How processes train together; undefined: alone, whatever a launcher says. */
  readonly together: TogetherOptions | undefined;
  /** What each computes on. Default: a GPU of its own, or a part of the processor. */
  readonly device?: DeviceChoice | undefined;
  /** That of an interrupt. */
  readonly signal: AbortSignal;
}

/** How many processes `--devices` asks for. @throws RangeError where there are not as many GPUs. */
function wantedDevices(devices: TogetherOptions["devices"], gpus: number): number {
  if (devices === "all") return Math.max(1, gpus);
  if (devices !== undefined && gpus > 0 && devices > gpus) {
    throw new RangeError(`--devices is ${devices}, but this machine shows ${gpus} GPUs.`);
  }
  return devices ?? 1;
}

/** What the engine is told of this process's device: its GPU, or its part of the processor's cores. */
function ownDevice(
  { localRank, localSize }: { localRank: number; localSize: number },
  gpus: number,
): EngineOptions {
  if (gpus > 1 && localRank >= gpus) {
    throw new RangeError(
      `This is process ${
        localRank + 1
      } on its machine, which shows ${gpus} GPUs: start one process a GPU.`,
    );
  }
  if (gpus > 0) return { device: `gpu:${gpus === 1 ? 0 : localRank}` };
  const cores = Math.max(1, Math.floor(navigator.hardwareConcurrency / localSize));
  return { intraOpThreads: cores, interOpThreads: cores };
}

/**
 * Does some work as one of the processes that train together. What it throws ends the others, in its
 * words; and where another one is lost, that is thrown.
 *
 * @throws RangeError when `--devices`, or `--device` with one GPU, is given to a process that a launcher started, or
 * there is no such device; Error when some processes
 * do not come in time, naming them.
 */
export async function withDevices<Result>(
  { together, device = {}, signal }: DeviceOptions,
  work: (joined: JoinedDevices) => Promise<Result>,
): Promise<Result> {
  const alone = async () =>
    await work({ engine: await startEngine(device), share: ALONE, launcher: undefined });
  if (!together) return await alone();
  const { devices, startLimit, args } = together;
  const launched = launchedPlace(Deno.env.toObject());
  const gpus = device.device === "cpu" ? 0 : visibleGpus();
  if (launched && device.device?.startsWith("gpu")) {
    throw new RangeError(
      `${launched.launcher} has started this process as one of ${launched.size}, a GPU each: leave out --device ` +
        `${device.device}, and choose among GPUs with CUDA_VISIBLE_DEVICES. --device cpu keeps all on processors.`,
    );
  }
  if (launched && devices !== undefined) {
    throw new RangeError(
      `${launched.launcher} has started this process as one of ${launched.size}, a device each: leave out ` +
        "--devices, which starts processes itself.",
    );
  }
  const count = launched ? 1 : wantedDevices(devices, gpus);
  await using processes = count > 1 ? startDeviceProcesses(count, args) : undefined;
  const place = launched ?? processes?.place;
  if (!place) return await alone();
  const { rank, size } = place;
  const meeting = meetGroup({ ...place, purpose: args.join(" "), seconds: startLimit });
  const met = await Promise.race([meeting, ...processes ? [processes.anyEnds] : []]);
  try {
    const engine = await startEngine({ ...device, ...ownDevice(place, gpus), group: met.group });
    met.watch();
    const launcher = launched?.launcher ?? "--devices";
    const result = await work({ engine, share: { rank, size }, launcher });
    await met.leave(signal.aborted ? `Rank ${rank} was stopped.` : undefined); // others may wait for it
    return result;
  } catch (error) {
    throw await told(error, { met, rank, lastWords: processes?.lastWords });
  }
}

/** Tells the others of an error; what is to be thrown of it. */
async function told(
  error: unknown,
  { met, rank, lastWords = () => "" }: {
    met: MetGroup;
    rank: number;
    lastWords: ((rank: number) => string) | undefined;
  },
): Promise<unknown> {
  const loss = await met.lossBehind(error);
  if (!loss) {
    await met.leave(`Rank ${rank} failed: ${(error as Error).message}`);
    return error;
  }
  await met.leave(loss.words);
  const last = loss.isSilent ? lastWords(loss.rank) : "";
  return new Error(last === "" ? loss.words : `${loss.words}\n${last}`, { cause: error });
}

/** What is to be said of a run on several devices, beside what a run on one says. */
export function sayDevices(
  runs: readonly PlannedRun[],
  { share: { size }, launcher }: { share: Membership; launcher: string },
): string[] {
  const each = [...new Set(runs.map(({ configuration }) => configuration.data.batchSize / size))];
  const normed = runs.filter(({ configuration }) => isNormed(configuration.detector.parameters));
  const isApart = normed.some(({ configuration }) => configuration.training.normDevices > 1);
  return [
    `${size} processes train together (${launcher}), a device each, with ${
      each.join(" or ")
    } pictures of ` +
    "a batch each. Dropout is drawn on each for itself.",
    ...normed.length === 0 ? [] : [
      isApart
        ? "Batch norm takes the statistics of each device's pictures (--sync-batch-norm: of the whole batch)."
        : "Batch norm takes the statistics of the whole batch, over all devices.",
    ],
  ];
}
