/** The files that house rules speak of, read once. */

import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";

/** A text file of the project. */
export interface Source {
  /** Its path in the project, with forward slashes. */
  path: string;
  text: string;
}

const BINARY =
  /\.(png|jpe?g|gif|webp|tiff?|safetensors|pth|onnx|npy|npz|zip|bin|gz|br|ttf|wasm|woff2?)$/;

/** Every text file that git knows or would add, sorted by path. */
export async function projectFiles(): Promise<Source[]> {
  const listed = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: PROJECT.root,
  }).output();
  const paths = new TextDecoder().decode(listed.stdout).split("\0").filter((path) =>
    path !== "" && !BINARY.test(path)
  );
  const sources = await Promise.all(paths.map(async (path) => {
    const text = await Deno.readTextFile(join(PROJECT.root, path)).catch(() => undefined);
    return text === undefined ? [] : [{ path, text }]; // deleted, and not yet told to git
  }));
  return sources.flat().sort((a, b) => a.path < b.path ? -1 : 1);
}
