/** Which vector instructions a processor has: they decide in which order sums are added up. */

const INSTRUCTIONS = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16"];

/**
 * Those of the vector instructions that matter to TensorFlow that this processor has, as Linux names them;
 * none where there is no /proc/cpuinfo to say.
 *
 * Another set of them adds up in another order, which after some dozens of steps is another training, as another
 * seed is: with `avx512_vnni`, for example, TensorFlow uses oneDNN's kernels, and without it Eigen's. With the
 * same set and one thread a training has so far been the same in every digit.
 *
 * @param cpuInfo What stands in /proc/cpuinfo; default: this machine's.
 *
 * @example
 * ```ts
 * import { processorInstructions } from "lib/engine/processor_instructions.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(processorInstructions("flags : fma avx2 avx512f"), ["avx2", "avx512f"]);
 * ```
 */
export function processorInstructions(cpuInfo: string = readCpuInfo()): string[] {
  const flags = new Set(/^flags\s*: (.*)$/m.exec(cpuInfo)?.[1]?.split(" "));
  return INSTRUCTIONS.filter((name) => flags.has(name));
}

function readCpuInfo(): string {
  try {
    return Deno.readTextFileSync("/proc/cpuinfo");
  } catch {
    return ""; // another system, or it may not be read
  }
}
