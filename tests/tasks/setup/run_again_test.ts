/** The first task of a fresh clone: what set-up has just installed can be imported, and the second process is one with the first. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { isAlive, until } from "../../processes.ts";

const ignore = Deno.build.os === "windows"; // signals are Unix's
const LIB = new URL("../../../lib/", import.meta.url).href;

/** A task whose set-up makes the npm package that its work imports. */
const TASK = `
import { dirname, join } from "node:path";
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { projectAt } from "lib/tasks/setup/project.ts";
import { setUp } from "lib/tasks/setup/setup.ts";

const root = import.meta.dirname;
const made = join(root, "node_modules", "made", "index.js");
const step = {
  name: "packages", title: "packages", gigabytes: 0,
  inputs: () => Promise.resolve([]),
  async run() {
    await Deno.mkdir(dirname(made), { recursive: true });
    await Deno.writeTextFile(join(dirname(made), "package.json"), '{ "name": "made", "version": "1.0.0", "type": "module", "main": "index.js" }');
    await Deno.writeTextFile(made, "export const answer = 42;");
    return { paths: [made] };
  },
};
await setUp({ ...projectAt(root), python: ${JSON.stringify(PROJECT.python)} }, { steps: [step] });
const { answer } = await import("made");
if (Deno.args[0] === "wait") {
  using interrupt = listenForInterrupt();
  console.log("at work " + Deno.pid);
  await new Promise((resolve) => {
    interrupt.signal.addEventListener("abort", resolve);
    setTimeout(resolve, 60_000);
  });
  await Deno.writeTextFile(join(root, "kept"), interrupt.signal.aborted ? "in order" : "late");
  Deno.exit(130);
}
const typed = await new Response(Deno.stdin.readable).text();
const marks = Object.keys(Deno.env.toObject()).filter((name) => name.endsWith("WAS_SET_UP"));
console.log(JSON.stringify({ answer, typed, args: Deno.args, pid: Deno.pid, marks }));
console.error("a complaint");
Deno.exit(7);
`;

async function withTask(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.writeTextFile(join(folder, "task.ts"), TASK);
    const imports = { made: "npm:made@1.0.0", "lib/": LIB };
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      JSON.stringify({ nodeModulesDir: "manual", lock: false, imports }),
    );
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function startTask(folder: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(folder, "task.ts"), ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Starts a task that waits, and the process id of its work once it has begun. */
async function startWaiting(folder: string) {
  const task = startTask(folder, ["wait"]);
  let said = "";
  void task.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (said += text) }),
  );
  void task.stderr.pipeTo(new WritableStream());
  await until(() => /at work \d+/.test(said));
  const pid = Number(/at work (\d+)/.exec(said)![1]);
  assert.notEqual(pid, task.pid, "the work is in the process that set up");
  return { task, pid };
}

Deno.test("setUp runs the task again after it has made something, and only then", () =>
  withTask(async (folder) => {
    const run = async () => {
      const task = startTask(folder, ["--a", "b c", ""]);
      const typed = task.stdin.getWriter();
      await typed.write(new TextEncoder().encode("typed text"));
      await typed.close();
      const { code, stdout, stderr } = await task.output();
      const [said, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.equal(code, 7, complaints);
      assert.equal(complaints, "a complaint\n");
      assert.equal(said!.match(/Set-up is complete/g)?.length, 1, said);
      const { pid, ...rest } = JSON.parse(said!.trimEnd().split("\n").at(-1)!);
      const args = ["--a", "b c", ""];
      assert.deepEqual(rest, { answer: 42, typed: "typed text", args, marks: [] });
      return pid === task.pid;
    };
    assert.equal(await run(), false, "the first run's work is in a process of its own");
    assert.equal(await run(), true, "the second run needs no second process");
  }));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(
    { name: `a task that was run again ends in order at ${signal}`, ignore },
    () =>
      withTask(async (folder) => {
        const { task } = await startWaiting(folder);
        task.kill(signal);
        assert.equal((await task.status).code, 130);
        assert.equal(await Deno.readTextFile(join(folder, "kept")), "in order");
        await task.stdin.close().catch(() => {}); // its reader is gone
      }),
  );
}

Deno.test({
  name: "a task that was run again does not outlive a first process that is killed",
  ignore,
}, () =>
  withTask(async (folder) => {
    const { task, pid } = await startWaiting(folder);
    task.kill("SIGKILL");
    await task.status;
    await until(() => !isAlive(pid));
    assert.equal(await Deno.readTextFile(join(folder, "kept")), "in order");
    await task.stdin.close().catch(() => {}); // its reader is gone
  }));
