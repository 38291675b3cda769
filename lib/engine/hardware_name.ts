/** The hardware behind a device, by its maker's name: numbers are said together with what computed them. */
import { join } from "node:path";

/** Where NVIDIA's driver describes its GPUs, one folder each. Linux only. */
const NVIDIA_GPUS = "proc/driver/nvidia/gpus";

/**
 * The maker's name of what a device is, such as `"NVIDIA H100 80GB HBM3"` or `"AMD EPYC"`; where a machine
 * has GPUs of several models, all their names, since CUDA's order need not be the driver's. `"unknown"` where
 * the system does not say: it is read from /proc.
 *
 * @param device As `Engine.device`: `"CPU:0"`, `"GPU:0"`.
 * @param root The folder that stands for `/`.
 *
 * @example
 * ```ts
 * import { hardwareName } from "lib/engine/hardware_name.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hardwareName("GPU:0", "/no such folder"), "unknown");
 * ```
 */
export function hardwareName(device: string, root = "/"): string {
  if (!device.startsWith("GPU")) {
    return field("model name", join(root, "proc/cpuinfo")) ?? "unknown";
  }
  const gpus = join(root, NVIDIA_GPUS);
  const models = foldersIn(gpus).map((name) => field("Model", join(gpus, name, "information")));
  return [...new Set(models)].filter((model) => model !== undefined).join(" or ") || "unknown";
}

/** The first value of a name in a file of lines `name : value`. */
function field(name: string, path: string): string | undefined {
  try {
    const line = new RegExp(`^${name}\\s*:\\s*(.*\\S)`, "m");
    return line.exec(Deno.readTextFileSync(path))?.[1];
  } catch {
    return undefined; // another system, or it may not be read
  }
}

function foldersIn(path: string): string[] {
  try {
    return Array.from(Deno.readDirSync(path), ({ name }) => name).sort();
  } catch {
    return [];
  }
}
