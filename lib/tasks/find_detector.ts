/** The detector that a command's argument means. Imports packages, so it is loaded after the set-up. */
import { basename, dirname, isAbsolute, join } from "node:path";
import { type EnsembleMember, ensembleOf } from "lib/detectors/ensemble.ts";
import { loadDetector, type LoadedDetector } from "lib/detectors/detector_file.ts";
import { RUNS } from "lib/training/run_folder.ts";
import {
  type ConfigurationArguments,
  configurationFrom,
  kindFrom,
} from "./configuration_arguments.ts";
import { type EnsembleDescription, readEnsemble } from "./ensemble_file.ts";

/** A detector with where it lies. */
export interface FoundDetector {
  /** The detector; the caller frees it. */
  readonly detector: LoadedDetector;
  /** Its folder, where results about it go. */
  readonly folder: string;
  /** The folders that may say what it was trained on: its own, or its members'. */
  readonly trainedIn: readonly string[];
  /** What to call it. */
  readonly name: string;
  /** What it learnt from, where that is known and no run's record says it. */
  readonly learntFrom?: string;
}

/** Loads the members of an ensemble, whose paths are from its folder; what is loaded is freed by the ensemble. */
async function findEnsemble(
  folder: string,
  { description: { combine, members }, runs }: { description: EnsembleDescription; runs: string },
): Promise<FoundDetector> {
  const loaded: EnsembleMember[] = [], trainedIn: string[] = [];
  try {
    for (const { weights, share, ...own } of members) {
      const beside = isAbsolute(weights) ? weights : join(folder, weights);
      const isThere = await Deno.stat(beside).then(() => true, () => false);
      const found = await findDetector(isThere ? beside : weights, { ...own, runs });
      loaded.push({ name: found.name, detector: found.detector, share });
      trainedIn.push(...found.trainedIn);
    }
    return {
      detector: ensembleOf(loaded, { combine }),
      folder,
      trainedIn,
      name: basename(folder),
    };
  } catch (error) {
    for (const { detector } of loaded) detector[Symbol.dispose]();
    throw error;
  }
}

/**
 * Loads a detector by a run's id, the path of a run's folder or of an ensemble's (`ENSEMBLE_FILE`), or of a file
 * of weights.
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
  const description = await readEnsemble(path);
  if (description) {
    if (configuration === undefined && kinds.length === 0) {
      return await findEnsemble(path, { description, runs });
    }
    throw new RangeError(
      `${path} is an ensemble, whose file says what its members are: leave out preset, detector and settings.`,
    );
  }
  try {
    const detector = await loadDetector(path, { kinds, ...configuration ? { configuration } : {} });
    const isFolder = (await Deno.stat(path)).isDirectory;
    const folder = isFolder ? path : dirname(path);
    return {
      detector,
      folder,
      trainedIn: [folder],
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
