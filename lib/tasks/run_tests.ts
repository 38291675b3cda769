// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task test [deno test's options or files]`: sets the project up, runs the tests and the
 * examples in lib's documentation, and ends with the line `N passed, N failed`. With arguments of
 * its own it runs only what they say.
 */

import { join } from "node:path";
import { writeExampleTests } from "./example_tests.ts";
import { inTask } from "./in_task.ts";
import { writeJoinedTests } from "./joined_tests.ts";
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

/**
 * Runs `deno test -A` with `options` in the project and counts. Tests compare float32 numbers: TF32,
 * which is coarser, is forbidden to GPUs.
 *
 * @param how `onLine` gets its lines (default: prints them); `environment` is added to the project's.
 */
export async function runDenoTest(
  options: readonly string[],
  { onLine = console.log, environment = {} }: {
    onLine?: (line: string) => void;
    environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<TestCounts> {
  const result = await runCommand([PROJECT.deno, "test", "-A", ...options], {
    cwd: PROJECT.root,
    env: {
      ...projectEnvironment(PROJECT),
      NVIDIA_TF32_OVERRIDE: "0",
      ...environment,
      NO_COLOR: "1",
    },
    killAfter: 2000, // a test that listens for signals itself would go on; what it started ends with it
    onLine,
  });
  return countTests(result.lines, result.code);
}

/**
 * Work that takes longest, and so begins first: nothing then waits for it at the end. A file of a folder
 * that is here too is a piece of its own.
 */
const FIRST = [
  "tests/notebooks/smoke_test.ts",
  "tests/detectors",
  "tests/detectors/every_detector_test.ts",
  "tests/tasks",
  "tests/training",
  "tests/data",
  "tests/notebooks",
  "tests/studies",
  "tests/networks",
  "tests/engine",
  "tests/media",
];

/** All tests in pieces that a process each can run; disposing of them removes what was written for it. */
export interface TestPieces extends AsyncDisposable {
  /** What `deno test` is given for each, the longest work first. */
  readonly pieces: readonly (readonly string[])[];
}

/**
 * The pieces: a folder of `tests`, its files joined, the files beside the folders, files that take long, and
 * the documentation's examples.
 */
export async function writeTestPieces(): Promise<TestPieces> {
  const tests = (await Array.fromAsync(Deno.readDir(join(PROJECT.root, "tests"))))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const folders = tests.filter(({ name, isDirectory }) => isDirectory && name !== "fixtures")
    .map(({ name }) => `tests/${name}`);
  const files = tests.filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) =>
    `tests/${name}`
  );
  const alone = FIRST.filter((path) => path.endsWith(".ts"));
  await using stack = new AsyncDisposableStack();
  const examples = stack.use(await writeExampleTests());
  const joined = stack.use(await writeJoinedTests(folders, { except: alone }));
  const rank = (path: string) => FIRST.includes(path) ? FIRST.indexOf(path) : FIRST.length;
  const named: [string, readonly string[]][] = [
    ["examples", examples.paths],
    ...alone.map((file): [string, string[]] => [file, [file]]),
    ...Object.entries(joined.folders),
  ];
  const pieces = [
    ...named.sort(([a], [b]) => rank(a) - rank(b)).map(([, paths]) => paths),
    files,
    ["--doc", "README.md"],
  ].filter((piece) => piece.length > 0);
  const kept = stack.move();
  return { pieces, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/**
 * Runs all tests and the documentation's examples: types once for all, and meanwhile the pieces, as
 * `runPieces` does. A type error ends the run.
 */
export async function runAllTests(signal: AbortSignal): Promise<TestCounts> {
  await using written = await writeTestPieces();
  const broken = new AbortController();
  const typed = checkTypes().then((passed) => passed || broken.abort());
  const counts = await runPieces(written.pieces, AbortSignal.any([signal, broken.signal]));
  await typed;
  return broken.signal.aborted ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** Whether the types of everything fit; prints what does not. */
async function checkTypes(): Promise<boolean> {
  const types = await runCommand([PROJECT.deno, "check", "--doc", "lib", "tests", "README.md"], {
    cwd: PROJECT.root,
    env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    onLine: () => {},
  });
  if (types.code !== 0) types.lines.forEach((line) => console.log(line));
  return types.code === 0;
}

/** How many pieces run at a time: one more than processors, as notebooks wait now and then; each takes up to 2 GB. */
const AT_ONCE = Math.min(3, navigator.hardwareConcurrency + 1);

/** Threads that TensorFlow has in each piece: more than there are processors for them only look for work. */
const THREADS = String(Math.max(1, Math.floor(navigator.hardwareConcurrency / AT_ONCE)));

/**
 * Runs several pieces at a time, each in a process of its own, whose lines are handed on when it is done.
 *
 * @param signal Once it is aborted nothing more is begun; what runs is ended by `runCommand`, which passes
 * SIGINT and SIGTERM on.
 */
export async function runPieces(
  pieces: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<TestCounts> {
  const waiting = [...pieces], counts = { passed: 0, failed: 0 };
  const worker = async () => {
    for (let piece = waiting.shift(); piece && !signal.aborted; piece = waiting.shift()) {
      const lines: string[] = [], begin = performance.now();
      const { passed, failed } = await runDenoTest(["--no-check", ...piece], {
        environment: { TF_NUM_INTRAOP_THREADS: THREADS, TF_NUM_INTEROP_THREADS: THREADS },
        onLine: (line) => lines.push(line),
      });
      const seconds = ((performance.now() - begin) / 1000).toFixed(0);
      console.log([`${piece.join(" ")} (${seconds} s):`, ...lines].join("\n"));
      counts.passed += passed;
      counts.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return counts;
}

if (import.meta.main) {
  const parse = (args: readonly string[]) => args.includes("--help") ? "help" as const : args;
  const command = { args: Deno.args, usage: USAGE, parse, stopped: "Not all tests were run." };
  Deno.exit(
    await inTask(command, async (options, { say, signal }) => {
      const { passed, failed } =
        await (options.length > 0 ? runDenoTest(options) : runAllTests(signal));
      say(`${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    }),
  );
}
