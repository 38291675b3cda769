/**
 * The folder that long work writes into: its own, held by one process, made with one set of settings, and filled
 * unit by unit, each of which appears whole (`commitUnit`).
 */
import { join, relative, resolve } from "node:path";
import { claimSettings, SETTINGS_FILE } from "lib/io/claimed_settings.ts";
import { type FolderLock, lockFolder } from "lib/io/folder_lock.ts";

/**
 * Refuses an output folder that is, or lies in, the folder that is read.
 *
 * @param options `isList`: whether a list is read, which is read alone and not what lies beside it.
 * @throws RangeError naming the output folder.
 */
export function assertOutside(
  folder: string,
  { root, isList = false }: { readonly root: string; readonly isList?: boolean },
): void {
  const below = relative(resolve(root), resolve(folder));
  if (below === "" || !isList && !below.startsWith("..")) {
    throw new RangeError(
      `${JSON.stringify(folder)} is in the data set's own folder, and would be read as part of ` +
        "it. Choose a folder outside.",
    );
  }
}

/** Refuses a folder that holds something else. */
async function assertOwn(folder: string, work: string): Promise<void> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    const others = names.filter((name) => !name.startsWith("."));
    if (others.length > 0 && !names.includes(SETTINGS_FILE)) {
      throw new RangeError(
        `${JSON.stringify(folder)} holds ${JSON.stringify(others[0])}, which is not ${work}'s. ` +
          "Choose a new or an empty folder.",
      );
    }
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors; // lockFolder says what is wrong with them
    if (!(error instanceof NotFound || error instanceof NotADirectory)) throw error;
  }
}

const stagingIn = (folder: string) => join(folder, ".staging");

/** An output folder with the right to write into it. Declare it with `await using`. */
export class OutputFolder implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Take hold of a folder; it is made where it is not there. What a killed run left unfinished is removed.
   *
   * @param options `work`: the task's name; `settings`: all that decides what is made.
   * @throws RangeError when it was begun with other settings, or holds something else.
   * @throws Error when another run is at work in it, or it cannot be written.
   */
  static async open(
    path: string,
    { work, settings }: {
      readonly work: string;
      readonly settings: Readonly<Record<string, unknown>>;
    },
  ): Promise<OutputFolder> {
    await assertOwn(path, work);
    const lock = await lockFolder(path, work);
    try {
      await Deno.remove(stagingIn(path), { recursive: true }).catch(() => {}); // mostly none
      await claimSettings(path, settings);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return new OutputFolder(path, lock);
  }

  /** The name of a new folder for a unit that is being made, for `commitUnit`; it is not there yet. */
  stage(): string {
    return join(stagingIn(this.path), crypto.randomUUID());
  }

  /** Let the folder go. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(stagingIn(this.path), { recursive: true }).catch(() => {}); // mostly none
    this.#lock[Symbol.dispose]();
  }
}
