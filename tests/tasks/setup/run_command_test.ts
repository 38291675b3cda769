/** Programs that are run, and programs that must not outlive us. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand, tiedPython } from "lib/tasks/setup/run_command.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";

const RUN_COMMAND = import.meta.resolve("lib/tasks/setup/run_command.ts");
const ignore = Deno.build.os === "windows"; // shells and signals are Unix's

Deno.test("runCommand hands on lines and keeps the last 200", async () => {
  const lines: string[] = [];
  const code = "for (let i = 0; i < 250; i++) console.log(i); console.error('end'); Deno.exit(3)";
  const result = await runCommand([Deno.execPath(), "eval", code], {
    onLine: (l) => lines.push(l),
  });
  assert.equal(result.code, 3);
  assert.equal(lines.length, 251);
  assert.equal(result.lines.length, 200);
  assert.ok(result.lines.includes("249") && result.lines.includes("end"));
});

Deno.test("runCommand gives code 127 for a program that is not there", async () => {
  const result = await runCommand(["no-such-program-here"]);
  assert.equal(result.code, 127);
  assert.match(result.lines[0]!, /no-such-program-here/);
});

Deno.test(
  { name: "runCommand splits lines at carriage returns, across chunks", ignore },
  async () => {
    const result = await runCommand(["sh", "-c", "printf 'a\\rb'; sleep 0.1; printf 'c\\r\\nd'"]);
    assert.deepEqual(result.lines, ["a", "bc", "d"]);
  },
);

Deno.test(
  { name: "tiedPython's program and what it started die when we are gone", ignore },
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const program = join(folder, "program.py");
      await Deno.writeTextFile(
        program,
        `import subprocess, time, os
child = subprocess.Popen(["sleep", "60"])
open("${folder}/part", "w").write(f"{os.getpid()} {child.pid}")
os.rename("${folder}/part", "${folder}/pids")
time.sleep(60)
`,
      );
      const [python, ...args] = tiedPython(PROJECT.python, program);
      const child = new Deno.Command(python!, { args, stdin: "piped" }).spawn();
      const pids = join(folder, "pids");
      while (!await Deno.stat(pids).then(() => true, () => false)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const [, grandchild] = (await Deno.readTextFile(pids)).split(" ").map(Number);
      await child.stdin.close(); // what the system does when we are killed
      assert.equal((await child.status).signal, "SIGKILL");
      await assert.rejects(async () => {
        for (;;) {
          Deno.kill(grandchild!, "SIGCONT");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("tiedPython runs a module with its arguments and gives its exit code", async () => {
  const version = await runCommand(tiedPython(PROJECT.python, "pip", "--version"));
  assert.equal(version.code, 0);
  assert.match(version.lines[0]!, /^pip \d+/);
  const bad = await runCommand(tiedPython(PROJECT.python, "pip", "no-such-command"));
  assert.equal(bad.code, 1);
});

Deno.test(
  { name: "runCommand kills a program that goes on after SIGTERM, where it is told to", ignore },
  async () => {
    const stubborn = "trap '' TERM; echo begun; while :; do sleep 0.1; done";
    const code = `import { runCommand } from ${JSON.stringify(RUN_COMMAND)};
      const onLine = (line) => console.log(line);
      const { code } = await runCommand(["sh", "-c", ${
      JSON.stringify(stubborn)
    }], { onLine, killAfter: 200 });
      console.log("code", code);`;
    const task = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      cwd: PROJECT.root,
      stdout: "piped",
    }).spawn();
    let said = "";
    for await (const text of task.stdout.pipeThrough(new TextDecoderStream())) {
      if (said === "") task.kill("SIGTERM");
      said += text;
    }
    assert.equal(said, "begun\ncode 137\n");
    assert.ok((await task.status).success);
  },
);
