/** The commands themselves: what they print and how they exit before any work begins. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inTask } from "lib/tasks/in_task.ts";

const ENTRIES: [file: string, wrong: string[], words: RegExp][] = [
  ["lib/tasks/train.ts", ["--data", "m.csv", "--set", "block=3"], /no field "block"/],
  ["lib/tasks/evaluate.ts", ["run"], /--data is missing/],
  ["lib/tasks/predict.ts", [], /nothing to score/],
  ["lib/tasks/study.ts", ["--job", "3/2"], /--job is "3\/2"/],
];

for (const [file, wrong, words] of ENTRIES) {
  Deno.test(`${file} explains itself with --help, and a wrong command line with exit code 2`, async () => {
    const run = async (args: string[]) => {
      const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", path, ...args],
        env: { NO_COLOR: "1" },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, out: text(stdout), problem: text(stderr) };
    };
    const help = await run(["--help"]);
    assert.equal(help.code, 0);
    assert.match(help.out, /^deno task \w+ .*\n/);
    const failed = await run(wrong);
    assert.equal(failed.code, 2);
    assert.match(failed.problem, words);
    assert.ok(failed.problem.endsWith(help.out), "the usage follows what is wrong");
    assert.equal(failed.out, "");
  });
}

Deno.test("inTask does no work when the command line is wrong or asks for help", async () => {
  const work = () => Promise.reject(new Error("work began"));
  const command = { args: ["x"], usage: "" };
  assert.equal(await inTask({ ...command, parse: () => "help" }, work), 0);
  const parse = () => {
    throw new RangeError("");
  };
  assert.equal(await inTask({ ...command, parse }, work), 2);
});
