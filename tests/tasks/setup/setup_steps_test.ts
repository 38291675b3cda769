/** The rules of steps and stamps, without any program. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { SetUpFailure } from "lib/tasks/setup/setup_failure.ts";
import { type Project, projectAt } from "lib/tasks/setup/project.ts";
import { runSteps, type Step, type StepContext } from "lib/tasks/setup/setup_steps.ts";

const SILENT = { say: () => {}, passing: () => {} };

async function withProject(work: (project: Project) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await work(projectAt(root));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function step(run: (context: StepContext) => Promise<string[]>, inputs = ["a"]): Step {
  return {
    name: "thing",
    title: "a thing",
    gigabytes: 0,
    inputs: () => Promise.resolve(inputs),
    run: async (context) => ({ paths: await run(context) }),
  };
}

Deno.test("runSteps tells a step what an earlier run left", () =>
  withProject(async (project) => {
    const seen: string[] = [];
    const note = (left: string) => {
      seen.push(left);
      return Promise.resolve([]);
    };
    await runSteps(project, [step(({ left }) => note(left))], SILENT);
    await runSteps(project, [step(({ left }) => note(left), ["b"])], SILENT);
    const fails = step(({ left }) => note(left).then(() => Promise.reject(new Error("no"))), ["c"]);
    await assert.rejects(runSteps(project, [fails], SILENT), /no/);
    await runSteps(project, [step(({ left }) => note(left), ["c"])], SILENT);
    assert.deepEqual(seen, ["nothing", "old", "old", "part"]);
  }));

Deno.test("runSteps does not trust a stamp that is cut short", () =>
  withProject(async (project) => {
    let runs = 0;
    const counted = step(() => Promise.resolve([]).finally(() => runs++));
    await runSteps(project, [counted], SILENT);
    const stamp = join(project.state, "thing.json");
    await Deno.writeTextFile(stamp, (await Deno.readTextFile(stamp)).slice(0, 20));
    await runSteps(project, [counted], SILENT);
    assert.equal(runs, 2);
  }));

Deno.test("runSteps asks for the space that the steps to do need before it does any", () =>
  withProject(async (project) => {
    const huge = { ...step(() => Promise.reject(new Error("it was run"))), gigabytes: 1e9 };
    await assert.rejects(runSteps(project, [huge], SILENT), (error) => {
      assert.ok(error instanceof SetUpFailure);
      assert.match(error.message, /needs about 1000000000\.0 GB of disk, and [\d.]+ GB are free/);
      return true;
    });
  }));

Deno.test("runSteps turns the system's full disk into words", () =>
  withProject(async (project) => {
    const full = step(() => Promise.reject(new Error("No space left on device (os error 28)")));
    await assert.rejects(runSteps(project, [full], SILENT), (error) => {
      assert.ok(error instanceof SetUpFailure);
      assert.match(error.message, /no space left on the disk \(while setting up a thing\)/);
      return true;
    });
  }));
