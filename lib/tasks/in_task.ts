// deno-lint-ignore-file no-console -- what tasks have in common prints for them
/**
 * What all tasks do alike: read the command line, set up, work until done or interrupted, and say in one
 * line what went wrong. Imports no package: set-up comes first.
 */
import { parseArgs } from "node:util";
import { whyUnreadable } from "lib/io/file_fault.ts";
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { setUp } from "./setup/setup.ts";

/** What the work of a task is told from outside. */
export interface TaskSurroundings {
  /** Ends the work at the next good moment. */
  readonly signal: AbortSignal;
  /** Takes a line for people. */
  readonly say: (line: string) => void;
}

/** A command line and how to read it. */
export interface TaskCommand<Options> {
  /** The arguments. */
  readonly args: readonly string[];
  /** What `--help` prints, and a wrong command line after what is wrong with it. */
  readonly usage: string;
  /** Reads the arguments; throws a RangeError or TypeError that says what is wrong. */
  readonly parse: (args: readonly string[]) => Options | "help" | Promise<Options | "help">;
  /** What an interrupted task leaves. Default: nothing that could go on. */
  readonly stopped?: string;
}

/**
 * Runs a task and returns the program's exit code: 0 done, 1 failed, 2 a wrong command line or settings
 * that do not fit, 130 interrupted by SIGINT or SIGTERM and ended in order. What fails after an
 * interrupt, such as the last save, is said and makes the code 1.
 *
 * @param work Does what the options say; a number that it returns is the exit code.
 */
export async function inTask<Options>(
  { args, usage, parse, stopped = "Nothing was written." }: TaskCommand<Options>,
  work: (options: Options, surroundings: TaskSurroundings) => Promise<number | void>,
): Promise<number> {
  let options: Options | "help";
  try {
    options = await parse(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  await setUp();
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    const code = await work(options, { signal, say: console.log });
    if (!signal.aborted) return code ?? 0;
  } catch (error) {
    const failures = failuresIn(error, signal);
    for (const failure of failures) {
      const isOurs = failure instanceof TypeError && !(failure instanceof UnfitFile);
      if (isOurs) throw error; // a fault of the code: with its stack
      console.error(failure instanceof Error ? peoplesWords(failure) : String(failure));
    }
    if (failures.length > 0) return error instanceof RangeError && !signal.aborted ? 2 : 1;
  }
  console.error(`Stopped. ${stopped}`);
  return 130;
}

/** An error's message; where it is the system's own, the file's name and what to do in its place. */
function peoplesWords(error: Error): string {
  const system = /^[^":]*\(os error \d+\)(?:: \w+ '(.*)')?$/s.exec(error.message);
  if (system === null) return error.message;
  const [, path] = system;
  return `Cannot use ${path === undefined ? "a file" : JSON.stringify(path)}: ${
    whyUnreadable(error)
  }`;
}

/** What failed, of all that was thrown at once: everything but the interrupt itself. */
function failuresIn(error: unknown, signal: AbortSignal): unknown[] {
  if (signal.aborted && error === signal.reason) return [];
  if (error instanceof SuppressedError) {
    return [error.suppressed, error.error].flatMap((part) => failuresIn(part, signal));
  }
  if (error instanceof AggregateError) {
    return error.errors.flatMap((part) => failuresIn(part, signal));
  }
  return [error];
}

/**
 * Reads the arguments of a task that takes none but --help.
 *
 * @throws TypeError for any other.
 */
export function parseNothing(args: readonly string[]): "nothing" | "help" {
  const { values } = parseArgs({ args: [...args], options: { help: { type: "boolean" } } });
  return values.help ? "help" : "nothing";
}
