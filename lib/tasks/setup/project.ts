/**
 * Where things lie in a project folder, and the environment that keeps every program we start
 * inside it. What is put there is the other files' matter.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A project folder's paths, all absolute. */
export interface Project {
  /** The folder that holds deno.json. */
  readonly root: string;
  /** Everything made that is not committed and can be made again. */
  readonly cache: string;
  /** Stamps, lock and logs of the set-up. */
  readonly state: string;
  /** The Python environment. */
  readonly venv: string;
  /** The environment's Python. */
  readonly python: string;
  /** The Deno that kernels are started with: a copy that no cache cleaner removes. */
  readonly deno: string;
}

/**
 * The paths of the project folder `root`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { projectAt } from "lib/tasks/setup/project.ts";
 * assert.ok(projectAt("/somewhere").venv.startsWith("/somewhere"));
 * ```
 */
export function projectAt(root: string): Project {
  const windows = Deno.build.os === "windows";
  const cache = join(root, ".cache");
  const venv = join(root, ".venv");
  return {
    root,
    cache,
    state: join(cache, "setup"),
    venv,
    python: windows ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python"),
    deno: join(cache, "deno", Deno.version.deno, windows ? "deno.exe" : "deno"),
  };
}

/** The project that this file belongs to. */
export const PROJECT: Project = projectAt(
  join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".."),
);

/**
 * Environment variables for programs started by set-up and tasks, to be added to the present ones:
 * caches, settings and run files of Deno, pip, IPython and Jupyter go into the project's folder,
 * `deno` and `python` are the project's own, and no Python package from elsewhere is seen.
 */
export function projectEnvironment(project: Project): Record<string, string> {
  const { cache } = project;
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const path = [dirname(project.python), dirname(project.deno), Deno.env.get("PATH") ?? ""];
  return {
    DENO_DIR: join(cache, "deno-dir"),
    DENO_NO_UPDATE_CHECK: "1",
    IPYTHONDIR: join(cache, "ipython"),
    JUPYTER_CONFIG_DIR: join(cache, "jupyter", "config"),
    JUPYTER_DATA_DIR: join(cache, "jupyter", "data"),
    JUPYTER_RUNTIME_DIR: join(cache, "jupyter", "runtime"),
    PATH: path.join(separator),
    PIP_CACHE_DIR: join(cache, "pip"),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    PIP_USER: "0",
    PYTHONNOUSERSITE: "1",
    PYTHONPATH: "",
    XDG_CACHE_HOME: join(cache, "xdg"),
  };
}
