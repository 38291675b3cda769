// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task notebooks [names] [--profile smoke|quick|full] [--check]`: runs notebooks headless and
 * keeps their clean outputs; with --check, and in the profile smoke, whose numbers mean nothing, they
 * are run and left as they are. lib/tasks/run_notebook.py does the running.
 */

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { isGreeting } from "lib/engine/tensorflow_greeting.ts";
import { runCommand, tiedPython } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

/** How much work a notebook does: seconds, minutes, or what the paper did. */
export type Profile = "smoke" | "quick" | "full";

const PROFILES: readonly string[] = ["smoke", "quick", "full"];

/** How to run a notebook. */
export interface NotebookOptions {
  /** Passed to the notebook as FORGERY_CLUES_PROFILE. */
  profile: Profile;
  /** Run it and leave the file as it is; its figures go into .cache, as in the profile "smoke". */
  check?: boolean;
  /** Seconds that one cell may take; default 1800, or a day in the profile "full". */
  timeout?: number;
  /** Called with each line of progress. */
  onLine?: (line: string) => void;
}

/**
 * Runs the notebook at `path` headless in `project` and returns the runner's exit code: 0 passed (and
 * kept, unless `check`), 1 failed, 130 stopped. The file changes only when everything passed.
 */
export async function runNotebook(
  path: string,
  options: NotebookOptions & { project?: Project },
): Promise<number> {
  const project = options.project ?? PROJECT;
  const { profile } = options;
  const timeout = options.timeout ?? (profile === "full" ? 86_400 : 1800);
  const times = join(project.cache, "notebooks", `${basename(path, ".ipynb")}.${profile}.json`);
  const runner = join(project.root, "lib", "tasks", "run_notebook.py");
  const result = await runCommand(
    [
      ...tiedPython(project.python, runner, path, "--profile", profile),
      ...["--timeout", String(timeout), "--times", times],
      ...(options.check ? ["--check"] : []),
    ],
    {
      cwd: project.root,
      env: projectEnvironment(project),
      onLine: (line) => {
        if (!isGreeting(line)) options.onLine?.(line); // where the engine cannot keep it out
      },
    },
  );
  return result.code;
}

/**
 * The notebooks that `names` mean: a name's beginning ("00", "03_data") or a path; none means all, in
 * order. Paths are relative to the project. Throws a `RangeError` for a name without a notebook.
 */
export async function findNotebooks(
  names: readonly string[],
  project: Project = PROJECT,
): Promise<string[]> {
  const all: string[] = [];
  for await (const entry of Deno.readDir(join(project.root, "notebooks"))) {
    if (entry.name.endsWith(".ipynb") && !entry.name.startsWith(".")) all.push(entry.name);
  }
  all.sort();
  if (names.length === 0) return all.map((name) => join("notebooks", name));
  return names.flatMap((name) => {
    const found = all.filter((file) => file.startsWith(basename(name)));
    if (found.length > 0) return found.map((file) => join("notebooks", file));
    throw new RangeError(`No notebook is called "${name}". There are: ${all.join(", ")}.`);
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      profile: { type: "string", default: "quick" },
      check: { type: "boolean", default: false },
      timeout: { type: "string" },
    },
  });
  if (!PROFILES.includes(values.profile)) {
    throw new RangeError(`--profile is one of ${PROFILES.join(", ")}, not "${values.profile}".`);
  }
  const check = values.check || values.profile === "smoke"; // its figures are not kept either
  const notebooks = await findNotebooks(positionals);
  await setUp();
  for (const [index, notebook] of notebooks.entries()) {
    console.log(`${notebook} (${index + 1} of ${notebooks.length}, profile ${values.profile})`);
    const code = await runNotebook(notebook, {
      profile: values.profile as Profile,
      check,
      ...(values.timeout === undefined ? {} : { timeout: Number(values.timeout) }),
      onLine: console.log,
    });
    if (code !== 0) return code;
    console.log(check ? "  passed" : "  passed and kept");
  }
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
