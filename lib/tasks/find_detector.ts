/** The detector that a command's argument means. Imports packages, so it is loaded after the set-up. */
import { basename, dirname, join } from "node:path";
import { loadDetector, type LoadedDetector } from "lib/detectors/detector_file.ts";
import { RUNS } from "lib/training/run_folder.ts";
import {
  type ConfigurationArguments,
  configurationFrom,
  kindFrom,
} from "./configuration_arguments.ts";

/** A detector with where it lies. */
export interface FoundDetector {
  /** The detector; the caller frees it. */
  readonly detector: LoadedDetector;
  /** Its folder, where results about it go. */
  readonly folder: string;
  /** What to call it. */
  readonly name: string;
  /** What it learnt from, where that is known and no run's record says it. */
  readonly learntFrom?: string;
}

/**
 * Loads a detector by a run's id, the path of a run's folder, or of a file of weights.
 *
 * @param options What the command line says of its configuration: a preset for weights that do not hold
 * one; a detector's file for runs of a detector of one's own. `runs`: folder of all runs; default: the
 * project's results/runs.
 * @throws RangeError when there is none, listing the runs there are; otherwise as `loadDetector`.
 */
export async function findDetector(
  argument: string,
  { runs = RUNS, ...own }: ConfigurationArguments & { runs?: string } = {},
): Promise<FoundDetector> {
  const kinds = own.detector === undefined ? [] : [await kindFrom(own.detector)];
  const configuration = own.preset === undefined ? undefined : await configurationFrom(own);
  const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
  const path = await exists(argument) ? argument : join(runs, argument);
  try {
    const detector = await loadDetector(path, { kinds, ...configuration ? { configuration } : {} });
    const isFolder = (await Deno.stat(path)).isDirectory;
    return {
      detector,
      folder: isFolder ? path : dirname(path),
      name: basename(path).replace(/\.\w+$/, ""),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const entries = await Array.fromAsync(Deno.readDir(runs)).catch(() => []);
    const known = entries.filter((entry) => entry.isDirectory).map(({ name }) => name).sort();
    throw new RangeError(
      `There is no detector "${argument}": no such file, and no run of that id with a detector. ` +
        `Runs: ${known.join(", ") || "none"}.`,
      { cause: error },
    );
  }
}
