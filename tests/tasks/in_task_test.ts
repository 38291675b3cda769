/** How tasks end: done, failed, and interrupted with or without something lost. */

import assert from "node:assert/strict";
import { inTask } from "lib/tasks/in_task.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { SET_UP_MARK } from "lib/tasks/setup/run_again.ts";

const ignore = Deno.build.os === "windows"; // signals are Unix's

Deno.test("inTask does no work when the command line is wrong or asks for help", async () => {
  const work = () => Promise.reject(new Error("work began"));
  const command = { args: ["x"], usage: "" };
  assert.equal(await inTask({ ...command, parse: () => "help" }, work), 0);
  const parse = () => {
    throw new RangeError("");
  };
  assert.equal(await inTask({ ...command, parse }, work), 2);
});

/** Runs a task whose work is the lines `work`, sends it `signal` once it has begun, and returns what it said. */
async function runWork(work: string, signal?: Deno.Signal) {
  const program = `
    import { inTask } from "lib/tasks/in_task.ts";
    const command = { args: [], usage: "", parse: () => ({}), stopped: "Go on later." };
    Deno.exit(await inTask(command, async (_, { signal }) => {
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      console.log("ready");
      ${work}
    }));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    env: { NO_COLOR: "1", [SET_UP_MARK]: PROJECT.root },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaints = new Response(child.stderr).text();
  let sent = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (signal === undefined || sent || !chunk.includes("ready")) continue;
    sent = true;
    child.kill(signal);
  }
  return { code: (await child.status).code, complaints: await complaints };
}

const ENDINGS: { name: string; work: string; code: number; said: RegExp }[] = [
  {
    name: "work that returns after an interrupt has stopped in order",
    work: "await aborted;",
    code: 130,
    said: /^Stopped\. Go on later\.\n$/,
  },
  {
    name: "work that throws the interrupt itself has stopped in order",
    work: "await aborted; signal.throwIfAborted();",
    code: 130,
    said: /^Stopped\. Go on later\.\n$/,
  },
  {
    name: "a save that fails after an interrupt is said",
    work: 'await aborted; throw new Error("Cannot write the checkpoint.");',
    code: 1,
    said: /^Cannot write the checkpoint\.\n$/,
  },
  {
    name: "a save that fails on the way out of an interrupt is said",
    work:
      `await using save = { [Symbol.asyncDispose]: () => Promise.reject(new RangeError("Disk.")) };
      await aborted; signal.throwIfAborted();`,
    code: 1,
    said: /^Disk\.\n$/,
  },
];

for (const { name, work, code, said } of ENDINGS) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.test({ name: `inTask: ${name} (${signal})`, ignore }, async () => {
      const ended = await runWork(work, signal);
      assert.match(ended.complaints, said);
      assert.equal(ended.code, code);
    });
  }
}

Deno.test("inTask gives settings that do not fit 2, other failures 1, and the work's own code", async () => {
  const failed = (error: string) => runWork(`throw new ${error}("so it is");`);
  assert.deepEqual(await failed("RangeError"), { code: 2, complaints: "so it is\n" });
  assert.deepEqual(await failed("Error"), { code: 1, complaints: "so it is\n" });
  const fault = await failed("TypeError");
  assert.equal(fault.code, 1);
  assert.match(fault.complaints, /TypeError: so it is\n[\s\S]*\n\s+at /);
  const system = await runWork('await Deno.readTextFile("nowhere.csv");');
  assert.equal(
    system.complaints,
    'Cannot use "nowhere.csv": there is no such file. Check the path.\n',
  );
  assert.deepEqual(await runWork("return 5;"), { code: 5, complaints: "" });
});

Deno.test("inTask says of an unfit file what it is, and shows the stack of a fault of the code", async () => {
  const unfit = await runWork(`
    const { UnfitFile } = await import("lib/io/unfit_file.ts");
    throw new UnfitFile("x.pth is damaged.");
  `);
  assert.deepEqual([unfit.code, unfit.complaints], [1, "x.pth is damaged.\n"]);
  const fault = await runWork(`throw new TypeError("a fault");`);
  assert.match(fault.complaints, /a fault[^]*at /);
});
