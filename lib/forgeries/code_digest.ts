/** A digest of the kit's own code, for what is kept between runs: another code may give other pixels. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "lib/io/sha256.ts";

/** The project's root, an absolute path. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/**
 * All files in some folders, at any depth or only at their top.
 *
 * @returns Paths below the project's root, with forward slashes, sorted.
 */
export async function codeIn(
  folders: readonly string[],
  { isDeep }: { readonly isDeep: boolean },
): Promise<string[]> {
  const files: string[] = [];
  for (const folder of folders) {
    for await (const { name, isFile, isDirectory } of Deno.readDir(join(ROOT, folder))) {
      const path = `${folder}/${name}`;
      if (isFile) files.push(path);
      else if (isDirectory && isDeep) files.push(...await codeIn([path], { isDeep }));
    }
  }
  return files.sort();
}

/**
 * The digest of these files' text and of something beside it.
 *
 * @param files Paths below the project's root.
 * @returns 32 hexadecimal digits.
 */
export async function codeDigest(files: readonly string[], beside = ""): Promise<string> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(join(ROOT, file))));
  return sha256(beside, ...texts).slice(0, 32);
}
