/**
 * `deno task lab [JupyterLab's options]`: opens JupyterLab on the project's folder with the Deno
 * kernel ready. Lab prints its address with the token. One Ctrl-C ends it with its kernels.
 */

import { runOnTerminal } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

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
  await setUp();
  const code = await runOnTerminal(labCommand(PROJECT, Deno.args), {
    cwd: PROJECT.root,
    env: projectEnvironment(PROJECT),
  });
  Deno.exit(code);
}
