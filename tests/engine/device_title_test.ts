import assert from "node:assert/strict";
import { describeDevice, deviceTitle } from "lib/engine/device_title.ts";
import { startEngine } from "lib/engine/engine.ts";

Deno.test("deviceTitle names device and hardware of the engine, and TF32 only where it rounds", async () => {
  const engine = await startEngine(), { device, hardware, tensorFloat32 } = engine;
  assert.equal(deviceTitle(engine).startsWith(`${device} (${hardware}`), true);
  assert.equal(deviceTitle(engine).endsWith(", TF32)"), tensorFloat32);
  const gpu = { device: "GPU:0", hardware: "NVIDIA A100" };
  assert.equal(deviceTitle({ ...gpu, tensorFloat32: true }), "GPU:0 (NVIDIA A100, TF32)");
  assert.equal(deviceTitle({ ...gpu, tensorFloat32: false }), "GPU:0 (NVIDIA A100)");
});

Deno.test("describeDevice says device, memory and precision in a line, and determinism where it matters", async () => {
  const gpu = {
    device: "GPU:0",
    hardware: "NVIDIA A100",
    tensorFloat32: true,
    deterministic: false,
  };
  const cpu = { ...gpu, device: "CPU:0", hardware: "AMD EPYC", tensorFloat32: false };
  const memoryOf = () => Promise.resolve({ free: 1.5 * 2 ** 30, total: 80 * 2 ** 30 });
  const said = (engine: typeof gpu, more: { asked?: boolean } = {}) =>
    describeDevice(engine, { precisions: ["float16", "float32", "float16"], memoryOf, ...more });
  assert.equal(
    await said(gpu),
    "GPU:0 (NVIDIA A100, TF32), 1.5 of 80.0 GB free, float16 and float32, not deterministic",
  );
  assert.match(await said({ ...gpu, deterministic: true }), /float32, deterministic$/);
  assert.equal(await said(cpu), "CPU:0 (AMD EPYC), 1.5 of 80.0 GB free, float16 and float32");
  assert.match(await said(cpu, { asked: true }), /float32, deterministic as it is$/);
  const unknown = await describeDevice(cpu, {
    precisions: ["float32"],
    memoryOf: () => Promise.resolve(undefined),
  });
  assert.equal(unknown, "CPU:0 (AMD EPYC), memory unknown, float32");
});
