/** Local processes, a device each, that train together with this one, which is the first of them. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "lib/engine/free_port.ts";
import { PROJECT } from "../setup/project.ts";
import { SET_UP_MARK } from "../setup/run_again.ts";
import type { LaunchedPlace } from "./launcher.ts";

/** This process's place, and the others, which were started for it. */
export interface DeviceProcesses extends AsyncDisposable {
  /** Of the first one. */
  readonly place: Omit<LaunchedPlace, "launcher">;
  /** The last lines of a process's standard error; they may say why it ended. */
  lastWords(rank: number): string;
  /** Rejected when a process ends: for the time in which nobody hears of it otherwise. */
  readonly anyEnds: Promise<never>;
}

/** How many lines are kept, and how long processes have to end by themselves, in milliseconds. */
const LINES = 12, GRACE = 10_000;

/** The local address at which they meet. */
const HOST = "127.0.0.1";

/**
 * Starts the others, by the variables that torchrun would set for them. Disposing of it waits for them, and
 * ends those that do not end by themselves.
 *
 * @param count Of all processes, this one included; 2 or more.
 * @param args Of the command `train`, as the others are to see them.
 */
export function startDeviceProcesses(count: number, args: readonly string[]): DeviceProcesses {
  const task = join(dirname(fileURLToPath(import.meta.url)), "..", "train.ts"), port = freePort();
  const children = Array.from({ length: count - 1 }, (_, i) => {
    const rank = i + 1;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", task, ...args],
      env: {
        ...{ RANK: `${rank}`, WORLD_SIZE: `${count}`, LOCAL_RANK: `${rank}` },
        ...{ LOCAL_WORLD_SIZE: `${count}`, MASTER_ADDR: HOST, MASTER_PORT: `${port}` },
        TORCHELASTIC_USE_AGENT_STORE: "False",
        [SET_UP_MARK]: PROJECT.root, // this process has seen to it, and many at once would wait for each other
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let lines: string[] = [];
    const read = (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        lines = (lines.join("\n") + text).split("\n").slice(-LINES);
      }
    })();
    return {
      child,
      words: () => lines.join("\n").trim(),
      ended: Promise.all([child.status, read]),
    };
  });
  const dispose = async () => {
    const all = Promise.all(children.map(({ ended }) => ended));
    const late = setTimeout(() => {
      for (const { child } of children) {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended.
        }
      }
    }, GRACE);
    await all;
    clearTimeout(late);
  };
  const anyEnds = Promise.race(children.map(async ({ ended, words }, i): Promise<never> => {
    const [{ code }] = await ended;
    throw new Error(
      `The process of rank ${i + 1} has ended (exit code ${code}).\n${words()}`.trim(),
    );
  }));
  anyEnds.catch(() => {}); // as all do in the end
  return {
    anyEnds,
    place: { rank: 0, size: count, localRank: 0, localSize: count, hostname: HOST, port },
    lastWords: (rank) => children[rank - 1]?.words() ?? "",
    [Symbol.asyncDispose]: dispose,
  };
}
