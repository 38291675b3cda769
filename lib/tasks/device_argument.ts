/** What the command lines of tasks that run a detector say of the device. Imports no package: set-up comes after it. */
import type { DeviceName } from "lib/engine/eager_context.ts";

/** The device that is asked for, as `startEngine` takes it; what is not asked for is left out. */
export interface DeviceChoice {
  /** Left out: the first GPU, or else the processor. */
  readonly device?: DeviceName;
  /** Whether a GPU is to give the same bits each time. */
  readonly deterministic?: true;
}

/** The options, for `parseArgs`. */
export const DEVICE_OPTIONS = {
  device: { type: "string" },
  deterministic: { type: "boolean", default: false },
} as const;

/** The lines of `--help` about them. */
export const DEVICE_USAGE =
  `  --device NAME       cpu, or gpu:0, gpu:1 … (the first GPU, or else the processor)
  --deterministic     a GPU gives the same bits each time, more slowly; a processor does so anyway`;

/**
 * The choice in the values of `parseArgs`. Whether there is such a device shows when the engine starts.
 *
 * @throws RangeError for a word that names no device.
 *
 * @example
 * ```ts
 * import { deviceChoice } from "lib/tasks/device_argument.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(deviceChoice({ device: "gpu:1", deterministic: true }), { device: "gpu:1", deterministic: true });
 * assert.deepEqual(deviceChoice({ deterministic: false }), {});
 * ```
 */
export function deviceChoice(
  { device, deterministic }: { device?: string | undefined; deterministic: boolean },
): DeviceChoice {
  if (device !== undefined && !/^(cpu|gpu:(0|[1-9]\d{0,3}))$/.test(device)) {
    throw new RangeError(`--device is "${device}", but must be cpu, or gpu: and a number: gpu:0.`);
  }
  return {
    ...device === undefined ? {} : { device: device as DeviceName },
    ...deterministic ? { deterministic } : {},
  };
}
