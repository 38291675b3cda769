/** How a device is spoken of, in a line of a task. */
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
