import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { unchangedMappings } from "lib/engine/library_pages.ts";
import { runProgram } from "./run_program.ts";

const { backend, device } = await startEngine();
// On a GPU the files of its driver and of CUDA's libraries are counted too, 0.3 GB on an H100.
const ignore = backend === "cpu" || Deno.build.os !== "linux" || device.startsWith("GPU");

const entry = (range: string, rights: string, { file, anonymous }: {
  file: string;
  anonymous: number;
}) =>
  `${range} ${rights} 00000000 fe:00 5399894      ${file}\nSize:  4 kB\nAnonymous:      ${anonymous} kB\n` +
  "VmFlags: rd mr mw me\n";

Deno.test("unchangedMappings leaves out other files, writable ones, and what loading wrote", () => {
  const library = "/somewhere else/libtensorflow_cc.so.2";
  const smaps = [
    entry("7f0000001000-7f0000003000", "r--p", { file: library, anonymous: 0 }),
    entry("7f0000003000-7f0000004000", "r-xp", { file: library, anonymous: 0 }),
    entry("7f0000004000-7f0000005000", "r--p", { file: library, anonymous: 4 }),
    entry("7f0000005000-7f0000006000", "rw-p", { file: library, anonymous: 0 }),
    entry("7f0000006000-7f0000007000", "r-xp", { file: "/usr/lib/libc.so.6", anonymous: 0 }),
    entry("7f0000007000-7f0000008000", "r--p", { file: "", anonymous: 0 }),
  ].join("");
  assert.deepEqual(unchangedMappings(smaps), [
    { start: 0x7f0000001000n, length: 0x2000n },
    { start: 0x7f0000003000n, length: 0x1000n },
  ]);
});

Deno.test("the engine starts with less than 0.15 GB of TensorFlow's files in memory", {
  ignore,
}, async () => {
  // In a process of its own: here other files' tests may have used more of the library.
  const { output, errors } = await runProgram(`
    import * as tf from "@tensorflow/tfjs";
    import { startEngine } from "lib/engine/engine.ts";
    await startEngine();
    tf.add(1, 2).dispose();
    console.log(/RssFile:\\s+(\\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))[1]);
  `);
  assert.ok(Number(output) > 0 && Number(output) < 150_000, `${output}${errors.join("\n")}`);
});
