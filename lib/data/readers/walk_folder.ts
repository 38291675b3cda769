/**
 * Looking into folders: names in an order that is always the same, links followed but never in a
 * circle. What the names mean is left to the readers.
 */
import { join } from "node:path";
import { whyUnreadable } from "lib/io/file_fault.ts";
import { isVideoName } from "lib/media/file_endings.ts";
import type { OnProblem } from "./data_set_reader.ts";

/** Something in a folder. */
export interface FolderItem {
  /** Its own name. */
  readonly name: string;
  /** Its path below the data set's root, with "/". */
  readonly path: string;
  /** What a link leads to counts as that. */
  readonly isFolder: boolean;
}

/** A file's name without its extension. */
export function stem(name: string): string {
  return name.replace(/\.[^.]+$/, "");
}

/** The error's cause in words, for what cannot be looked at. */
function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "it is a link that leads nowhere. Mend the link.";
  }
  return whyUnreadable(error);
}

/**
 * What is in a folder, sorted by name; names that begin with "." are passed over.
 *
 * @param path Below `root`, "" for the root itself.
 * @returns undefined when there is no such folder.
 */
export async function listFolder(
  root: string,
  path: string,
  onProblem: OnProblem,
): Promise<FolderItem[] | undefined> {
  const items: FolderItem[] = [];
  try {
    for await (const entry of Deno.readDir(join(root, path))) {
      if (entry.name.startsWith(".")) continue;
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      try {
        const isFolder = entry.isSymlink
          ? (await Deno.stat(join(root, below))).isDirectory
          : entry.isDirectory;
        items.push({ name: entry.name, path: below, isFolder });
      } catch (error) {
        onProblem({ kind: "unreadable", path: below, message: reason(error) });
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    onProblem({ kind: "unreadable", path, message: reason(error) });
    return [];
  }
  return items.sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * The folders at and below `path`, each with what is in it; parents first. A link to a folder that it
 * lies in is a problem, not followed.
 */
export async function* foldersBelow(
  root: string,
  path: string,
  onProblem: OnProblem,
  above: readonly string[] = [],
): AsyncGenerator<{ path: string; items: FolderItem[] }> {
  const real = await Deno.realPath(join(root, path)).catch(() => join(root, path));
  if (above.includes(real)) { // before it is looked into: its links are told of where they are
    const message = "its links lead in a circle: it lies in the folder it leads to. Remove it.";
    onProblem({ kind: "unreadable", path, message });
    return;
  }
  const items = await listFolder(root, path, onProblem);
  if (items === undefined) return;
  yield { path, items };
  for (const item of items) {
    if (item.isFolder) yield* foldersBelow(root, item.path, onProblem, [...above, real]);
  }
}

/**
 * Whether there is a file or folder at a path below the root.
 *
 * @returns "file", "folder", or undefined; what cannot be looked at counts as not there.
 */
export async function whatIs(root: string, path: string): Promise<"file" | "folder" | undefined> {
  const found = await Deno.stat(join(root, path)).catch(() => undefined);
  return found === undefined ? undefined : found.isDirectory ? "folder" : "file";
}

/**
 * The videos among a folder's items. Whatever else is there is told, file by file, unless a list of the
 * publisher's has that name.
 */
export function videosAmong(
  items: readonly FolderItem[],
  { lists = [], onProblem }: { lists?: readonly string[]; onProblem: OnProblem },
): FolderItem[] {
  const files = items.filter(({ isFolder }) => !isFolder);
  for (const { name, path } of files) {
    if (isVideoName(name) || lists.includes(name)) continue;
    onProblem({ kind: "unlisted", path, message: NO_MEDIUM });
  }
  return files.filter(({ name }) => isVideoName(name));
}

/** What is said of a file that is passed over. */
export const NO_MEDIUM = "it is neither a picture nor a video by its name. It is left out.";
