import assert from "node:assert/strict";
import { deviceMemory, memoryLeft } from "lib/engine/device_memory.ts";

/** What nvidia-smi says of cards, with these models. */
const saying = (...models: string[]) => () =>
  Promise.resolve(
    models.map((model, i) =>
      `${i}, GPU-${i}abc-def, ${model}, ${1000 * (i + 1)}, ${500 * (i + 1)}\n`
    )
      .join(""),
  );
const MIB = 2 ** 20;
const first = { free: 500 * MIB, total: 1000 * MIB },
  second = { free: 1000 * MIB, total: 2000 * MIB };

Deno.test("deviceMemory asks the driver for the card that the process sees under that number", async () => {
  const ask = saying("A", "A");
  assert.deepEqual(await deviceMemory("GPU:0", { env: {}, ask }), first);
  assert.deepEqual(await deviceMemory("GPU:1", { env: {}, ask }), second);
  const chosen = { CUDA_VISIBLE_DEVICES: "1,0" };
  assert.deepEqual(await deviceMemory("GPU:0", { env: chosen, ask }), second);
  const named = { CUDA_VISIBLE_DEVICES: "GPU-1abc" };
  assert.deepEqual(await deviceMemory("GPU:0", { env: named, ask: saying("A", "B") }), second);
});

Deno.test("deviceMemory says nothing of cards of several models that CUDA numbers as it likes", async () => {
  const ask = saying("A", "B");
  assert.equal(await deviceMemory("GPU:0", { env: {}, ask }), undefined);
  const env = { CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
  assert.deepEqual(await deviceMemory("GPU:0", { env, ask }), first);
});

Deno.test("deviceMemory says nothing where the driver does not", async () => {
  for (const text of ["", "0, GPU-0, A, [N/A], [N/A]\n", "NVIDIA-SMI has failed\n"]) {
    assert.equal(
      await deviceMemory("GPU:0", { env: {}, ask: () => Promise.resolve(text) }),
      undefined,
    );
  }
});

Deno.test("deviceMemory knows nothing of WebGPU's", async () => {
  assert.equal(await deviceMemory("WebGPU:0", { env: {}, ask: saying("A") }), undefined);
});

Deno.test("memoryLeft is what is free, and unknown of a card that TensorFlow took whole", async () => {
  const ask = saying("A"), free = 500 * MIB;
  assert.equal(await memoryLeft("GPU:0", { env: {}, ask }), free);
  const env = { TF_FORCE_GPU_ALLOW_GROWTH: "false" };
  assert.equal(await memoryLeft("GPU:0", { env, ask }), undefined);
  assert.equal(
    await memoryLeft("GPU:0", { env: { TF_FORCE_GPU_ALLOW_GROWTH: "true" }, ask }),
    free,
  );
  assert.equal(await memoryLeft("WebGPU:0", { env: {}, ask }), undefined);
  assert.ok((await memoryLeft("CPU:0", { env, ask }))! > 0);
});

Deno.test("deviceMemory of the processor is the machine's", async () => {
  const { free, total } = (await deviceMemory("CPU:0"))!;
  assert.equal(total, Deno.systemMemoryInfo().total);
  assert.ok(0 < free && free <= total);
});
