/** The runs that a `train` command asks for. Imports packages, so it is loaded after the set-up. */
import { type Changes, type Configuration, vary } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import {
  PAPER_TRAININGS,
  paperTraining,
  shareOfJob,
} from "lib/studies/paper_tables/paper_tables.ts";
import { changesFrom, configurationFrom, sayingWhatFits } from "../configuration_arguments.ts";
import type { TrainTaskOptions } from "./train_options.ts";

/** One run that is asked for. */
export interface PlannedRun {
  /** Its name; its folder is called after it. */
  readonly name: string;
  /** Its settings. */
  readonly configuration: Configuration;
  /** The data set whose samples it takes; left out for all of the manifest. */
  readonly dataset?: string;
}

/** The trainings that `--tables` names, with the changes beneath their own. */
function tablesOf(names: readonly string[], changes: Changes): PlannedRun[] {
  const chosen = names.length === 1 && names[0] === "all"
    ? PAPER_TRAININGS
    : names.map(paperTraining);
  return chosen.map(({ name, data, changes: own }) => ({
    name,
    configuration: sayingWhatFits(() => vary(vary(PAPER, changes), own)),
    dataset: data,
  }));
}

/**
 * All runs, and this job's.
 *
 * @throws RangeError for what there is not, or values that do not fit, saying what does.
 */
export async function plannedRuns(
  options: Pick<TrainTaskOptions, "configuration" | "tables" | "name" | "seeds" | "job">,
): Promise<{ runs: PlannedRun[]; sweep: number }> {
  const { tables, configuration: { changes = [] }, seeds, job } = options;
  let trainings: PlannedRun[];
  if (tables) trainings = tablesOf(tables, sayingWhatFits(() => changesFrom(PAPER, changes)));
  else {
    const configuration = await configurationFrom(options.configuration);
    const { kind } = configuration.detector, preset = Object.keys(kind.presets)[0];
    const name = options.name ?? `${kind.name}_${options.configuration.preset ?? preset}`;
    trainings = [{ name, configuration }];
  }
  const sweep = trainings.flatMap((training): PlannedRun[] =>
    (seeds ?? [training.configuration.training.seed]).map((seed) => ({
      ...training,
      configuration: vary(training.configuration, { seed }),
    }))
  );
  return { runs: shareOfJob(sweep, job), sweep: sweep.length };
}
