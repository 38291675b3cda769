/** Looking at other processes from a test. */

/** Whether a process runs: a signal that would continue a stopped one reaches it. */
export function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Waits until something is so; throws when it is not after `seconds`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  for (let i = 0; i < seconds * 20; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("It did not happen in time.");
}
