/** Memory of the device that tensors live on: the machine's, or the GPU's as its driver tells. */
import { freeMemory } from "lib/io/free_memory.ts";

/** In bytes. */
export interface DeviceMemory {
  /** What this process may still take: see `freeMemory`; on a GPU, what no process has taken. */
  readonly free: number;
  /** All of the machine or the card. */
  readonly total: number;
}

/** Where a device's memory is asked; left out: here. */
export interface DeviceQuestion {
  /** The environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What nvidia-smi says. */
  readonly ask?: () => Promise<string>;
}

/** What is asked of every GPU. */
const QUESTION = "--query-gpu=index,uuid,name,memory.total,memory.free";

/** Lines of nvidia-smi; none where it is not there or fails. */
async function askDriver(): Promise<string> {
  try {
    const command = new Deno.Command("nvidia-smi", {
      args: [QUESTION, "--format=csv,noheader,nounits"],
      stdin: "null",
      stderr: "null",
    });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return "";
  }
}

/**
 * Bytes of a device's memory that this process may still take; undefined where that is not known: where
 * `deviceMemory` says nothing, and on a GPU all of which TensorFlow has taken at its start, told to by
 * `TF_FORCE_GPU_ALLOW_GROWTH=false`.
 *
 * @param device As `Engine.device`: `"CPU:0"`, `"GPU:0"`.
 * @param options As of `deviceMemory`.
 */
export async function memoryLeft(
  device: string,
  { env = Deno.env.toObject(), ask = askDriver }: DeviceQuestion = {},
): Promise<number | undefined> {
  const isTaken = device.startsWith("GPU") && env["TF_FORCE_GPU_ALLOW_GROWTH"] === "false";
  return isTaken ? undefined : (await deviceMemory(device, { env, ask }))?.free;
}

/**
 * What is free of a device's memory; undefined where its driver does not say, or says it of cards of which one
 * cannot know which it is: CUDA numbers the fastest first, nvidia-smi by their places on the bus.
 *
 * @param device As `Engine.device`: `"CPU:0"`, `"GPU:0"`.
 * @param options Where that is asked.
 *
 * @example
 * ```ts
 * import { deviceMemory } from "lib/engine/device_memory.ts";
 * import assert from "node:assert/strict";
 *
 * const { free, total } = (await deviceMemory("CPU:0"))!;
 * assert.ok(0 < free && free <= total);
 * ```
 */
export async function deviceMemory(
  device: string,
  { env = Deno.env.toObject(), ask = askDriver }: DeviceQuestion = {},
): Promise<DeviceMemory | undefined> {
  const [kind, number] = device.split(":");
  if (kind === "CPU") return { free: await freeMemory(), total: Deno.systemMemoryInfo().total };
  if (kind !== "GPU") return undefined; // WebGPU says nothing of its memory
  const cards = (await ask()).trim().split("\n").map((line) => line.split(", "));
  const { CUDA_VISIBLE_DEVICES: chosen, CUDA_DEVICE_ORDER: order } = env;
  const name = chosen === undefined ? number : chosen.split(",")[Number(number)]?.trim();
  const isNamed = name?.startsWith("GPU-") ?? false; // a UUID, or its beginning
  const models = new Set(cards.map(([, , model]) => model));
  if (!isNamed && models.size > 1 && order !== "PCI_BUS_ID") return undefined;
  const card = cards.find(([index, uuid]) => isNamed ? uuid?.startsWith(name!) : index === name);
  const [total, free] = (card ?? []).slice(3).map((mebibytes) => Number(mebibytes) * 2 ** 20);
  return Number.isFinite(total) && Number.isFinite(free) ? { free, total } : undefined;
}
