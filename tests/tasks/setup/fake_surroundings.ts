/**
 * A project folder in which set-up meets programs of ours instead of real ones: shell scripts that
 * play Python, its venv and pip, and Deno's installer, quickly and as badly as a test wants.
 */

import { join } from "node:path";
import { type Project, projectAt } from "lib/tasks/setup/project.ts";
import type { Report } from "lib/tasks/setup/setup_report.ts";
import { setUpSteps } from "lib/tasks/setup/setup.ts";
import type { Step } from "lib/tasks/setup/setup_steps.ts";

/** What the fake programs do; by default everything goes well. */
export interface Behaviour {
  /** What Python says of itself: its version, then the modules that it lacks. */
  python?: string;
  /** Shell lines that pip runs before it succeeds; "$*" are its arguments, "$SITE" the packages' folder. */
  pip?: string;
  /** Shell lines that `python -m venv` runs first. */
  venv?: string;
  /** Shell lines that `deno ci` and `deno install` run first. */
  install?: string;
}

/** The project and what was said to its user. */
export interface FakeSurroundings extends AsyncDisposable {
  project: Project;
  /** Lines said so far. */
  said: string[];
  report: Report;
  /** The path of the fake Python, for FORGERY_CLUES_PYTHON. */
  python: string;
  /** Changes what the programs do from now on. */
  behave(behaviour: Behaviour): Promise<void>;
  /** The command lines of the programs run so far, in order. */
  calls(): Promise<string[]>;
}

/** Makes the folder; dispose of it at the end. Needs a Unix shell. */
export async function fakeSurroundings(behaviour: Behaviour = {}): Promise<FakeSurroundings> {
  const root = await Deno.makeTempDir({ prefix: "forgery-clues-" });
  const project = projectAt(root);
  const python = join(root, "fake-python");
  await Deno.writeTextFile(join(root, "requirements.txt"), "jupyterlab==1\n");
  await Deno.writeTextFile(join(root, "constraints.txt"), "pyzmq==1\n");
  await Deno.writeTextFile(join(root, "deno.json"), '{ "imports": {} }\n');
  await Deno.writeTextFile(join(root, "deno.lock"), "{}\n");
  await Deno.mkdir(join(project.deno, ".."), { recursive: true });
  const said: string[] = [];
  const behave = async (now: Behaviour) => {
    await writeProgram(python, pythonScript(root, now));
    await writeProgram(project.deno, denoScript(root, now));
    // An environment that exists already has a copy of the Python it was made with.
    if (await Deno.stat(project.python).then(() => true, () => false)) {
      await writeProgram(project.python, pythonScript(root, now));
    }
  };
  await behave(behaviour);
  return {
    project,
    said,
    python,
    behave,
    report: { say: (line) => void said.push(line), passing: () => {} },
    calls: async () => {
      const text = await Deno.readTextFile(join(root, "calls")).catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** The steps of a real set-up but for the copy of Deno, whose place the fake one takes. */
export async function fakeSteps(project: Project): Promise<Step[]> {
  return (await setUpSteps(project)).filter((step) => step.name !== "deno");
}

async function writeProgram(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path + ".new", text);
  await Deno.chmod(path + ".new", 0o755);
  await Deno.rename(path + ".new", path);
}

/** Set-up asks Python about itself with -c, and runs modules through end_with_parent.py. */
function pythonScript(root: string, { python = "3.11.7", pip = "", venv = "" }: Behaviour): string {
  return `#!/bin/sh
set -e
ROOT='${root}'
SITE="$ROOT/.venv/lib/python3.11/site-packages"
for a in "$@"; do case "$a" in
  -c) echo "${python}"; exit 0;;
esac; done
while [ "$1" != pip ] && [ "$1" != venv ]; do shift; done
echo "$*" >> "$ROOT/calls"
if [ "$1" = venv ]; then
  ${venv || ":"}
  mkdir -p "$ROOT/.venv/bin" "$SITE"
  echo "version = ${python}" > "$ROOT/.venv/pyvenv.cfg"
  cp "$0" "$ROOT/.venv/bin/python"
else
  ${pip || ":"}
  case "$*" in
    *tensorflow*) mkdir -p "$SITE/tensorflow";;
    *retinaface*) mkdir -p "$SITE/retinaface"; touch "$SITE/retinaface/weights.py";;
    *imageio-ffmpeg*) mkdir -p "$SITE/imageio_ffmpeg/binaries";;
  esac
fi
`;
}

function denoScript(root: string, { install = "" }: Behaviour): string {
  return `#!/bin/sh
set -e
ROOT='${root}'
echo "deno $*" >> "$ROOT/calls"
if [ "$1" = jupyter ]; then
  mkdir -p "$XDG_DATA_HOME/jupyter/kernels/deno"
  echo '{ "display_name": "Deno" }' > "$XDG_DATA_HOME/jupyter/kernels/deno/kernel.json"
else
  ${install || ":"}
  mkdir -p "$ROOT/node_modules"
fi
`;
}
