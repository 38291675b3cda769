/** Memory of the device that tensors live on: the machine's, or the GPU's as its driver tells. */
import { freeMemory } from "lib/io/free_memory.ts";

/** In bytes. */
export interface DeviceMemory {
  /** What this process may still take: see `freeMemory`; on a GPU, what no process has taken. */
  readonly free: number;
  /** All of the machine or the card. */
  readonly total: number;
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
 * What is free of a device's memory; undefined where its driver does not say, or says it of cards of which one
 * cannot know which it is: CUDA numbers the fastest first, nvidia-smi by their places on the bus.
 *
 * @param device As `Engine.device`: `"CPU:0"`, `"GPU:0"`.
 * @param options `env`: the environment; `ask`: what nvidia-smi says.
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
  { env = Deno.env.toObject(), ask = askDriver }: {
    env?: Readonly<Record<string, string>>;
    ask?: () => Promise<string>;
  } = {},
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
