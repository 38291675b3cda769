/** Finds a Python that can make the environment, or says why none can. */

import { SetUpFailure } from "./setup_failure.ts";
import { runCommand } from "./run_command.ts";

/** A Python that was found to be fit. */
export interface Python {
  /** The command that starts it, for example ["python3"] or ["py", "-3"]. */
  command: string[];
  /** Its version, for example "3.11.7". */
  version: string;
}

/** The oldest Python that will do: JupyterLab's and TensorFlow's own limit. */
const OLDEST_PYTHON = "3.10";

/** The versions that TensorFlow's wheels are made for come first, then whatever there is. */
const CANDIDATES = [
  ...["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"].map((c) => [c]),
  ["py", "-3"],
];

const QUESTION = `
import sys
missing = []
for name in ("venv", "ensurepip"):
    try: __import__(name)
    except ImportError: missing.append(name)
print("%d.%d.%d" % sys.version_info[:3], *missing)
`;

const INSTALL =
  `Install Python ${OLDEST_PYTHON} to 3.13 (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13; Windows: the installer of python.org), or name one in FORGERY_CLUES_PYTHON, and run the same command again.`;

/**
 * The first fit Python: version 3.10 or newer, with the modules venv and ensurepip.
 * `chosen` (from FORGERY_CLUES_PYTHON) is a program to use instead of looking for one.
 * Throws `SetUpFailure` with the remedy when there is none.
 */
export async function findPython(chosen?: string): Promise<Python> {
  let tooOld: string | undefined;
  let bare: string | undefined;
  for (const command of chosen === undefined ? CANDIDATES : [[chosen]]) {
    const answer = await runCommand([...command, "-I", "-B", "-c", QUESTION]);
    const [version, ...missing] = (answer.lines.at(-1) ?? "").split(" ");
    if (answer.code !== 0 || !/^\d+\.\d+\.\d+$/.test(version!)) continue;
    const name = `${command.join(" ")} (Python ${version})`;
    if (!isRecent(version!)) tooOld ??= name;
    else if (missing.length > 0) bare ??= name;
    else return { command, version: version! };
  }
  if (bare !== undefined) {
    throw new SetUpFailure(
      `${bare} has no venv module, which makes the environment.`,
      "Install it (Debian and Ubuntu: apt install python3-venv) and run the same command again.",
    );
  }
  if (tooOld !== undefined) {
    throw new SetUpFailure(`${tooOld} is too old; ${OLDEST_PYTHON} or newer is needed.`, INSTALL);
  }
  throw new SetUpFailure(
    chosen === undefined
      ? "No Python was found."
      : `FORGERY_CLUES_PYTHON names "${chosen}", which does not run as a Python.`,
    INSTALL,
  );
}

function isRecent(version: string): boolean {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  const [oldestMajor, oldestMinor] = OLDEST_PYTHON.split(".").map(Number) as [number, number];
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
