/** What a run's next sitting may change of the device of the last one. */
import type { Engine } from "lib/engine/engine.ts";
import type { RunRecord } from "./run_record.ts";

/**
 * What is to be said where a run goes on on another device than its last sitting's; undefined where it is the same.
 *
 * @param then `environment` of the run's record.
 * @throws RangeError when both are GPUs of which one is asked for the same bits each time and the other is not:
 * the run as a whole would be neither.
 *
 * @example
 * ```ts
 * import { deviceChange } from "lib/training/device_change.ts";
 * import assert from "node:assert/strict";
 *
 * const now = { device: "CPU:0", deterministic: true };
 * assert.equal(deviceChange({ device: "CPU:0", deterministic: true }, now), undefined);
 * assert.match(deviceChange({ device: "GPU:0", deterministic: true }, now)!, /last sitting was on GPU:0/);
 * ```
 */
export function deviceChange(
  then: RunRecord["environment"],
  now: Pick<Engine, "device" | "deterministic">,
): string | undefined {
  const kind = (device: unknown) => String(device).split(":")[0];
  if (kind(then.device) !== kind(now.device)) {
    return `This run's last sitting was on ${then.device}, and this one is on ${now.device}: other bits than on ` +
      "one device from beginning to end.";
  }
  const wasDeterministic = then.deterministic === true; // records before that was asked say nothing
  if (kind(now.device) !== "GPU" || wasDeterministic === now.deterministic) return undefined;
  throw new RangeError(
    wasDeterministic
      ? "This run began with --deterministic: go on with it, or give the run another name."
      : "This run began without --deterministic: go on without it, or give the run another name.",
  );
}
