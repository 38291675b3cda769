/** A Python environment that only the bench uses: in .cache, never .venv. */
import { join } from "node:path";
import { runCommand, tiedPython } from "../setup/run_command.ts";
import { pipInstall } from "../setup/python_environment.ts";
import { pipFailure } from "../setup/setup_failure.ts";
import type { Project } from "../setup/project.ts";
import { findPython } from "../setup/find_python.ts";
import type { Report } from "../setup/setup_report.ts";

/** What the environment holds, and in which words it is spoken of. */
export interface OwnEnvironment {
  /** pip's names with versions. */
  readonly packages: readonly string[];
  /** What the packages are called when they cannot be had. */
  readonly what: string;
  /** What cannot be made when Python's venv fails. */
  readonly environment: string;
  /** The Python to use; left out, one is looked for. */
  readonly python: string | undefined;
  /** Hears of progress. */
  readonly report: Report;
}

/**
 * Makes the environment anew, from what was downloaded before.
 *
 * @param own The project whose `venv` and `python` are the environment's.
 * @returns The files that show it is there.
 * @throws SetUpFailure as the set-up's own steps do.
 */
export async function makeOwnEnvironment(
  own: Project,
  { packages, what, environment, python: chosen, report }: OwnEnvironment,
): Promise<string[]> {
  await Deno.remove(own.venv, { recursive: true }).catch(() => {}); // mostly there is none
  const python = await findPython(chosen);
  const [program, ...options] = python.command;
  const [, ...tied] = tiedPython("", "venv", own.venv);
  const made = await runCommand([program!, ...options, ...tied], { onLine: report.passing });
  if (made.code !== 0) throw pipFailure(made.lines, environment);
  await pipInstall(own, [...packages], { what, report });
  return [own.python, join(own.venv, "pyvenv.cfg")];
}
