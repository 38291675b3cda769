// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task test [deno test's options or files]`: sets the project up, runs the tests and the
 * examples in lib's documentation, and ends with the line `N passed, N failed`. With arguments of
 * its own it runs only what they say.
 */

import { inTask } from "./in_task.ts";
import { PROJECT, projectEnvironment } from "./setup/project.ts";
import { runCommand } from "./setup/run_command.ts";

const USAGE =
  `deno task test [files or options]    runs the tests and the examples in lib's documentation

  --help         this
  any other      goes to "deno test", and only what it says is run, such as tests/losses --filter KL

The last line is "N passed, N failed"; the exit code is 1 when a test failed.`;

/** How many tests passed and failed. */
export interface TestCounts {
  /** Tests that passed. */
  passed: number;
  /** Tests that failed; a run that broke off before its end counts as one. */
  failed: number;
}

/**
 * The counts that a run of `deno test` stands for: those of its summary line, and one failure more
 * when it ended badly without saying why (a type error, a crash).
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { countTests } from "lib/tasks/run_tests.ts";
 * assert.deepEqual(countTests(["ok | 3 passed (2 steps) | 0 failed (5s)"], 0), {
 *   passed: 3,
 *   failed: 0,
 * });
 * assert.deepEqual(countTests(["error: Type checking failed."], 1), { passed: 0, failed: 1 });
 * ```
 */
export function countTests(lines: readonly string[], code: number): TestCounts {
  const summary = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? "";
  const passed = Number(/(\d+) passed/.exec(summary)?.[1] ?? 0);
  const failed = Number(/(\d+) failed/.exec(summary)?.[1] ?? 0);
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** Runs `deno test -A` with `options` in the project, hands on its lines (default: prints) and counts. */
export async function runDenoTest(
  options: readonly string[],
  { onLine = console.log }: { onLine?: (line: string) => void } = {},
): Promise<TestCounts> {
  const result = await runCommand([PROJECT.deno, "test", "-A", ...options], {
    cwd: PROJECT.root,
    env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    onLine,
  });
  return countTests(result.lines, result.code);
}

/** Runs all tests and the documentation's examples. */
export async function runAllTests(): Promise<TestCounts> {
  const tests = await runDenoTest(["tests/"]);
  const examples = await runDenoTest(["--doc", "lib/"]);
  return { passed: tests.passed + examples.passed, failed: tests.failed + examples.failed };
}

if (import.meta.main) {
  const parse = (args: readonly string[]) => args.includes("--help") ? "help" as const : args;
  const command = { args: Deno.args, usage: USAGE, parse, stopped: "Not all tests were run." };
  Deno.exit(
    await inTask(command, async (options, { say }) => {
      const { passed, failed } = await (options.length > 0 ? runDenoTest(options) : runAllTests());
      say(`${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    }),
  );
}
