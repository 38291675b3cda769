/** What a run of the planted-clues study is kept by. */
import { join } from "node:path";
import type { Configuration } from "lib/detectors/configuration.ts";
import { RUNS } from "lib/training/run_folder.ts";
import { settingsWord } from "../study_results.ts";
import type { StudySizes } from "./study_pictures.ts";
import { type StudyRow, studyRow, type StudyRun } from "./study_rows.ts";

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
  const own = [Boolean(loss), Boolean(trainOn), name, run.setting];
  return settingsWord(configuration, { version: VERSION, others: [sizes, own] });
}
