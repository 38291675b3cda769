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
 * are passed on as SIGTERM, and the program is waited for.
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
  const stopForwarding = forwardSignals(child);
  try {
    await Promise.all([eachLine(child.stdout, keep), eachLine(child.stderr, keep)]);
    return { code: (await child.status).code, lines };
  } finally {
    stopForwarding();
    await child.stdin.close().catch(() => {}); // already closed when the program has ended
  }
}

/** Runs `command` on our own terminal (its input, output and signals), and returns its exit code. */
export async function runOnTerminal(
  command: readonly string[],
  options: Pick<CommandOptions, "cwd" | "env"> = {},
): Promise<number> {
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
    ...options,
  }).spawn();
  const stopForwarding = forwardSignals(child);
  try {
    return (await child.status).code;
  } finally {
    stopForwarding();
  }
}

/** Passes our SIGINT and SIGTERM on to `child` as SIGTERM; the returned function stops that. */
function forwardSignals(child: Deno.ChildProcess): () => void {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const forward = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // it has ended already
    }
  };
  for (const signal of signals) Deno.addSignalListener(signal, forward);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, forward);
  };
}

async function eachLine(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n|\r/);
    rest = parts.pop()!;
    for (const part of parts) take(part);
  }
  if (rest !== "") take(rest);
}
