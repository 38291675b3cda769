/** The notebook runner with real kernels. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { runNotebook } from "lib/tasks/notebooks.ts";
import { tiedPython } from "lib/tasks/setup/run_command.ts";
import { PROJECT, projectEnvironment } from "lib/tasks/setup/project.ts";
import { isAlive, until } from "../processes.ts";
import { temporaryNotebook } from "./temporary_notebook.ts";

interface Output {
  output_type: string;
  text?: string[];
  data?: Record<string, unknown>;
}

interface Notebook {
  cells: { metadata: Record<string, unknown>; outputs?: Output[]; execution_count?: number }[];
  metadata: Record<string, unknown>;
}

async function readNotebook(path: string): Promise<Notebook> {
  return JSON.parse(await Deno.readTextFile(path));
}

const PID_CELL = `
Deno.writeTextFileSync("pid.part", String(Deno.pid));
Deno.renameSync("pid.part", "pid");`;
const LONG_CELL = "await new Promise((resolve) => setTimeout(resolve, 60_000));";

/** Starts the runner as tasks do, and waits until its kernel is in the middle of a long cell. */
async function startLongRun(folder: string, path: string) {
  const runner = join(PROJECT.root, "lib", "tasks", "run_notebook.py");
  const [program, ...args] = tiedPython(PROJECT.python, runner, path);
  const child = new Deno.Command(program!, {
    args,
    cwd: PROJECT.root,
    env: projectEnvironment(PROJECT),
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const pidFile = join(folder, "pid");
  await until(() => Deno.stat(pidFile).then(() => true, () => false));
  return { child, kernel: Number(await Deno.readTextFile(pidFile)) };
}

Deno.test("runNotebook keeps late outputs, the profile, and neither paths nor timings", async () => {
  await using notebook = await temporaryNotebook("good.ipynb", [
    'import { createRandom } from "lib/random.ts";\ncreateRandom(1).integer(9)',
    'console.log("now"); void setTimeout(() => console.log("late"), 0);',
    'Deno.env.get("FORGERY_CLUES_PROFILE")',
    'console.log(Deno.cwd()); new Error("here").stack',
  ]);
  const lines: string[] = [];
  const options = { profile: "smoke", onLine: (line: string) => lines.push(line) } as const;
  assert.equal(await runNotebook(notebook.path, options), 0, lines.join("\n"));

  const text = await Deno.readTextFile(notebook.path);
  const { cells, metadata } = await readNotebook(notebook.path);
  assert.deepEqual(cells[2]!.outputs![0]!.text, ["now\n", "late\n"]);
  assert.deepEqual(cells[3]!.outputs![0]!.data!["text/plain"], ['"smoke"']);
  assert.ok(!text.includes(PROJECT.root), "an absolute path was kept");
  assert.deepEqual(cells.map((cell) => cell.metadata), [{}, {}, {}, {}, {}]);
  assert.deepEqual(Object.keys(metadata).sort(), ["kernelspec", "language_info"]);
  assert.ok(lines.some((line) => /^ {2}\[4\/4\].* s so far/.test(line)), lines.join("\n"));

  assert.equal(await runNotebook(notebook.path, options), 0);
  assert.equal(await Deno.readTextFile(notebook.path), text, "a second run changed the file");
  assert.ok(lines.some((line) => / s left$/.test(line)), "a second run knows the time left");
});

Deno.test("runNotebook with check leaves the file and results/ as they were", async () => {
  await using notebook = await temporaryNotebook("check.ipynb", [
    'import { RESULTS } from "lib/figures/save_figure.ts";\nDeno.writeTextFileSync("results", RESULTS);',
  ]);
  const before = await Deno.readTextFile(notebook.path);
  assert.equal(await runNotebook(notebook.path, { profile: "quick", check: true }), 0);
  assert.equal(await Deno.readTextFile(notebook.path), before);
  const results = await Deno.readTextFile(join(notebook.folder, "results"));
  assert.equal(results, join(PROJECT.cache, "results"));
});

Deno.test("runNotebook shows the failing cell and its error and changes nothing", async () => {
  await using notebook = await temporaryNotebook("bad.ipynb", [
    "1 + 1",
    'const marker = "the failing cell";\nthrow new RangeError("too much " + marker);',
    'console.log("never reached")',
  ]);
  const before = await Deno.readTextFile(notebook.path);
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  assert.equal(await runNotebook(notebook.path, { profile: "smoke", onLine }), 1);
  const text = lines.join("\n");
  assert.match(text, /Failed in cell 3/);
  assert.match(text, /const marker = "the failing cell";/);
  assert.match(text, /RangeError.*too much the failing cell/);
  assert.equal(await Deno.readTextFile(notebook.path), before);
  const left = [...Deno.readDirSync(notebook.folder)].map((entry) => entry.name);
  assert.deepEqual(left, ["bad.ipynb"]);
});

const UNCAUGHT: { name: string; cells: string[]; error: RegExp }[] = [
  {
    name: "a rejection that nothing handles",
    cells: ['void Promise.reject(new RangeError("let go"));', "1"],
    error: /cell 2:\s+RangeError: let go/,
  },
  {
    name: "an error in a timer, while a later cell waits",
    cells: [
      'setTimeout(() => { throw new Error("in a timer"); }, 400); 1',
      "await new Promise((resolve) => setTimeout(resolve, 1000)); 2",
      "3",
    ],
    error: /cell 3:\s+Error: in a timer/,
  },
  {
    name: "an error in a timer after the last cell",
    cells: ['setTimeout(() => { throw "too late"; }, 400); 1'],
    error: /cell 2:\s+Error: too late/,
  },
];

for (const { name, cells, error } of UNCAUGHT) {
  Deno.test(`runNotebook fails at ${name}`, async () => {
    await using notebook = await temporaryNotebook("uncaught.ipynb", cells);
    const before = await Deno.readTextFile(notebook.path);
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    assert.equal(await runNotebook(notebook.path, { profile: "quick", onLine }), 1);
    assert.match(lines.join("\n"), /an error that no cell waited for/);
    assert.match(lines.join("\n"), error);
    assert.equal(await Deno.readTextFile(notebook.path), before);
  });
}

Deno.test("runNotebook keeps what a terminal would show, one stream a name", async () => {
  await using notebook = await temporaryNotebook("streams.ipynb", [
    'console.log("10 %\\r20 %"); console.error("beside"); console.log("ab\\b\\bc\\nd\\r"); 1',
  ]);
  assert.equal(await runNotebook(notebook.path, { profile: "quick" }), 0);
  const { cells } = await readNotebook(notebook.path);
  const [stdout, stderr, result] = cells[1]!.outputs!;
  assert.deepEqual(stdout!.text, ["20 %\n", "c\n", "d\r\n"]);
  assert.deepEqual(stderr!.text, ["beside\n"]);
  assert.equal(result!.output_type, "execute_result");
});

Deno.test("runNotebook takes a line of three million characters as it takes any other", async () => {
  await using notebook = await temporaryNotebook("long_line.ipynb", [
    'console.log("x".repeat(3_000_000))',
  ]);
  assert.equal(await runNotebook(notebook.path, { profile: "quick", check: true }), 0);
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  assert.equal(await runNotebook(notebook.path, { profile: "quick", onLine }), 1);
  assert.match(lines.join("\n"), /Not kept: .* Cell 2 alone has 3000 kB/);
});

Deno.test("runNotebook ends a cell that takes longer than allowed", async () => {
  await using notebook = await temporaryNotebook("slow.ipynb", [PID_CELL, LONG_CELL]);
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  const code = await runNotebook(notebook.path, { profile: "smoke", timeout: 1, onLine });
  assert.equal(code, 1);
  assert.match(lines.join("\n"), /did not end within the time allowed/);
  const kernel = Number(await Deno.readTextFile(join(notebook.folder, "pid")));
  await until(() => !isAlive(kernel));
});

Deno.test("runNotebook refuses to keep outputs above the size limit", async () => {
  await using notebook = await temporaryNotebook("big.ipynb", [
    'console.log(("x".repeat(99) + "\\n").repeat(4000))',
  ]);
  const before = await Deno.readTextFile(notebook.path);
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  assert.equal(await runNotebook(notebook.path, { profile: "smoke", onLine }), 1);
  assert.match(lines.join("\n"), /Not kept.*Cell 2 alone/);
  assert.equal(await Deno.readTextFile(notebook.path), before);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`the runner ends its kernel and keeps the file at ${signal}`, async () => {
    await using notebook = await temporaryNotebook("stopped.ipynb", [PID_CELL, LONG_CELL]);
    const before = await Deno.readTextFile(notebook.path);
    const { child, kernel } = await startLongRun(notebook.folder, notebook.path);
    child.kill(signal);
    assert.equal((await child.status).code, 130);
    await child.stdin.close();
    await until(() => !isAlive(kernel));
    assert.equal(await Deno.readTextFile(notebook.path), before);
  });
}

Deno.test("the kernel dies with a runner that is killed", async () => {
  await using notebook = await temporaryNotebook("killed.ipynb", [PID_CELL, LONG_CELL]);
  const { child, kernel } = await startLongRun(notebook.folder, notebook.path);
  assert.ok(isAlive(kernel));
  child.kill("SIGKILL");
  await child.status;
  await child.stdin.close().catch(() => {}); // its reader is gone
  await until(() => !isAlive(kernel));
});

Deno.test("runner and kernel die when the task that started them is gone", async () => {
  await using notebook = await temporaryNotebook("orphan.ipynb", [PID_CELL, LONG_CELL]);
  const { child, kernel } = await startLongRun(notebook.folder, notebook.path);
  await child.stdin.close(); // what the system does when the task is killed
  assert.equal((await child.status).signal, "SIGKILL");
  await until(() => !isAlive(kernel));
});
