// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task ok`: everything that must hold before a change is shared, quickest first: format, lint,
 * types (notebook cells included), documentation, tests, the documentation's examples. Stops at the
 * first failure.
 */

import { join, relative } from "node:path";
import { leadBack, writeCellModules } from "./cells.ts";
import { documentationFaults } from "./documentation.ts";
import { findNotebooks } from "./notebooks.ts";
import { runAllTests } from "./run_tests.ts";
import { runCommand } from "./setup/command.ts";
import { PROJECT, projectEnvironment } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

/** Folder, inside .cache, of the modules made from notebooks. */
const CELLS = join(".cache", "cells");

/** The .ts files below `folder` (relative to the project), sorted. */
export async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string) => {
    for await (const entry of Deno.readDir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory) await visit(inner);
      else if (entry.name.endsWith(".ts")) found.push(relative(PROJECT.root, inner));
    }
  };
  await visit(join(PROJECT.root, folder));
  return found.sort();
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

async function main(): Promise<number> {
  await setUp();
  const modules = await writeCellModules(await findNotebooks([]), join(PROJECT.root, CELLS));
  const cells = modules.map((module) => relative(PROJECT.root, module.path));
  const lib = await sourceFiles("lib");
  // Notebooks print, and show a value by naming it last; the rest of the rules hold in cells too.
  const cellRules = "--rules-exclude=no-console,no-unused-vars,no-import-prefix";
  const checks: [string, string[], string][] = [
    ["format", ["fmt", "--check"], "`deno fmt` mends it."],
    ["lint", ["lint"], "Mend what is listed."],
    ["types", ["check", ...lib, ...await sourceFiles("tests")], "Mend what is listed."],
    ...(cells.length === 0 ? [] : [
      ["types of notebook cells", ["check", ...cells], "Mend the cells."],
      ["lint of notebook cells", ["lint", cellRules, ...cells], "Mend the cells."],
    ] as [string, string[], string][]),
  ];
  for (const [name, command, remedy] of checks) {
    const result = await runCommand([PROJECT.deno, ...command], {
      cwd: PROJECT.root,
      env: { ...projectEnvironment(PROJECT), NO_COLOR: "1" },
    });
    if (result.code !== 0) {
      for (const line of result.lines) console.log(leadBack(line, modules));
      console.log(`Not ok: ${name}. ${remedy}`);
      return 1;
    }
    console.log(`ok: ${name}`);
  }
  const undocumented = await lintDocumentation(lib);
  if (undocumented.length > 0) {
    console.log(undocumented.join("\n"));
    console.log("Not ok: documentation. Document what is listed.");
    return 1;
  }
  console.log("ok: documentation");
  const { passed, failed } = await runAllTests();
  console.log(failed === 0 ? "Everything is ok." : "Not ok: tests.");
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
