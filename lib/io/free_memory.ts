/** How much memory this process may still take: of the machine, and of the container or job it runs in. */
import { dirname, join } from "node:path";

/** A number in a file of the system; undefined where there is none, or it says "max". */
async function numberIn(path: string, pattern: RegExp): Promise<number | undefined> {
  const text = await Deno.readTextFile(path).catch(() => ""); // other systems have no such file
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** What the control group at a path leaves: its limit less what cannot be given back. */
async function leftOfGroup(folder: string): Promise<number> {
  const limit = await numberIn(join(folder, "memory.max"), /^(\d+)$/m);
  if (limit === undefined) return Infinity;
  return limit - (await numberIn(join(folder, "memory.stat"), /^anon (\d+)$/m) ?? 0);
}

/**
 * Bytes that are free, caches counted as free; the least of the machine's and of every limit that Linux
 * has set for a container or a job (control groups, version 2).
 *
 * @param options `root`: where the system's files are, and `machine`: what is free of it, for tests.
 */
export async function freeMemory(
  { root = "/", machine = Deno.systemMemoryInfo().available }: {
    root?: string;
    machine?: number;
  } = {},
): Promise<number> {
  const groups = join(root, "sys/fs/cgroup");
  const own = await Deno.readTextFile(join(root, "proc/self/cgroup")).catch(() => "");
  let least = Math.min(machine, await leftOfGroup(groups));
  for (let path = /^0::(\/.+)$/m.exec(own)?.[1] ?? "/"; path !== "/"; path = dirname(path)) {
    least = Math.min(least, await leftOfGroup(join(groups, path)));
  }
  return Math.max(0, least);
}
