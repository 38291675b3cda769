/** Where TensorFlow's library is: as the user says, or in the environment that set-up made. */
import { join } from "node:path";
import { PROJECT_ENVIRONMENT, sitePackages } from "lib/io/site_packages.ts";

/** Where TensorFlow's wheel has the library through which the C API is had, on each platform that has wheels. */
export const LIBRARY_IN_WHEEL: Partial<Record<typeof Deno.build.os, string>> = {
  darwin: "tensorflow/libtensorflow_cc.2.dylib",
  linux: "tensorflow/libtensorflow_cc.so.2",
  windows: "tensorflow/python/_pywrap_tensorflow_common.dll",
};

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
  const packages = sitePackages(PROJECT_ENVIRONMENT), inWheel = LIBRARY_IN_WHEEL[Deno.build.os];
  if (inWheel === undefined) return { missing: `TensorFlow has no wheel for ${Deno.build.os}` };
  const found = packages && join(packages, inWheel);
  return found && isFile(found)
    ? { path: found }
    : { missing: `the project's .venv holds no ${inWheel}` };
}
