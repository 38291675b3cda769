// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task ok`: everything that must hold before a change is shared, quickest first: format, lint,
 * types (notebook cells included), documentation, tests, the documentation's examples. Stops at the
 * first failure.
 */

import { join, relative } from "node:path";
import { leadBack, writeCellModules, type WrittenModule } from "./notebook_cells.ts";
import { documentationFaults } from "./documentation.ts";
import { inTask, parseNothing, type TaskSurroundings } from "./in_task.ts";
import { findNotebooks } from "./notebooks.ts";
import { runAllTests } from "./run_tests.ts";
import { runCommand } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";
import { exists } from "./setup/setup_steps.ts";

const USAGE = `deno task ok    checks everything that must hold before a change is shared

  --help    this

In turn: format, lint, types (notebook cells too), documentation, tests, the documentation's examples.
It stops at the first failure.`;

/** Where the modules made from notebooks lie while they are checked. */
const CELLS = join(PROJECT.cache, "cells");

/** What `deno fmt` formats by itself, less notebooks, which have a check of their own. */
const FORMATTED = /\.(ts|js|json|jsonc|md|css|html|ya?ml)$/;

/**
 * The files of the project that git knows, and new ones in lib and tests that it does not ignore; paths in
 * the project, sorted. Crops and results that commands wrote are nobody's source.
 */
export async function knownFiles(project: Project = PROJECT): Promise<string[]> {
  const list = async (...options: string[]) => {
    const command = new Deno.Command("git", {
      args: ["ls-files", "-z", ...options],
      cwd: project.root,
    });
    const { code, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (code === 0) return text(stdout).split("\0").filter((path) => path !== "");
    throw new Error(`git does not list the project's files: ${text(stderr).trim()}`);
  };
  const paths = [
    ...await list("--cached"),
    ...await list("--others", "--exclude-standard", "lib", "tests"),
  ];
  const there = await Promise.all(paths.map((path) => exists(join(project.root, path))));
  return paths.filter((_, i) => there[i]).sort(); // a deleted file is known until the next commit
}

/** What `deno doc --lint` finds in `files` (paths in the project), one line each. */
export async function lintDocumentation(files: readonly string[]): Promise<string[]> {
  const result = await runCommand([PROJECT.deno, "doc", "--lint", ...files], {
    cwd: PROJECT.root,
    env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    keptLines: Infinity,
  });
  const faults = await documentationFaults(result.lines.join("\n"), Deno.readTextFile);
  return faults.map((fault) => fault.replace(`${PROJECT.root}/`, ""));
}

/** What is asked of Deno: a name, the command, and what to do when it finds something. */
type Check = [name: string, command: string[], remedy: string];

/** Runs the checks in order, saying how each went, until one finds something. */
async function runChecks(checks: readonly Check[], modules: WrittenModule[]): Promise<boolean> {
  for (const [name, command, remedy] of checks) {
    const result = await runCommand([PROJECT.deno, ...command], {
      cwd: PROJECT.root,
      env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    });
    if (result.code !== 0) {
      for (const line of result.lines) console.log(leadBack(line, modules));
      console.log(`Not ok: ${name}. ${remedy}`);
      return false;
    }
    console.log(`ok: ${name}`);
  }
  return true;
}

async function checkSources(files: readonly string[]): Promise<boolean> {
  const formatted = files.filter((path) =>
    FORMATTED.test(path) && !/^(results|tests\/fixtures)\//.test(path)
  );
  const sources = files.filter((path) => /^(lib|tests)\/.*\.ts$/.test(path));
  return await runChecks([
    ["format", ["fmt", "--check", ...formatted], "`deno fmt` mends it."],
    ["lint", ["lint", ...sources], "Mend what is listed."],
    ["types", ["check", ...sources], "Mend what is listed."],
  ], []);
}

/**
 * The notebooks, of the paths given, that `deno fmt` would change. `fmt --check` is no help: Deno 2.9 finds fault with every
 * notebook whose metadata names its language, also when formatting changes nothing.
 */
export async function unformattedNotebooks(notebooks: readonly string[]): Promise<string[]> {
  await Deno.mkdir(CELLS, { recursive: true });
  try {
    const copies = notebooks.map((_, i) => join(CELLS, `${i}.ipynb`));
    await Promise.all(notebooks.map((path, i) => Deno.copyFile(path, copies[i]!)));
    const result = await runCommand([PROJECT.deno, "fmt", ...copies], {
      cwd: PROJECT.root,
      env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    });
    if (result.code !== 0) return result.lines;
    const texts = (paths: readonly string[]) => Promise.all(paths.map((p) => Deno.readTextFile(p)));
    const [before, after] = await Promise.all([texts(notebooks), texts(copies)]);
    return notebooks.filter((_, i) => before[i] !== after[i]);
  } finally {
    await Deno.remove(CELLS, { recursive: true });
  }
}

async function checkNotebookFormat(): Promise<boolean> {
  const notebooks = (await findNotebooks([])).map((path) => join(PROJECT.root, path));
  const faults = notebooks.length === 0 ? [] : await unformattedNotebooks(notebooks);
  if (faults.length > 0) {
    console.log(faults.map((path) => relative(PROJECT.root, path)).join("\n"));
    console.log("Not ok: format of notebooks. `deno fmt notebooks` mends it.");
    return false;
  }
  console.log("ok: format of notebooks");
  return true;
}

async function checkCells(): Promise<boolean> {
  const modules = await writeCellModules(await findNotebooks([]), CELLS);
  const paths = modules.map((module) => module.path);
  try {
    return paths.length === 0 || await runChecks([
      ["types of notebook cells", ["check", ...paths], "Mend the cells."],
      // Cells print, and show a value by naming it last; the other rules hold in them too.
      [
        "lint of notebook cells",
        ["lint", "--rules-exclude=no-console", ...paths],
        "Mend the cells.",
      ],
    ], modules);
  } finally {
    await Deno.remove(CELLS, { recursive: true }); // a plain `deno lint` shall not meet them
  }
}

async function checkDocumentation(lib: string[]): Promise<boolean> {
  const undocumented = await lintDocumentation(lib);
  if (undocumented.length > 0) {
    console.log(undocumented.join("\n"));
    console.log("Not ok: documentation. Document what is listed.");
    return false;
  }
  console.log("ok: documentation");
  return true;
}

async function checkAll({ signal, say }: TaskSurroundings): Promise<number> {
  const files = await knownFiles(), lib = files.filter((path) => /^lib\/.*\.ts$/.test(path));
  const checks = [
    () => checkSources(files),
    checkNotebookFormat,
    checkCells,
    () => checkDocumentation(lib),
  ];
  for (const check of checks) {
    if (signal.aborted || !await check()) return 1;
  }
  const { passed, failed } = await runAllTests(signal);
  if (!signal.aborted) say(failed === 0 ? "Everything is ok." : "Not ok: tests.");
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  const stopped = "Not everything was checked.";
  const command = { args: Deno.args, usage: USAGE, parse: parseNothing, stopped };
  Deno.exit(await inTask(command, (_, surroundings) => checkAll(surroundings)));
}
