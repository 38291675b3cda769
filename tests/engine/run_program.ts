/** Runs a program of a few lines in a process of its own: for how processes end and what they print. */
import { fileURLToPath } from "node:url";

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
  /** Lines on standard error; elsewhere than on Linux without TensorFlow's greeting. */
  readonly errors: string[];
}

/** The lines that TensorFlow's library prints as it is loaded. */
export const GREETING =
  /All log messages before absl::InitializeLog|oneDNN custom operations are on/;

/** Runs the text of a TypeScript program, with the project's imports. */
export async function runProgram(text: string, env: Record<string, string> = {}): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--ext=ts", "-"],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  const errors = decoder.decode(stderr).split("\n")
    .filter((line) => line !== "" && (Deno.build.os === "linux" || !GREETING.test(line)));
  return { code, output: decoder.decode(stdout), errors };
}
