/**
 * A trained detector in one file, as PyTorch's `load_state_dict` takes it, with the configuration that
 * it belongs to. How weights of other origin are read is left to models/.
 */
import { basename, dirname, join } from "node:path";
import { type Configuration, vary } from "lib/config.ts";
import type { Detector } from "lib/evaluation/predict.ts";
import { createDetector } from "./exposing_the_deception/exposing_the_deception.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { loadParameters, storeParameters } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { createRandom } from "lib/random.ts";

/** Name of the detector's file in a run's folder. */
export const DETECTOR_FILE = "detector.safetensors";

/** What stands beside the weights. */
export interface DetectorOrigin {
  /** The configuration of the run that made it. */
  readonly configuration: Configuration;
  /** The step after which it was taken, from 0. */
  readonly step: number;
  /** Its AUC on the validation samples; left out where the run had none. */
  readonly validationAuc?: number;
}

/** A detector that was read from a file. The caller frees it with `using`. */
export interface LoadedDetector extends Detector, Disposable {
  /** Where it came from; undefined for weights of other origin. */
  readonly origin: DetectorOrigin | undefined;
}

/**
 * Writes a detector, whole or not at all.
 *
 * @param path The file; one that is there is replaced.
 * @throws Error naming the path when it cannot be written; what was there stays.
 */
export async function saveDetector(
  path: string,
  { parameters, origin }: { parameters: Parameters; origin: DetectorOrigin },
): Promise<void> {
  const metadata = { detector: JSON.stringify(origin) };
  const steps = origin.step + 1;
  await writeSafetensors(path, await storeParameters(parameters, { metadata, steps }));
}

/**
 * Reads a detector.
 *
 * @param path A file of `saveDetector`, or a run's folder; or weights of the same architecture from
 * elsewhere (`.pth`, `.safetensors`), then with `configuration`.
 * @param options `configuration` for files that do not hold one; for others it must be left out.
 * @throws TypeError when the file and the configuration do not fit, listing what differs.
 * @throws RangeError when a configuration is missing or given twice.
 * @throws Deno's NotFound when there is no file.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { createDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { createRandom } from "lib/random.ts";
 * import { loadDetector, saveDetector } from "lib/detectors/detector_file.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const parameters = createDetector(SMOKE, createRandom(1));
 * const origin = { configuration: SMOKE, step: 3, validationAuc: 0.8 };
 * await saveDetector(`${folder}/detector.safetensors`, { parameters, origin });
 * using loaded = await loadDetector(folder);
 * assert.deepEqual(loaded.origin, origin);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadDetector(
  path: string,
  options: { configuration?: Configuration } = {},
): Promise<LoadedDetector> {
  const isFolder = await Deno.stat(path).then((found) => found.isDirectory);
  const file = await readStateDict(isFolder ? join(path, DETECTOR_FILE) : path);
  const text = file.metadata.detector;
  if (text !== undefined && options.configuration) {
    throw new RangeError(
      `${path} holds the configuration of its detector: leave out preset and settings.`,
    );
  }
  const origin = text === undefined ? undefined : JSON.parse(text) as DetectorOrigin;
  const settings = origin?.configuration ?? options.configuration;
  if (!settings) {
    throw new RangeError(
      `${path} does not say which detector its weights belong to: pass a configuration, such as the ` +
        'preset "officialCode" for weights of the official code.',
    );
  }
  const configuration = vary(settings, {});
  const parameters = createDetector(configuration, createRandom(configuration.seed, "weights"));
  try {
    loadParameters(parameters, file);
  } catch (error) {
    disposeParameters(parameters);
    throw error;
  }
  return {
    parameters,
    configuration,
    origin,
    [Symbol.dispose]: () => disposeParameters(parameters),
  };
}

/** The detector's file that belongs to a run's checkpoint: beside it, in a folder of the run's own. */
export function detectorFileBeside(checkpoint: string): string {
  const name = basename(checkpoint).replace(/(\.safetensors)?$/, "");
  const own = name === "checkpoint" ? DETECTOR_FILE : `${name}.${DETECTOR_FILE}`;
  return join(dirname(checkpoint), own);
}
