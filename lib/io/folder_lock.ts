/** One writer at a time in a folder: a lock that ends with its process, however that ends. */
import { hostname } from "node:os";
import { join } from "node:path";

/** File of the lock, and of its holder's name. It stays when the lock is gone. */
const LOCK_FILE = ".lock";

/** A folder that is held until this is disposed of, or the process ends. */
export type FolderLock = Disposable;

/** Who holds a folder, as its lock file says; nothing while a holder has not written its name yet. */
async function holderOf(path: string): Promise<string> {
  const text = (await Deno.readTextFile(path).catch(() => "")).trim();
  return text === "" ? "" : ` (${text})`;
}

/**
 * Takes hold of a folder; it is made where it is not there. The system gives the lock back when the
 * process ends, killed or not: a lock of a process that is gone does not hold.
 *
 * @param work What the holder does there, for the message to the second one: `"prepare"`.
 * @throws Error when another process, or another piece of work in this one, holds the folder, naming it;
 * or when the folder cannot be written to.
 *
 * @example
 * ```ts
 * import { lockFolder } from "lib/io/folder_lock.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using _lock = await lockFolder(folder, "example");
 *   await assert.rejects(lockFolder(folder, "example"), /Another run of example is at work/);
 * }
 * using _free = await lockFolder(folder, "example");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function lockFolder(folder: string, work: string): Promise<FolderLock> {
  const path = join(folder, LOCK_FILE);
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    file = await Deno.open(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw new Error(
      `Cannot write into ${JSON.stringify(folder)}: ${(cause as Error).message}. ` +
        "Check that it is a folder that may be written to and that the disk has space.",
      { cause },
    );
  }
  if (!await file.tryLock(true)) {
    file.close();
    throw new Error(
      `Another run of ${work} is at work in ${JSON.stringify(folder)}${await holderOf(path)}. ` +
        "Wait for its end, or choose another folder.",
    );
  }
  const name = `process ${Deno.pid} on ${hostname()}, since ${new Date().toISOString()}`;
  await file.truncate();
  await file.write(new TextEncoder().encode(name + "\n")).catch(() => 0); // a full disk: a lock without a name
  return { [Symbol.dispose]: () => file.close() };
}
