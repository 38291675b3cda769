/**
 * Runs another program: its lines are handed on as they come, and the last ones are kept for error
 * messages. Python programs can be tied to us, so that they end when we do, however we end.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** How to run a program. */
export interface CommandOptions {
  /** Folder to run in; default: the present one. */
  cwd?: string;
  /** Variables added to the present environment. */
  env?: Record<string, string>;
  /** Milliseconds after a signal passed on when it is killed, should it not have ended; default: never. */
  killAfter?: number;
  /** How many of its last lines the result holds; default 200. */
  keptLines?: number;
  /** Called with each line of its output, stdout and stderr alike, without the line break. */
  onLine?: (line: string) => void;
}

/** How a program ended. */
export interface CommandResult {
  /** Its exit code; 127 when it could not be started. */
  code: number;
  /** Its last lines, stdout and stderr in the order they came. */
  lines: string[];
}

/**
 * The command line that runs a Python module or file (ending in .py) tied to this process: it and
 * all that it started are killed when our end of its standard input closes.
 */
export function tiedPython(python: string, ...moduleAndArguments: string[]): string[] {
  const guard = join(dirname(fileURLToPath(import.meta.url)), "end_with_parent.py");
  return [python, "-B", guard, ...moduleAndArguments];
}

/**
 * Runs `command` (program, then arguments) to its end. SIGINT and SIGTERM that reach us meanwhile
 * are passed on as SIGTERM, and the program is waited for, or killed after `killAfter`.
 */
export async function runCommand(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > (options.keptLines ?? 200)) lines.shift();
    options.onLine?.(line);
  };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command[0]!, {
      args: command.slice(1),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    }).spawn();
  } catch (error) {
    return { code: 127, lines: [`${command[0]}: ${(error as Error).message}`] };
  }
  const stopForwarding = forwardSignals(child, options.killAfter);
  try {
    await Promise.all([eachLine(child.stdout, keep), eachLine(child.stderr, keep)]);
    return { code: (await child.status).code, lines };
  } finally {
    stopForwarding();
    await child.stdin.close().catch(() => {}); // already closed when the program has ended
  }
}

/** How to run a program on our own terminal. */
export interface TerminalOptions extends Pick<CommandOptions, "cwd" | "env"> {
  /** The Python that ends the program when this process is gone, by kill -9 too. */
  watcher: string;
}

/** Runs `command` on our own terminal (its input, output and signals), and returns its exit code. */
export async function runOnTerminal(
  command: readonly string[],
  { watcher, ...options }: TerminalOptions,
): Promise<number> {
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
    ...options,
  }).spawn();
  const stopForwarding = forwardSignals(child);
  await using _watch = watch(watcher, child.pid);
  try {
    return (await child.status).code;
  } finally {
    stopForwarding();
  }
}

/** Starts the program that ends process `pid` should we be gone before we dispose of it. */
function watch(python: string, pid: number): AsyncDisposable {
  const program = join(dirname(fileURLToPath(import.meta.url)), "watch_starter.py");
  const watcher = new Deno.Command(python, {
    args: ["-B", program, String(pid)],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      kill(watcher, "SIGKILL");
      await watcher.status;
      await watcher.stdin.close().catch(() => {}); // its reader is gone
    },
  };
}

/**
 * Passes our SIGINT and SIGTERM on to `child` as SIGTERM; the returned function stops that. On Windows
 * Ctrl-C reaches every program of a console by itself, and SIGTERM would end it without a word.
 */
function forwardSignals(child: Deno.ChildProcess, killAfter?: number): () => void {
  const windows = Deno.build.os === "windows";
  const signals: Deno.Signal[] = windows ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  let last: ReturnType<typeof setTimeout> | undefined;
  const forward = () => {
    if (!windows) kill(child, "SIGTERM");
    if (killAfter !== undefined) last ??= setTimeout(() => kill(child, "SIGKILL"), killAfter);
  };
  for (const signal of signals) Deno.addSignalListener(signal, forward);
  return () => {
    clearTimeout(last);
    for (const signal of signals) Deno.removeSignalListener(signal, forward);
  };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended already
  }
}

/** Hands on the lines of a stream; the time grows with its length, whatever the lines' length. */
async function eachLine(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  let begun: string[] = []; // the parts so far of a line whose end has not come
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split(/\r?\n|\r/);
    begun.push(parts.shift()!);
    if (parts.length === 0) continue;
    take(begun.join(""));
    begun = [parts.pop()!];
    for (const part of parts) take(part);
  }
  const rest = begun.join("");
  if (rest !== "") take(rest);
}
