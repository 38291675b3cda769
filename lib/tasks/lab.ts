/**
 * `deno task lab [JupyterLab's options]`: opens JupyterLab on the project's folder with the Deno
 * kernel ready. Lab prints its address with the token. One Ctrl-C ends it with its kernels.
 */

import { inTask } from "./in_task.ts";
import { pageOptions } from "./page_options.ts";
import { runOnTerminal } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";

const USAGE = `deno task lab [options]    opens JupyterLab with the Deno kernel ready

  --help         this
  any other      is JupyterLab's own, such as --no-browser or --port 9000; --help-all lists them

The address to open stands in its output. Ctrl-C ends it with its kernels.`;

/**
 * The command line that starts JupyterLab for `project`; `options` are Lab's own and replace ours. Its
 * environment is `projectEnvironment(project)`.
 */
export function labCommand(project: Project, options: readonly string[]): string[] {
  const root = Deno.build.os !== "windows" && Deno.uid() === 0;
  const ours: [setting: RegExp, option: string][] = [
    [/root_dir|notebook-dir/, `--ServerApp.root_dir=${project.root}`],
    [/default_url|\.ipynb/, "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"],
    [/answer_yes/, "--ServerApp.answer_yes=True"], // one Ctrl-C is enough
    // What "Save and Export Notebook As, HTML" makes is what `deno task pages` does.
    ...pageOptions(project).map((option) => [/Exporter\./, option] as [RegExp, string]),
    // In containers people are root, and Lab refuses to start without being told so.
    ...(root ? [[/allow[-_]root/, "--allow-root"] as [RegExp, string]] : []),
  ];
  const wanted = ours.filter(([setting]) => !options.some((option) => setting.test(option)));
  return [
    ...[project.python, "-B", "-m", "jupyterlab"],
    ...wanted.map(([, option]) => option),
    ...options,
  ];
}

if (import.meta.main) {
  const parse = (args: readonly string[]) => args.includes("--help") ? "help" as const : args;
  const command = { args: Deno.args, usage: USAGE, parse, stopped: "JupyterLab has ended." };
  Deno.exit(
    await inTask(command, (options) =>
      runOnTerminal(labCommand(PROJECT, options), {
        cwd: PROJECT.root,
        env: projectEnvironment(PROJECT),
        watcher: PROJECT.python,
      })),
  );
}
