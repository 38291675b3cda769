/**
 * `deno task notebooks [names] [--profile smoke|quick|full] [--check]`: runs notebooks headless and
 * keeps their clean outputs; with --check, and in the profile smoke, whose numbers mean nothing, they
 * are run and left as they are. lib/tasks/run_notebook.py does the running.
 */

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { isGreeting } from "lib/engine/tensorflow_greeting.ts";
import { inTask, type TaskSurroundings } from "./in_task.ts";
import { runCommand, tiedPython } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";

const USAGE =
  `deno task notebooks [names] [options]    runs notebooks headless and keeps their outputs

  names           beginnings of their names, such as 00 03; none: all
  --profile NAME  smoke (seconds; keeps nothing), quick (minutes) or full (quick)
  --check         run them and leave the files as they are
  --solutions     with each exercise's folded solution in its place; leaves the files, too
  --timeout N     seconds that one cell may take (1800; in the profile full a day)
  --help          this`;

/** How much work a notebook does: seconds, minutes, or what the paper did. */
export type Profile = "smoke" | "quick" | "full";

const PROFILES: readonly string[] = ["smoke", "quick", "full"];

/** How to run a notebook. */
export interface NotebookOptions {
  /** Passed to the notebook as FORGERY_CLUES_PROFILE. */
  profile: Profile;
  /** Run it and leave the file as it is; its figures go into .cache, as in the profile "smoke". */
  check?: boolean;
  /** Run the exercises with the solutions that are folded below them; the file is left, as with `check`. */
  solutions?: boolean;
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
      ...(options.check || options.solutions ? ["--check"] : []),
      ...(options.solutions ? ["--solutions"] : []),
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

interface NotebooksOptions {
  readonly notebooks: readonly string[];
  readonly profile: Profile;
  readonly check: boolean;
  readonly solutions: boolean;
  readonly timeout?: number;
}

async function parseNotebooksOptions(args: readonly string[]): Promise<NotebooksOptions | "help"> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profile: { type: "string", default: "quick" },
      check: { type: "boolean", default: false },
      solutions: { type: "boolean", default: false },
      timeout: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (!PROFILES.includes(values.profile)) {
    throw new RangeError(`--profile is one of ${PROFILES.join(", ")}, not "${values.profile}".`);
  }
  const timeout = values.timeout === undefined ? undefined : Number(values.timeout);
  if (timeout !== undefined && !(timeout > 0 && timeout < Infinity)) {
    throw new RangeError(`--timeout is "${values.timeout}", but must be seconds above 0.`);
  }
  return {
    notebooks: await findNotebooks(positionals),
    profile: values.profile as Profile,
    solutions: values.solutions,
    // In the profile smoke figures are not kept either.
    check: values.check || values.solutions || values.profile === "smoke",
    ...timeout === undefined ? {} : { timeout },
  };
}

/** Runs the notebooks in turn until one fails, and returns the exit code. */
async function runNotebooks(
  { notebooks, ...options }: NotebooksOptions,
  { say }: TaskSurroundings,
): Promise<number> {
  for (const [index, notebook] of notebooks.entries()) {
    say(`${notebook} (${index + 1} of ${notebooks.length}, profile ${options.profile})`);
    const code = await runNotebook(notebook, { ...options, onLine: say });
    if (code !== 0) return code;
    say(options.check ? "  passed" : "  passed and kept");
  }
  return 0;
}

if (import.meta.main) {
  const stopped = "Notebooks that passed before it are kept.";
  const command = { args: Deno.args, usage: USAGE, parse: parseNotebooksOptions, stopped };
  Deno.exit(await inTask(command, runNotebooks));
}
