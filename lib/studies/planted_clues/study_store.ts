/** Where the study's runs are kept: a file each, so that jobs side by side never share one. */
import { join } from "node:path";
import { sha256 } from "lib/io/sha256.ts";
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { RUNS } from "lib/training/run_folder.ts";
import type { StudySizes } from "./study_pictures.ts";
import { type StudyRow, studyRow, type StudyRun } from "./study_rows.ts";
import type { StudyResult } from "./study_run.ts";

/** Raised when the drawing of pictures or what is measured changes: older results no longer count. */
const VERSION = 1;

/** Folder of the study's runs. It is not committed; tables made of them are. */
export const STUDY_RUNS: string = join(RUNS, "planted_clues");

/** A run's experiment in eight hexadecimal digits: all of its settings but the seed. */
export function studyProtocol(
  run: StudyRun<string | StudyRow>,
  { configuration, sizes }: { configuration: Configuration; sizes: StudySizes },
): string {
  const { name, loss, trainOn } = studyRow(run.row);
  const settings = effectiveFields(configuration).filter(([field]) => field !== "training.seed");
  const own = [Boolean(loss), Boolean(trainOn), name, run.setting];
  const text = JSON.stringify([VERSION, settings, sizes, own]);
  return sha256(text).slice(0, 8);
}

/** The file of a run's result. */
export function resultFile({ setting, row, seed }: StudyRun, folder: string = STUDY_RUNS): string {
  const words = row.replace(/[^a-z0-9]+/gi, "_").toLowerCase();
  return join(folder, setting, words, `${seed}.json`);
}

/** Keeps a result; the file is there whole or not at all. */
export async function saveResult(result: StudyResult, folder: string = STUDY_RUNS): Promise<void> {
  const path = resultFile(result, folder);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await writeWhole(path, new TextEncoder().encode(JSON.stringify(result)));
}

/** A kept result, or undefined where there is none of this protocol. */
export async function readResult(
  run: StudyRun,
  protocol: string,
  folder: string = STUDY_RUNS,
): Promise<StudyResult | undefined> {
  try {
    const result = JSON.parse(await Deno.readTextFile(resultFile(run, folder))) as StudyResult;
    return result.protocol === protocol && result.row === run.row ? result : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
