/**
 * Which files `predict` is asked about: files as they are named, and what folders hold, by the rules by which
 * `prepare` walks them. One that cannot be looked at is told of and stops no other.
 */
import { extname, join } from "node:path";
import type { ReadProblem } from "lib/data/readers/data_set_reader.ts";
import { foldersBelow } from "lib/data/readers/walk_folder.ts";
import { fileFault } from "lib/io/file_fault.ts";
import { isPictureName, isUnreadName, isVideoName } from "lib/media/file_endings.ts";
import { fileFormat } from "lib/media/file_format.ts";

/** A file to look at, or why there is none. */
export type InputFile =
  & { readonly path: string }
  & ({ readonly kind: "picture" | "video" } | { readonly kind: "failed"; readonly why: string });

/** What is not looked at and is no fault. */
export interface PassedOver {
  /** How many files there are of each ending that stands for neither pictures nor videos. */
  readonly endings: Map<string, number>;
  /** Links to a folder that they lie in. */
  readonly circles: string[];
}

const isLookedAt = (name: string) => isPictureName(name) || isVideoName(name) || isUnreadName(name);

/** Why there is nothing at a path, in a sentence; undefined where there is something. */
async function faultOf(path: string): Promise<string | undefined> {
  try {
    await Deno.stat(path);
    return undefined;
  } catch (error) {
    // What the system cannot write as text comes with U+FFFD in its place, and is then not found.
    if (path.includes("\ufffd")) return "its name is not UTF-8. Rename it.";
    const isLink = await Deno.lstat(path).then((found) => found.isSymlink, () => false);
    if (isLink && error instanceof Deno.errors.NotFound) {
      return "it is a link that leads nowhere. Mend the link.";
    }
    return fileFault(error)?.explanation ?? `${(error as Error).message}.`;
  }
}

/** A file by what it holds, and by its name where its first bytes do not say. */
async function kindOf(path: string): Promise<"picture" | "video"> {
  const named = isVideoName(path) ? "video" : "picture";
  try {
    if (!(await Deno.stat(path)).isFile) return named; // a pipe would keep us waiting
    using file = await Deno.open(path);
    const begin = new Uint8Array(512);
    const kind = fileFormat(begin.subarray(0, await file.read(begin) ?? 0))?.kind;
    return kind === "picture" || kind === "video" ? kind : named;
  } catch {
    return named; // whoever reads it says why it cannot be read
  }
}

/** Whether a folder can be listed. */
async function canBeListed(path: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(path)) break;
    return true;
  } catch {
    return false;
  }
}

/** What a walk could not look at. A folder that can be listed was left out as its links lead in a circle. */
async function* failuresOf(
  root: string,
  problems: readonly ReadProblem[],
  passedOver: PassedOver,
): AsyncGenerator<InputFile> {
  // The system lists names in an order of its own.
  const sorted = problems.toSorted((a, b) => a.path < b.path ? -1 : 1);
  for (const { path: below, message } of sorted) {
    const path = join(root, below);
    if (await canBeListed(path)) passedOver.circles.push(path);
    else yield { path, kind: "failed", why: message };
  }
}

async function* filesBelow(root: string, passedOver: PassedOver): AsyncGenerator<InputFile> {
  let problems: ReadProblem[] = [], found = 0;
  for await (const { items } of foldersBelow(root, "", (problem) => problems.push(problem))) {
    for await (const failure of failuresOf(root, problems, passedOver)) found++, yield failure;
    problems = [];
    for (const { name, path: below, isFolder } of items) {
      const path = join(root, below);
      const fault = isFolder || isLookedAt(name) ? await faultOf(path) : undefined;
      if (fault !== undefined) found++, yield { path, kind: "failed", why: fault };
      else if (isFolder) continue; // its own turn comes
      else if (isLookedAt(name)) found++, yield { path, kind: await kindOf(path) };
      else {
        const ending = extname(name).toLowerCase() || "no ending";
        passedOver.endings.set(ending, (passedOver.endings.get(ending) ?? 0) + 1);
      }
    }
  }
  for await (const failure of failuresOf(root, problems, passedOver)) found++, yield failure;
  if (found === 0) {
    yield { path: root, kind: "failed", why: "there is neither a picture nor a video in it." };
  }
}

/**
 * The files of the inputs, in the order of the inputs, and of folders in `prepare`'s order: names that begin
 * with "." are left out, links are followed, but never in a circle. A named file is itself, whatever its name.
 *
 * @param passedOver Takes in what folders hold besides.
 */
export async function* inputFiles(
  inputs: readonly string[],
  passedOver: PassedOver,
): AsyncGenerator<InputFile> {
  for (const path of inputs) {
    const why = await faultOf(path);
    if (why !== undefined) yield { path, kind: "failed", why };
    else if ((await Deno.stat(path)).isDirectory) yield* filesBelow(path, passedOver);
    else yield { path, kind: await kindOf(path) };
  }
}

/** The lines that tell of what was passed over; none where there was nothing. */
export function passedOverLines({ endings, circles }: PassedOver): string[] {
  const count = [...endings.values()].reduce((sum, n) => sum + n, 0);
  const names = [...endings.keys()].sort().join(", ");
  return [
    ...circles.map((path) =>
      `${path}: links to a folder that it lies in, and is not followed again.`
    ),
    ...count === 0 ? [] : [`${count} file${count === 1 ? "" : "s"} passed over: ${names}.`],
  ];
}
