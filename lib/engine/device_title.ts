/** How a device is spoken of, in a line of a task. */
import type { Precision } from "./captured_function.ts";
import { type DeviceMemory, deviceMemory } from "./device_memory.ts";
import type { Engine } from "./engine.ts";

/**
 * The device with what it is and how it rounds.
 *
 * @example
 * ```ts
 * import { deviceTitle } from "lib/engine/device_title.ts";
 * import assert from "node:assert/strict";
 *
 * const gpu = { device: "GPU:0", hardware: "NVIDIA H100 80GB HBM3" };
 * assert.equal(deviceTitle({ ...gpu, tensorFloat32: true }), "GPU:0 (NVIDIA H100 80GB HBM3, TF32)");
 * assert.equal(deviceTitle({ ...gpu, tensorFloat32: false }), "GPU:0 (NVIDIA H100 80GB HBM3)");
 * ```
 */
export function deviceTitle(
  { device, hardware, tensorFloat32 }: Pick<Engine, "device" | "hardware" | "tensorFloat32">,
): string {
  return `${device} (${hardware}${tensorFloat32 ? ", TF32" : ""})`;
}

const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);

/**
 * The device with its memory and the arithmetic that is used on it, and whether the same work gives the same
 * bits: on a GPU always, on a processor, which gives them anyway, where that was asked for.
 *
 * @param options `precisions`: of what is computed; `asked`: whether the same bits are; `memoryOf`: tells the memory, `deviceMemory` by itself.
 *
 * @example
 * ```ts
 * import { describeDevice } from "lib/engine/device_title.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import assert from "node:assert/strict";
 *
 * const line = await describeDevice(await startEngine(), { precisions: ["float32"] });
 * assert.match(line, /^[CG]PU:0 \(.*\), .*float32/);
 * ```
 */
export async function describeDevice(
  engine: Pick<Engine, "device" | "hardware" | "tensorFloat32" | "deterministic">,
  { precisions, asked = false, memoryOf = deviceMemory }: {
    precisions: readonly Precision[];
    asked?: boolean | undefined;
    memoryOf?: (device: string) => Promise<DeviceMemory | undefined>;
  },
): Promise<string> {
  const memory = await memoryOf(engine.device), isGpu = !engine.device.startsWith("CPU");
  return [
    deviceTitle(engine),
    memory ? `${gigabytes(memory.free)} of ${gigabytes(memory.total)} GB free` : "memory unknown",
    [...new Set(precisions)].join(" and "),
    ...isGpu ? [engine.deterministic ? "deterministic" : "not deterministic"] : [],
    ...!isGpu && asked ? ["deterministic as it is"] : [],
  ].join(", ");
}
