/** Where the runs of studies are kept: a file each, so that jobs side by side never share one. */
import { join } from "node:path";
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";
import { sha256 } from "lib/io/sha256.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** Which run of a study a result is of. */
export interface StudyPlace {
  /** What is trained on. */
  readonly setting: string;
  /** Name of the way to train. */
  readonly row: string;
  /** Seed of order and weights. */
  readonly seed: number;
}

/** What every study's result has besides its numbers. */
export interface KeptResult extends StudyPlace {
  /** The word of `settingsWord`; equal words are the same experiment. */
  readonly protocol: string;
}

/**
 * An experiment in eight hexadecimal digits: the configuration but for its seed, and all else that decides
 * its results.
 *
 * @param options `version`: a number that is raised when code changes what is measured. `others`: plain
 * values, such as sizes and the hash of the pictures.
 */
export function settingsWord(
  configuration: Configuration,
  { version, others }: { version: number; others: readonly unknown[] },
): string {
  const settings = effectiveFields(configuration).filter(([field]) => field !== "training.seed");
  return sha256(JSON.stringify([version, settings, ...others])).slice(0, 8);
}

/** The file of a run's result. */
export function resultFile({ setting, row, seed }: StudyPlace, folder: string): string {
  const words = (text: string) => text.replace(/[^a-z0-9]+/gi, "_");
  return join(folder, words(setting), words(row).toLowerCase(), `${seed}.json`);
}

/** What takes a trained detector before it is let go, such as to save it. */
export type KeepDetector = (trained: { readonly parameters: Parameters }) => Promise<void>;

/** The file of a run's detector, beside its result. */
export function detectorFile(run: StudyPlace, folder: string): string {
  return resultFile(run, folder).replace(/json$/, "safetensors");
}

/** Keeps a result; the file is there whole or not at all. */
export async function saveResult(result: KeptResult, folder: string): Promise<void> {
  const path = resultFile(result, folder);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await writeWhole(path, new TextEncoder().encode(JSON.stringify(result)));
}

/** A kept result, or undefined where there is none of this protocol. */
export async function readResult<Result extends KeptResult>(
  run: StudyPlace,
  protocol: string,
  folder: string,
): Promise<Result | undefined> {
  try {
    const result = JSON.parse(await Deno.readTextFile(resultFile(run, folder))) as Result;
    return result.protocol === protocol && result.row === run.row ? result : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
