import assert from "node:assert/strict";
import { isDeterministic, requireDeterminism } from "lib/engine/determinism.ts";
import { startEngine } from "lib/engine/engine.ts";
import type { Native } from "lib/engine/native_library.ts";
import { runProgram } from "./run_program.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu" || Deno.build.os === "windows"; // the switch is C++: other names there

/** What a process says of TensorFlow's switch, which is the whole process's. */
const asked = async (text: string, env: Record<string, string> = {}) =>
  (await runProgram(
    `
    import { capturingBackend } from "lib/engine/capturing_backend.ts";
    import { isDeterministic, requireDeterminism } from "lib/engine/determinism.ts";
    import { startEngine } from "lib/engine/engine.ts";
    ${text}
    Deno.exit(0);
  `,
    env,
  )).output;

Deno.test("requireDeterminism turns TensorFlow's switch, and TF_DETERMINISTIC_OPS=1 does", {
  ignore,
}, async () => {
  const program = `
    await startEngine({ device: "cpu" });
    const { native } = capturingBackend()!.eager;
    const before = isDeterministic(native);
    requireDeterminism(native);
    console.log(before, isDeterministic(native));
  `;
  assert.equal(await asked(program), "false true\n");
  assert.equal(await asked(program, { TF_DETERMINISTIC_OPS: "1" }), "true true\n");
});

Deno.test("deterministic changes nothing on a processor, which is said to give the same bits", {
  ignore,
}, async () => {
  const output = await asked(`
    const { deterministic } = await startEngine({ device: "cpu", deterministic: true });
    console.log(deterministic, isDeterministic(capturingBackend()!.eager.native));
  `);
  assert.equal(output, "true false\n");
});

Deno.test("requireDeterminism says what to do with a library that has no such switch", () => {
  const native = { symbols: {}, path: "old.so" } as unknown as Native;
  assert.throws(() => requireDeterminism(native), /old\.so has no switch.*TF_DETERMINISTIC_OPS=1/);
  assert.equal(isDeterministic(native), false);
});
