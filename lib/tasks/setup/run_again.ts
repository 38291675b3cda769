/**
 * Runs the running program once more, from its beginning, in a process of its own. Deno looks into
 * node_modules when it starts, so a program that has just made that folder can import nothing from it.
 */

import { runOnTerminal } from "./run_command.ts";
import type { Project } from "./project.ts";

/** The variable that tells the second process which project folder the first has set up. */
export const SET_UP_MARK = "FORGERY_CLUES_WAS_SET_UP";

/**
 * Whether this process is the second one, started by `runAgain` for the same project folder. True only
 * the first time it is asked: programs that this one starts are not to inherit the answer.
 */
export function isRunAgain(project: Project): boolean {
  const marked = Deno.env.get(SET_UP_MARK) === project.root;
  Deno.env.delete(SET_UP_MARK);
  return marked;
}

/**
 * Starts this program anew with the same arguments on the same terminal and returns its exit code. It
 * ends when this process ends, however that happens.
 */
export function runAgain(project: Project): Promise<number> {
  return runOnTerminal([Deno.execPath(), "run", "-A", Deno.mainModule, ...Deno.args], {
    env: { [SET_UP_MARK]: project.root },
    watcher: project.python,
  });
}
