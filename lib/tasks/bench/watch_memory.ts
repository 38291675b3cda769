/** What a worker takes of a GPU's memory, seen from outside: a process's own memory says nothing of it. */
import { deviceMemory } from "lib/engine/device_memory.ts";

/** Tells a device's memory, as `deviceMemory` does. */
export type MemoryOf = typeof deviceMemory;

/**
 * Begins to watch a device; the returned function says how many bytes of it have been taken since, by whomever:
 * of a worker that got ready meanwhile its tensors, what its framework keeps of freed ones, and CUDA's own. Null
 * where the driver does not say, and for a processor, whose processes the system counts.
 *
 * @param device As `Description.device`: `"GPU:0"`.
 *
 * @example
 * ```ts
 * import { watchMemory } from "lib/tasks/bench/watch_memory.ts";
 * import assert from "node:assert/strict";
 *
 * const free = [80e9, 78e9].values();
 * const taken = await watchMemory("GPU:0", () => Promise.resolve({ free: free.next().value!, total: 85e9 }));
 * assert.equal(await taken(), 2e9);
 * ```
 */
export async function watchMemory(
  device: string,
  memoryOf: MemoryOf = deviceMemory,
): Promise<() => Promise<number | null>> {
  if (!device.startsWith("GPU")) return () => Promise.resolve(null);
  const before = await memoryOf(device);
  return async () => {
    const after = await memoryOf(device);
    return before && after ? Math.max(0, before.free - after.free) : null;
  };
}
