/**
 * `deno task start`: sets everything up, runs the first notebook on real photographs, and says where
 * its figures are.
 */

import { join, relative } from "node:path";
import { inTask, parseNothing, type TaskSurroundings } from "./in_task.ts";
import { runNotebook } from "./notebooks.ts";
import { PROJECT } from "./setup/project.ts";

const USAGE = `deno task start    runs the first notebook and says where its figures are

  --help    this

Sets up what is missing, runs notebooks/00_start_here.ipynb in the profile quick, which takes minutes
and no data set, and writes its figures to results/.`;

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

/** Runs the first notebook and returns the exit code. */
async function start({ say }: TaskSurroundings): Promise<number> {
  const begun = Date.now();
  say(`Running ${NOTEBOOK} (profile quick). Ctrl-C stops it and changes nothing.`);
  const code = await runNotebook(NOTEBOOK, { profile: "quick", onLine: say });
  if (code !== 0) return code;
  const figures = await figuresSince(join(PROJECT.root, "results"), begun);
  say(`\nDone in ${((Date.now() - begun) / 60_000).toFixed(1)} minutes. Its figures:`);
  for (const figure of figures) say(`  ${relative(PROJECT.root, figure)}`);
  say("To read the notebook and change it: deno task lab");
  return 0;
}

if (import.meta.main) {
  const stopped = "The notebook is as it was; the same command begins it anew.";
  const command = { args: Deno.args, usage: USAGE, parse: parseNothing, stopped };
  Deno.exit(await inTask(command, (_, surroundings) => start(surroundings)));
}
