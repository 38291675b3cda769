/** Where a run keeps its state: a folder that is its own as long as its configuration is. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "lib/io/sha256.ts";
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";

/** Folder of all runs in the project. It is not committed. */
export const RUNS: string = fileURLToPath(new URL("../../results/runs", import.meta.url));

/**
 * The folder of a run: its name and eight digits of a hash of configuration and data, so that a changed
 * setting, or another list of pictures, begins a new run instead of going on with another one's weights.
 *
 * @param name Letters, digits, `-` and `_`, such as `"start_here"`.
 * @param options `data`: what else the run rests on, such as a manifest's hash; default: nothing.
 * `root`: the folder of all runs; default: `RUNS`.
 * @throws RangeError for another name.
 *
 * @example
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { runFolder } from "lib/training/run_folder.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(runFolder("try", SMOKE), runFolder("try", vary(SMOKE, {})));
 * assert.notEqual(runFolder("try", SMOKE), runFolder("try", vary(SMOKE, { seed: 2 })));
 * ```
 */
export function runFolder(
  name: string,
  configuration: Configuration,
  { data = "", root = RUNS }: { data?: string; root?: string } = {},
): string {
  if (!/^[\w-]+$/.test(name)) {
    throw new RangeError(
      `${JSON.stringify(name)} cannot name a run: use letters, digits, - and _.`,
    );
  }
  const fields = effectiveFields(configuration);
  const hash = sha256(JSON.stringify(fields) + data);
  return join(root, `${name}-${hash.slice(0, 8)}`);
}
