/**
 * Does the steps of a set-up that are not done yet. A step is done when its stamp, written last, was
 * made from the same inputs and what it made is still there; so a set-up that was killed at any
 * moment is never taken for whole, and one that is whole costs some file look-ups. One set-up at a
 * time: the lock belongs to the operating system, which takes it back when its holder dies.
 */

import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { isNoSpace, noSpace, SetUpFailure } from "./setup_failure.ts";
import type { Project } from "./project.ts";
import type { Report } from "./setup_report.ts";

/** What a finished step leaves to remember. */
export interface Made {
  /** Absolute paths that must exist for the step to count as done. */
  paths: string[];
  /** Something a person should know each time, for example what is missing. */
  remark?: string;
}

/** What a step is told when it runs. */
export interface StepContext {
  /** Where its words go. */
  report: Report;
  /**
   * What an earlier run left: "nothing", a "part" (it was stopped in the middle), or something
   * "old" that was made from other inputs.
   */
  left: "nothing" | "part" | "old";
}

/** One thing that a set-up makes. */
export interface Step {
  /** Short and unique: the stamp's file name. */
  name: string;
  /** What it makes, for the progress line. */
  title: string;
  /** Gigabytes of disk it needs at its peak. */
  gigabytes: number;
  /** Everything that decides the result. Asked after the steps before it are done. */
  inputs(): Promise<string[]>;
  /** Makes it. Throws `SetUpFailure` where a person must act. */
  run(context: StepContext): Promise<Made>;
}

interface Stamp extends Made {
  inputs: string;
}

/**
 * Does what is not done of `steps`, in order, and says what it keeps and what it makes.
 * Returns whether anything was made since the call, here or by another set-up that was waited for.
 * Throws `SetUpFailure` with the remedy when a step cannot be done.
 */
export async function runSteps(
  project: Project,
  steps: readonly Step[],
  report: Report,
): Promise<boolean> {
  await writing("making the folder .cache", () => Deno.mkdir(project.state, { recursive: true }));
  using lock = await lockSetUp(project, report);
  let made = lock.waited;
  const kept: string[] = [];
  let spaceChecked = false;
  for (const [index, step] of steps.entries()) {
    const inputs = hash(await step.inputs());
    const stamp = await readStamp(project, step);
    if (stamp !== undefined && stamp.inputs === inputs && await allExist(stamp.paths)) {
      kept.push(step.title);
      if (stamp.remark !== undefined) report.say(stamp.remark);
      continue;
    }
    if (kept.length > 0) report.say(`Kept from before: ${kept.splice(0).join("; ")}.`);
    if (!spaceChecked) await checkSpace(project, steps.slice(index));
    spaceChecked = true;
    made = true;
    await doStep(project, step, {
      inputs,
      left: await exists(begunPath(project, step))
        ? "part"
        : stamp === undefined
        ? "nothing"
        : "old",
      number: `[${index + 1}/${steps.length}]`,
      report,
    });
  }
  return made;
}

interface Doing extends StepContext {
  inputs: string;
  number: string;
}

async function doStep(project: Project, step: Step, doing: Doing): Promise<void> {
  const { report, number, left } = doing;
  const start = performance.now();
  report.say(
    `${number} ${step.title} …` +
      (left === "part" ? " (the last set-up was stopped in the middle of this: going on)" : ""),
  );
  await writing(`setting up ${step.title}`, async () => {
    await Deno.writeTextFile(begunPath(project, step), "");
    await Deno.remove(stampPath(project, step)).catch(() => {}); // there may be none
    const made = await step.run({ report, left });
    const stamp: Stamp = { inputs: doing.inputs, ...made };
    const part = stampPath(project, step) + ".part";
    await Deno.writeTextFile(part, JSON.stringify(stamp, null, 2) + "\n");
    await Deno.rename(part, stampPath(project, step));
    await Deno.remove(begunPath(project, step));
    if (made.remark !== undefined) report.say(made.remark);
  });
  report.say(`${number} done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Runs `work`, and turns a full disk met on the way into the words for it. */
async function writing(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SetUpFailure || !isNoSpace(error)) throw error;
    throw noSpace(what);
  }
}

const stampPath = (project: Project, step: Step) => join(project.state, `${step.name}.json`);
const begunPath = (project: Project, step: Step) => join(project.state, `${step.name}.begun`);

async function readStamp(project: Project, step: Step): Promise<Stamp | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(stampPath(project, step))) as Stamp;
  } catch {
    return undefined; // none, or not ours: the step is done again
  }
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

async function allExist(paths: readonly string[]): Promise<boolean> {
  return (await Promise.all(paths.map(exists))).every(Boolean);
}

/** Whether `path` leads to something; a link to nothing does not. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** The lock, and whether another set-up had to be waited for. */
interface SetUpLock extends Disposable {
  readonly waited: boolean;
}

async function lockSetUp(project: Project, report: Report): Promise<SetUpLock> {
  const file = await Deno.open(join(project.state, "lock"), { write: true, create: true });
  const waited = !await file.tryLock(true);
  if (waited) {
    report.say("Another set-up is at work in this folder; waiting for it to finish …");
    await file.lock(true);
  }
  return { waited, [Symbol.dispose]: () => file.close() };
}

async function checkSpace(project: Project, todo: readonly Step[]): Promise<void> {
  const needed = todo.reduce((sum, step) => sum + step.gigabytes, 0);
  const disk = await statfs(project.root);
  const free = disk.bavail * disk.bsize / 1e9;
  if (free >= needed) return;
  throw new SetUpFailure(
    `The set-up needs about ${needed.toFixed(1)} GB of disk, and ${free.toFixed(1)} GB are free.`,
    "Free some space, or put the project's folder on a larger disk, and run the same command again.",
  );
}
