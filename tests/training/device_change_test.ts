import assert from "node:assert/strict";
import { deviceChange } from "lib/training/device_change.ts";

const gpu = { device: "GPU:0", deterministic: false },
  cpu = { device: "CPU:0", deterministic: true };

Deno.test("deviceChange refuses GPUs of which one is asked for the same bits and the other is not", () => {
  const same = { ...gpu, deterministic: true };
  assert.throws(() => deviceChange(same, gpu), /began with --deterministic: go on with it/);
  assert.throws(() => deviceChange(gpu, same), /began without --deterministic: go on without it/);
  assert.throws(() => deviceChange({ device: "GPU:1" }, same), RangeError); // a record of before
  assert.equal(deviceChange({ device: "GPU:1" }, gpu), undefined);
  assert.equal(deviceChange(same, same), undefined);
});

Deno.test("deviceChange says where a run goes on on another kind of device", () => {
  assert.match(
    deviceChange(gpu, cpu)!,
    /last sitting was on GPU:0, and this one is on CPU:0: other bits/,
  );
  assert.match(deviceChange({ device: "CPU:0" }, gpu)!, /on CPU:0, and this one is on GPU:0/);
  assert.equal(deviceChange({ device: "CPU:0" }, cpu), undefined);
});
