/** JupyterLab as `deno task lab` starts it, on a free port, for as long as a test. */

import { relative } from "node:path";
import { freePort } from "lib/engine/free_port.ts";
import { labCommand } from "lib/tasks/lab.ts";
import { tiedPython } from "lib/tasks/setup/run_command.ts";
import { PROJECT, projectEnvironment } from "lib/tasks/setup/project.ts";
import { MADE_FOR_TESTS } from "./temporary_notebook.ts";

const TOKEN = "a-token-for-tests";

/** A running JupyterLab. */
export interface LabServer extends AsyncDisposable {
  /** The address that opens a temporary notebook, by its path, and nothing else. */
  address(notebook: string): string;
}

/** Starts JupyterLab on all temporary notebooks and waits until it answers. */
export async function startLab(): Promise<LabServer> {
  const port = freePort();
  const [, , , ...moduleAndOptions] = labCommand(PROJECT, [
    `--ServerApp.root_dir=${MADE_FOR_TESTS}`,
    "--no-browser",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--IdentityProvider.token=${TOKEN}`,
    "--LabApp.expose_app_in_browser=True", // the test presses its buttons through this
  ]);
  // Tied to us, so that a killed test leaves no server behind.
  const [program, ...args] = tiedPython(PROJECT.python, ...moduleAndOptions);
  const server = new Deno.Command(program!, {
    args,
    cwd: PROJECT.root,
    env: projectEnvironment(PROJECT),
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended: Deno.CommandStatus | undefined;
  const status = server.status.then((status) => ended = status);
  const base = `http://127.0.0.1:${port}`;
  while (!await answers(`${base}/api/status?token=${TOKEN}`)) {
    if (ended !== undefined) throw new Error(`JupyterLab ended with exit code ${ended.code}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    address: (notebook) =>
      `${base}/lab/tree/${relative(MADE_FOR_TESTS, notebook)}?token=${TOKEN}&reset`,
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await status;
      await server.stdin.close().catch(() => {}); // its reader is gone
    },
  };
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(address);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
