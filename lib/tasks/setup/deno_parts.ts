/**
 * The steps for what belongs to Deno: a copy of Deno that stays, the npm packages of deno.lock, and
 * the kernel that Jupyter starts.
 */

import { dirname, join } from "node:path";
import { runCommand } from "./run_command.ts";
import { npmFailure, SetUpFailure } from "./setup_failure.ts";
import { type Project, projectEnvironment } from "./project.ts";
import type { Step } from "./setup_steps.ts";

/** The step that copies the running Deno into the project; npx keeps its own in a cache that may go. */
export function denoStep(project: Project): Step {
  return {
    name: "deno",
    title: `Deno ${Deno.version.deno}`,
    gigabytes: 0.15,
    inputs: () => Promise.resolve([project.deno]),
    async run() {
      if (Deno.execPath() !== project.deno) {
        await Deno.mkdir(dirname(project.deno), { recursive: true });
        const part = project.deno + ".part";
        await Deno.copyFile(Deno.execPath(), part);
        await Deno.rename(part, project.deno);
      }
      return { paths: [project.deno] };
    },
  };
}

/** The step that installs the npm packages exactly as deno.lock says. */
export function packagesStep(project: Project): Step {
  const modules = join(project.root, "node_modules");
  const configuration = join(project.root, "deno.json");
  return {
    name: "packages",
    title: "npm packages",
    gigabytes: 0.9,
    inputs: async () => [
      project.root,
      Deno.version.deno,
      importsOf(await Deno.readTextFile(configuration)),
      await Deno.readTextFile(join(project.root, "deno.lock")),
    ],
    async run({ report, left }) {
      // `ci` empties node_modules first, which only a half-made one needs: others may be using it.
      const install = left === "part" ? ["ci"] : ["install", "--frozen"];
      const result = await runCommand([project.deno, ...install], {
        cwd: project.root,
        env: { ...projectEnvironment(project), NO_COLOR: "1" },
        onLine: report.passing,
      });
      if (result.code !== 0) throw npmFailure(result.lines);
      return { paths: [modules] };
    },
  };
}

/** The part of deno.json that decides which packages there are; a changed task is no reason to reinstall. */
function importsOf(configuration: string): string {
  const { imports } = JSON.parse(configuration) as { imports?: unknown };
  return JSON.stringify(imports ?? {});
}

/** The step that puts the Deno kernel, and quiet settings for Lab, into the Python environment. */
export function kernelStep(project: Project): Step {
  const share = join(project.venv, "share");
  const specification = join(share, "jupyter", "kernels", "deno", "kernel.json");
  const settings = join(share, "jupyter", "lab", "settings", "overrides.json");
  return {
    name: "kernel",
    title: "Jupyter kernel",
    gigabytes: 0.01,
    inputs: () => Promise.resolve([project.deno, JSON.stringify(kernelParts(project))]),
    async run({ report }) {
      const result = await runCommand([project.deno, "jupyter", "--install", "--force"], {
        cwd: project.root,
        env: {
          ...projectEnvironment(project),
          XDG_DATA_HOME: share,
          JUPYTER_DATA_DIR: join(share, "jupyter"),
        },
        onLine: report.passing,
      });
      if (result.code !== 0) {
        throw new SetUpFailure(
          `The Deno kernel could not be installed: ${result.lines.at(-1) ?? "no output"}`,
          "Delete the folder .venv and run the same command again.",
        );
      }
      const kernel = JSON.parse(await Deno.readTextFile(specification)) as Record<string, unknown>;
      await writeJson(specification, { ...kernel, ...kernelParts(project) });
      await Deno.mkdir(dirname(settings), { recursive: true });
      await writeJson(settings, LAB_SETTINGS);
      return { paths: [specification, settings] };
    },
  };
}

/** What the specification says of our own kernel, which stands before Deno's (lib/tasks/kernel). */
function kernelParts(project: Project): Record<string, unknown> {
  const program = join(project.root, "lib", "tasks", "kernel", "kernel.py");
  return {
    argv: [project.python, "-B", program, project.deno, "{connection_file}"],
    // Plain text from cells, and the packages that set-up has installed.
    env: { NO_COLOR: "1", DENO_DIR: projectEnvironment(project).DENO_DIR! },
    interrupt_mode: "message", // Stop is asked for; a signal would reach what must not see it
  };
}

/** Lab asks its makers' server for news and updates at each start; nothing here needs a network. */
const LAB_SETTINGS = {
  "@jupyterlab/apputils-extension:notification": {
    fetchNews: "false",
    checkForUpdates: false,
  },
};

async function writeJson(path: string, content: unknown): Promise<void> {
  await Deno.writeTextFile(path + ".part", JSON.stringify(content, null, 2) + "\n");
  await Deno.rename(path + ".part", path);
}
