/**
 * The step that makes the Python environment .venv with JupyterLab and its companions, and the one
 * way in which set-up installs Python packages into it.
 */

import { join } from "node:path";
import { sitePackages } from "lib/io/site_packages.ts";
import { runCommand, tiedPython } from "./run_command.ts";
import { pipFailure, SetUpFailure } from "./setup_failure.ts";
import { type Project, projectEnvironment } from "./project.ts";
import { findPython } from "./find_python.ts";
import type { Report } from "./setup_report.ts";
import { exists, type Step } from "./setup_steps.ts";

/** The step for .venv with the packages of requirements.txt, and what they need as constraints.txt pins it. */
export function environmentStep(project: Project): Step {
  const requirements = join(project.root, "requirements.txt");
  const constraints = join(project.root, "constraints.txt");
  const chosen = Deno.env.get("FORGERY_CLUES_PYTHON");
  return {
    name: "environment",
    title: "Python environment with JupyterLab",
    gigabytes: 0.8,
    inputs: async () => [
      project.root,
      chosen ?? "",
      await Deno.readTextFile(requirements),
      await Deno.readTextFile(constraints),
    ],
    async run({ report, left }) {
      // What somebody else made is completed; what we left in pieces or made otherwise goes.
      if (left !== "nothing" || !await exists(project.python)) {
        await remake(project, chosen, report);
      }
      await pipInstall(project, ["-r", requirements, "--constraint", constraints], {
        what: "JupyterLab",
        report,
      });
      return { paths: [project.python, join(project.venv, "pyvenv.cfg")] };
    },
  };
}

async function remake(
  project: Project,
  chosen: string | undefined,
  report: Report,
): Promise<void> {
  const python = await findPython(chosen);
  if (await exists(project.venv)) {
    report.say("      the .venv that is there is not usable: making it anew (downloads are kept)");
    // Renamed first, so that a kill during the deletion leaves no .venv with holes.
    const aside = join(project.cache, "discarded");
    await Deno.remove(aside, { recursive: true }).catch(() => {}); // mostly there is none
    await Deno.rename(project.venv, aside);
    await Deno.remove(aside, { recursive: true });
  }
  report.say(`      with ${python.command.join(" ")}, Python ${python.version}`);
  const [program, ...options] = python.command;
  const [, ...tied] = tiedPython("", "venv", project.venv);
  const made = await runCommand([program!, ...options, ...tied], { onLine: report.passing });
  if (made.code === 0) return;
  if (/ensurepip/i.test(made.lines.join("\n"))) {
    throw new SetUpFailure(
      `${python.command.join(" ")} cannot make an environment: its ensurepip module is missing.`,
      "Install it (Debian and Ubuntu: apt install python3-venv) and run the same command again.",
    );
  }
  throw pipFailure(made.lines, "the environment .venv");
}

/** How to install Python packages. */
export interface PipOptions {
  /** The thing being installed, for the words of a failure. */
  what: string;
  /** Where progress goes. */
  report: Report;
  /** Called with pip's last lines on failure; what it throws replaces pip's own explanation. */
  onFailure?: (lines: readonly string[]) => void;
}

/**
 * Runs `pip install` with `packages` (and pip's options) in the environment. Downloads are kept in
 * .cache/pip, and unpacked in .cache/tmp. Throws `SetUpFailure` when pip fails.
 */
export async function pipInstall(
  project: Project,
  packages: readonly string[],
  options: PipOptions,
): Promise<void> {
  const temporary = join(project.cache, "tmp");
  await Deno.remove(temporary, { recursive: true }).catch(() => {}); // mostly there is none
  await Deno.mkdir(temporary, { recursive: true });
  const result = await runCommand(
    tiedPython(project.python, "pip", "install", "--progress-bar", "off", ...packages),
    {
      env: { ...projectEnvironment(project), TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      onLine: options.report.passing,
    },
  );
  if (result.code === 0) return;
  options.onFailure?.(result.lines);
  throw pipFailure(result.lines, options.what);
}

/** The folder into which pip installs. Throws when there is no environment. */
export function installedPackages(project: Project): string {
  const folder = sitePackages(project.venv);
  if (folder === undefined) throw new Error(`No site-packages folder in ${project.venv}.`);
  return folder;
}
