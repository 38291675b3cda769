/** A session with the kernel in Jupyter's protocol, as VS Code has it: kernel_session.py speaks it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, projectEnvironment } from "lib/tasks/setup/project.ts";

/** What a cell sent while it ran. */
export interface Output {
  /** The message's kind, such as `"stream"` or `"display_data"`. */
  kind: string;
  ename?: string;
  evalue?: string;
  traceback?: string[];
  name?: string;
  text?: string;
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  transient?: { display_id?: string };
}

/** What kernel_session.py answers. */
export interface Result {
  outputs: Output[];
  inputs: string[];
  reply: { status: string; ename?: string; traceback?: string[] };
  behind: string[];
  seconds: number;
  alive: boolean;
  ended: Record<string, boolean>;
  found: boolean;
  data: Record<string, string>;
}

/** One thing that is asked of the kernel, and what must come of it. */
export interface Step {
  name: string;
  step: Record<string, unknown>;
  check: (result: Result) => void;
}

/** Takes the steps in their order in one session with a kernel, and checks each as a step of the test. */
export async function takeSteps(t: Deno.TestContext, steps: readonly Step[]): Promise<void> {
  const program = join(PROJECT.root, "tests", "notebooks", "kernel_session.py");
  const session = new Deno.Command(PROJECT.python, {
    args: ["-B", program],
    cwd: join(PROJECT.root, "notebooks"),
    env: projectEnvironment(PROJECT),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = session.output();
  const input = session.stdin.getWriter();
  const lines = steps.map(({ step }) => JSON.stringify(step) + "\n").join("");
  await input.write(new TextEncoder().encode(lines));
  await input.close();
  const { stdout, stderr } = await output;
  const answers = new TextDecoder().decode(stdout).trim().split("\n");
  assert.equal(answers.length, steps.length, new TextDecoder().decode(stderr));
  for (const [index, { name, check }] of steps.entries()) {
    await t.step(name, () => check(JSON.parse(answers[index]!) as Result));
  }
}
