/** The commands themselves: what they print and how they exit before any work begins. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";

/** A wrong command line for each task, and what is said of it. */
const WRONG: Record<string, [args: string[], words: RegExp]> = {
  start: [["--fast"], /--fast/],
  ok: [["now"], /now/],
  notebooks: [["77"], /No notebook is called "77"/],
  pages: [["77"], /No notebook is called "77"/],
  doctor: [["data", "--fast"], /--fast/],
  prepare: [["data"], /Say with --out/],
  forge: [["photographs"], /Say with --out/],
  train: [["--colour"], /--colour/],
  evaluate: [["run"], /--data is missing/],
  compare: [["one"], /Two or more are compared, not 1/],
  predict: [[], /nothing to score/],
  suite: [["a.yaml", "--data", "faces"], /NAME=MANIFEST/],
  study: [["--job", "3/2"], /--job is "3\/2"/],
  unseen: [["--people", "faces"], /--people is "faces"/],
  bench: [["--rounds", "0"], /--rounds is "0"/],
  "bench-data": [["--rounds", "many"], /--rounds is "many"/],
  "bench-scaling": [["--side", "100"], /--side is "100"/],
};

/** Tasks whose other arguments are for the program that they start. */
const PASSING_ON = ["lab", "test"];

const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT.root, "deno.json"))) as {
  tasks: Record<string, string>;
};

Deno.test("every task is tried with --help and a wrong command line", () => {
  assert.deepEqual(Object.keys(tasks).sort(), [...Object.keys(WRONG), ...PASSING_ON].sort());
});

/** Runs a task's program. */
async function runTask(task: string, args: string[]) {
  const file = join(PROJECT.root, /lib\/tasks\/\w+\.ts/.exec(tasks[task]!)![0]);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", file, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), problem: text(stderr) };
}

for (const task of Object.keys(tasks)) {
  Deno.test(`${task} explains itself with --help, and a wrong command line with exit code 2`, async () => {
    const help = await runTask(task, ["--help"]);
    assert.equal(help.code, 0, help.problem);
    assert.ok(help.out.startsWith(`deno task ${task} `), help.out);
    assert.match(help.out, /^ {2}--help +this$/m);
    assert.doesNotMatch(help.out, /Set-up/);
    if (PASSING_ON.includes(task)) return;
    const [wrong, words] = WRONG[task]!;
    const failed = await runTask(task, wrong);
    assert.equal(failed.code, 2);
    assert.match(failed.problem, words);
    assert.ok(failed.problem.endsWith(help.out), "the usage follows what is wrong");
    assert.equal(failed.out, "");
  });
}
