/**
 * A trained detector in one file, as PyTorch's `load_state_dict` takes it, with the configuration that
 * it belongs to. How weights of other origin are read is left to networks/.
 */
import { UnfitFile } from "lib/io/unfit_file.ts";
import { join } from "node:path";
import type { FaceCut } from "lib/faces/face_cut.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { loadParameters, storeParameters } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { blankParameters } from "./blank_parameters.ts";
import { type Configuration, plainConfiguration } from "./configuration.ts";
import type { DetectorKind, TrainedDetector } from "./detector.ts";
import { loadPublished, type PublishedReport } from "./published_weights.ts";
import { readConfiguration } from "./read_configuration.ts";

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
  /** How the faces that it learnt from were cut; left out where nobody knows. */
  readonly cut?: FaceCut;
}

/** A detector that was read from a file. The caller frees it with `using`. */
export interface LoadedDetector extends TrainedDetector, Disposable {
  /** The configuration it belongs to. */
  readonly configuration: Configuration;
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
  const written = { ...origin, configuration: plainConfiguration(origin.configuration) };
  const metadata = { detector: JSON.stringify(written) };
  const steps = origin.step + 1;
  await writeSafetensors(path, await storeParameters(parameters, { metadata, steps }));
}

/** How a detector is read. */
export interface LoadDetectorOptions {
  /** For files that do not hold one; for others it must be left out. */
  readonly configuration?: Configuration;
  /** Kinds that are not in the register. */
  readonly kinds?: readonly DetectorKind[];
}

/**
 * Reads a detector.
 *
 * @param path A file of `saveDetector`, of this edition or the first, or a run's folder; or weights of the
 * same architecture from elsewhere (`.pth`, `.safetensors`), then with `configuration`.
 * @throws TypeError when the file is damaged, or it and the configuration do not fit, listing what differs.
 * @throws RangeError when a configuration is missing or given twice, or its detector is not known.
 * @throws Deno's NotFound when there is no file.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { loadDetector, saveDetector } from "lib/detectors/detector_file.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const parameters = initialiseParameters(SMOKE.detector.parameters, createRandom(1));
 * const origin = { configuration: SMOKE, step: 3, validationAuc: 0.8 };
 * await saveDetector(`${folder}/detector.safetensors`, { parameters, origin });
 * using loaded = await loadDetector(folder);
 * assert.equal(loaded.origin?.validationAuc, 0.8);
 * assert.deepEqual(loaded.detector.settings, SMOKE.detector.settings);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadDetector(
  path: string,
  options: LoadDetectorOptions = {},
): Promise<LoadedDetector> {
  const isFolder = await Deno.stat(path).then((found) => found.isDirectory);
  const file = await readStateDict(isFolder ? join(path, DETECTOR_FILE) : path);
  const text = file.metadata.detector;
  if (text !== undefined && options.configuration) {
    throw new RangeError(
      `${path} holds the configuration of its detector: leave out preset and settings.`,
    );
  }
  const origin = text === undefined ? undefined : originIn(text, { path, kinds: options.kinds });
  const configuration = origin?.configuration ?? options.configuration;
  if (!configuration) {
    throw new RangeError(
      `${path} does not say which detector its weights belong to: pass a configuration, such as the ` +
        'preset "officialCode" for weights of the official code.',
    );
  }
  const { detector } = configuration;
  const parameters = blankParameters(detector); // to draw numbers for nothing takes longer than to read
  try {
    if (origin) loadParameters(parameters, file, { takesOver: true });
    else requireWhole(loadPublished({ detector, parameters }, file), path);
  } catch (error) {
    disposeParameters(parameters);
    throw error;
  }
  return {
    detector,
    parameters,
    configuration,
    origin,
    [Symbol.dispose]: () => disposeParameters(parameters),
  };
}

/** Weights to begin a training with are no detector. */
function requireWhole({ fresh }: PublishedReport, path: string): void {
  if (fresh.length === 0) return;
  throw new UnfitFile(
    `${path} has weights to begin a training with (train --pretrained), and no whole detector: it has ` +
      `nothing for ${fresh.join(", ")}.`,
  );
}

function originIn(
  text: string,
  { path, kinds }: { path: string; kinds: readonly DetectorKind[] | undefined },
): DetectorOrigin {
  try {
    const written = JSON.parse(text), { step, validationAuc: auc } = written;
    if (!Number.isSafeInteger(step) || step < 0) throw new TypeError(`Its step is ${step}.`);
    if (auc !== undefined && !(typeof auc === "number" && auc >= 0 && auc <= 1)) {
      throw new TypeError(`Its validation AUC is ${auc}.`);
    }
    return { ...written, configuration: readConfiguration(written.configuration, kinds) };
  } catch (cause) {
    const { message } = cause as Error;
    const told =
      `${path}: what it says of its detector cannot be read. ${message} If it is damaged, ` +
      "copy it again.";
    throw cause instanceof RangeError
      ? new RangeError(told, { cause })
      : new UnfitFile(told, { cause });
  }
}
