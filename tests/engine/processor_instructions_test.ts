import assert from "node:assert/strict";
import { processorInstructions } from "lib/engine/processor_instructions.ts";

Deno.test("processorInstructions keeps those that matter, whole words of the first processor's line", () => {
  const info =
    "model name\t: AMD EPYC\nflags\t\t: fpu avx avx512_vnni avx512f avx2\nflags\t\t: amx_tile\n";
  assert.deepEqual(processorInstructions(info), ["avx2", "avx512f", "avx512_vnni"]);
  assert.deepEqual(processorInstructions("flags\t\t: avx avx2x\n"), []);
  assert.deepEqual(processorInstructions("Features\t: fp asimd\n"), []); // an ARM's
});

Deno.test("processorInstructions are this machine's by default, where Linux names them", () => {
  let info = "";
  try {
    info = Deno.readTextFileSync("/proc/cpuinfo");
  } catch {
    // another system
  }
  assert.equal(processorInstructions().includes("avx2"), /^flags\s*:.* avx2( |$)/m.test(info));
});
