/** Command lines as the tasks themselves read them, without running anything. */
import assert from "node:assert/strict";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { parsePrepareOptions } from "lib/tasks/prepare/prepare_options.ts";
import { findNotebooks } from "lib/tasks/notebooks.ts";
import { parseNothing } from "lib/tasks/in_task.ts";
import { parseStudyOptions } from "lib/tasks/study/study_options.ts";
import { plannedRuns } from "lib/tasks/train/planned_runs.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";

const PARSERS: Readonly<Record<string, (args: string[]) => unknown>> = {
  start: parseNothing,
  notebooks: (args) => findNotebooks(args),
  predict: parsePredictOptions,
  prepare: parsePrepareOptions,
  study: parseStudyOptions,
  train: (args) => {
    const options = parseTrainOptions(args);
    return options === "help" ? options : plannedRuns(options);
  },
};

/**
 * Has a task read its command line.
 *
 * @throws AssertionError for a task that is none of these; what the task throws for arguments that it refuses.
 */
export async function readCommand(command: string): Promise<void> {
  const [task, ...args] = command.split(" ");
  const parse = PARSERS[task!];
  assert.ok(parse, `no command line is known of the task "${task}"`);
  await parse(args);
}
