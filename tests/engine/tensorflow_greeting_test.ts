import assert from "node:assert/strict";
import { findLibrary } from "lib/engine/find_library.ts";
import { GREETING, runProgram } from "./run_program.ts";

const ignore = Deno.build.os !== "linux" || "missing" in findLibrary();
const START = `
  import { startEngine } from "lib/engine/engine.ts";
  await startEngine();
`;

Deno.test("startEngine prints nothing", { ignore }, async () => {
  assert.deepEqual(await runProgram(START), { code: 0, output: "", errors: [] });
});

Deno.test(
  "startEngine lets TensorFlow say all that the user asks to hear",
  { ignore },
  async () => {
    const { code, errors } = await runProgram(START, { TF_CPP_MIN_LOG_LEVEL: "0" });
    assert.equal(code, 0);
    assert.ok(errors.some((line) => GREETING.test(line)), errors.join("\n"));
  },
);

Deno.test(
  "withoutGreeting passes on what else is said, and errors, and gives standard error back",
  {
    ignore,
  },
  async () => {
    const { code, output, errors } = await runProgram(`
    import { withoutGreeting } from "lib/engine/tensorflow_greeting.ts";
    const say = (line) => Deno.stderr.writeSync(new TextEncoder().encode(line + "\\n"));
    console.log(withoutGreeting(() => {
      say("WARNING: All log messages before absl::InitializeLog() is called are written to STDERR");
      say("something else");
      return 7;
    }));
    try {
      withoutGreeting(() => {
        say("before the error");
        throw new Error("no library");
      });
    } catch (error) {
      say(error.message);
    }
  `);
    assert.deepEqual([code, output], [0, "7\n"]);
    assert.deepEqual(errors, ["something else", "before the error", "no library"]);
  },
);
