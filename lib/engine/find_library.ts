/** Where TensorFlow's library is: as the user says, or in the environment that set-up made. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** File name of the library on this platform. */
const FILE = Deno.build.os === "darwin" ? "libtensorflow_cc.2.dylib" : "libtensorflow_cc.so.2";

/** A library, or the reason why there is none. */
export type LibrarySearch =
  | { readonly path: string }
  | { readonly missing: string };

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Every `site-packages` of the project's Python environment. */
function sitePackages(environment: string): string[] {
  try {
    return [...Deno.readDirSync(join(environment, "lib"))]
      .map(({ name }) => join(environment, "lib", name, "site-packages"));
  } catch {
    return [];
  }
}

/**
 * Finds the library: the path that is given, else the environment variable
 * `FORGERY_CLUES_LIBTENSORFLOW`, else the wheel in the project's `.venv`.
 *
 * @param path A path to use instead of looking.
 */
export function findLibrary(path?: string): LibrarySearch {
  const stated = path ?? Deno.env.get("FORGERY_CLUES_LIBTENSORFLOW");
  if (stated !== undefined) {
    return isFile(stated) ? { path: stated } : { missing: `there is no file ${stated}` };
  }
  const environment = fileURLToPath(new URL("../../.venv", import.meta.url));
  const places = sitePackages(environment).map((folder) => join(folder, "tensorflow", FILE));
  const found = places.find(isFile);
  return found ? { path: found } : { missing: `the project's .venv holds no tensorflow/${FILE}` };
}
