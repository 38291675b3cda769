// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task start`: sets everything up, runs the first notebook on real photographs, and says where
 * its figures are.
 */

import { join, relative } from "node:path";
import { runNotebook } from "./notebooks.ts";
import { PROJECT } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

const NOTEBOOK = join("notebooks", "00_start_here.ipynb");
const FIGURE = /\.(svg|png)$/;

/** The figures in `folder` written after `since` (milliseconds of the epoch), sorted by name. */
export async function figuresSince(folder: string, since: number): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.isFile || !FIGURE.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const written = (await Deno.stat(path)).mtime?.getTime() ?? 0;
    if (written >= since) found.push(path);
  }
  return found.sort();
}

if (import.meta.main) {
  await setUp();
  const begun = Date.now();
  console.log(`Running ${NOTEBOOK} (profile quick). Ctrl-C stops it and changes nothing.`);
  const code = await runNotebook(NOTEBOOK, { profile: "quick", onLine: console.log });
  if (code !== 0) Deno.exit(code);
  const figures = await figuresSince(join(PROJECT.root, "results"), begun);
  console.log(`\nDone in ${((Date.now() - begun) / 60_000).toFixed(1)} minutes. Its figures:`);
  for (const figure of figures) console.log(`  ${relative(PROJECT.root, figure)}`);
  console.log("To read the notebook and change it: deno task lab");
}
