import assert from "node:assert/strict";
import { deviceTitle } from "lib/engine/device_title.ts";
import { startEngine } from "lib/engine/engine.ts";

Deno.test("deviceTitle names device and hardware of the engine, and TF32 only where it rounds", async () => {
  const engine = await startEngine(), { device, hardware, tensorFloat32 } = engine;
  assert.equal(deviceTitle(engine).startsWith(`${device} (${hardware}`), true);
  assert.equal(deviceTitle(engine).endsWith(", TF32)"), tensorFloat32);
  const gpu = { device: "GPU:0", hardware: "NVIDIA A100" };
  assert.equal(deviceTitle({ ...gpu, tensorFloat32: true }), "GPU:0 (NVIDIA A100, TF32)");
  assert.equal(deviceTitle({ ...gpu, tensorFloat32: false }), "GPU:0 (NVIDIA A100)");
});
