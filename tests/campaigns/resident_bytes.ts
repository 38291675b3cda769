/** How much memory a process and all that it started hold now, as Linux tells. */

/** Of a process: its parent, and the bytes that it holds. */
async function account(pid: string): Promise<{ parent: number; bytes: number } | undefined> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return {
      parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]),
      bytes: 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0),
    };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** Bytes of a process and its descendants; 0 where the system keeps no such account. */
export async function residentBytes(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return 0;
  const pids = (await Array.fromAsync(Deno.readDir("/proc"), ({ name }) => name))
    .filter((name) => /^\d+$/.test(name));
  const accounts = new Map<number, { parent: number; bytes: number }>();
  for (const name of pids) {
    const found = await account(name);
    if (found) accounts.set(Number(name), found);
  }
  const belongs = (process: number): boolean => {
    if (process === pid) return true;
    const parent = accounts.get(process)?.parent;
    return parent !== undefined && parent > 1 && belongs(parent);
  };
  return [...accounts].reduce(
    (sum, [process, { bytes }]) => belongs(process) ? sum + bytes : sum,
    0,
  );
}
