/**
 * Where a Python environment keeps its packages, and where the project's environment is. Imports no
 * package: set-up runs before there are any.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project's own Python environment, which set-up makes. */
export const PROJECT_ENVIRONMENT: string = fileURLToPath(new URL("../../.venv", import.meta.url));

/** Names of the entries of a folder; none where there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

/**
 * The folder `site-packages` of a Python environment: `lib/python3.x/site-packages`, on Windows
 * `Lib/site-packages`. Where several Pythons have left one, the newest one's.
 *
 * @param environment The environment's folder.
 * @returns undefined where there is no environment, or one without such a folder.
 *
 * @example
 * ```ts
 * import { sitePackages } from "lib/io/site_packages.ts";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const environment = await Deno.makeTempDir();
 * assert.equal(sitePackages(environment), undefined);
 * const folder = join(environment, "lib", "python3.12", "site-packages");
 * await Deno.mkdir(folder, { recursive: true });
 * assert.equal(sitePackages(environment), folder);
 * await Deno.remove(environment, { recursive: true });
 * ```
 */
export function sitePackages(environment: string): string | undefined {
  const minor = (name: string) => Number(/^python3\.(\d+)$/.exec(name)?.[1] ?? NaN);
  const pythons = namesIn(join(environment, "lib"))
    .filter((name) => !Number.isNaN(minor(name)))
    .sort((a, b) => minor(b) - minor(a));
  return [...pythons.map((name) => join("lib", name)), "Lib"]
    .filter((parent) => namesIn(join(environment, parent)).includes("site-packages"))
    .map((parent) => join(environment, parent, "site-packages"))[0];
}
