/**
 * A project folder of a campaign's own, in which the kit's commands run as programs: what they write is
 * then known to be theirs. Packages and environment are links to those of this project.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SET_UP_MARK } from "lib/tasks/setup/run_again.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Folders and files that are copied, and those that are linked to. */
const COPIED = ["lib", "data", "notebooks", "deno.json", "deno.lock"],
  LINKED = ["node_modules", ".venv"];

/** A project folder, and empty folders that stand in for the user's own and the system's. */
export interface OwnProject {
  /** The project. */
  readonly root: string;
  /** HOME of all programs that are started. */
  readonly home: string;
  /** TMPDIR of all programs that are started. */
  readonly temporary: string;
}

/** Makes a project below a folder. */
export async function ownProject(folder: string): Promise<OwnProject> {
  const root = join(folder, "project"),
    home = join(folder, "home"),
    temporary = join(folder, "tmp");
  for (const path of [root, home, temporary, join(root, ".cache")]) await Deno.mkdir(path);
  const copied = COPIED.map((name) => join(ROOT, name));
  const { success } = await new Deno.Command("cp", { args: ["-r", ...copied, root] }).output();
  if (!success) throw new Error("The project could not be copied.");
  for (const name of LINKED) {
    await Deno.symlink(await Deno.realPath(join(ROOT, name)), join(root, name));
  }
  const cache = await Deno.realPath(join(ROOT, ".cache"));
  for await (const { name } of Deno.readDir(cache)) {
    if (["notebooks", "stand_ins"].includes(name)) continue;
    await Deno.symlink(join(cache, name), join(root, ".cache", name));
  }
  return { root, home, temporary };
}

/** How a command is started. */
export interface TaskOptions {
  /** What is put before Deno on the command line, such as `["unshare", "-rn"]`. */
  readonly under?: readonly string[];
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one of the kit's commands, such as `"prepare"`, past set-up. */
export function startTask(
  { root, home, temporary }: OwnProject,
  [task, ...args]: readonly string[],
  { under = [], env = {} }: TaskOptions = {},
): Deno.ChildProcess {
  const program = task.endsWith(".ts") ? task : join(root, "lib/tasks", `${task}.ts`);
  const line = [...under, Deno.execPath(), "run", "-A", "--no-check", program, ...args];
  return new Deno.Command(line[0], {
    args: line.slice(1),
    cwd: root,
    env: {
      DENO_DIR: resolve(ROOT, Deno.env.get("DENO_DIR") ?? ".cache/deno-dir"),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      HOME: home,
      TMPDIR: temporary,
      [SET_UP_MARK]: root,
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** How a command ended. */
export interface TaskEnd {
  /** Its exit code; 128 and more after a signal. */
  readonly code: number;
  /** The signal that ended it, where one did. */
  readonly signal: Deno.Signal | null;
  /** What it said on both streams. */
  readonly said: string;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** Waits for a command's end; `after` it is sent a signal, if it is still there. */
export async function endOf(
  child: Deno.ChildProcess,
  { signal, after = 0 }: { signal?: Deno.Signal; after?: number } = {},
): Promise<TaskEnd> {
  const began = performance.now();
  const timer = signal && setTimeout(() => {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended just now
    }
  }, 1000 * after);
  const { code, signal: ended, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  return { code, signal: ended, said, seconds: (performance.now() - began) / 1000 };
}

/** Runs a command to its end. */
export const runTask = (project: OwnProject, line: readonly string[], options: TaskOptions = {}) =>
  endOf(startTask(project, line, options));

/** Whether words for people show a stack of ours: a fault, or an error that nobody has foreseen. */
export const showsStack = (said: string): boolean =>
  /^\s+at .*(\.ts|\.js|ext:\w+)\S*:\d+/m.test(said);

/** A folder for a campaign, and its parents, that any user may enter. */
export async function campaignFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "campaign-" });
  await Deno.chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The folder of the project that a campaign is part of. */
export const PROJECT_ROOT: string = dirname(join(ROOT, "x"));
