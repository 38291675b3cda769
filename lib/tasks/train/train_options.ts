/** What the command line of `train` says. */
import { parseArgs } from "node:util";
import { type Configuration, vary } from "lib/config.ts";
import {
  PAPER_TRAININGS,
  paperTraining,
  shareOfJob,
} from "lib/studies/paper_tables/paper_tables.ts";
import { PRESETS, settingsFrom } from "../configuration_arguments.ts";

/** One run that is asked for. */
export interface PlannedRun {
  /** Its name; its folder is called after it. */
  readonly name: string;
  /** Its settings. */
  readonly configuration: Configuration;
  /** The data set whose samples it takes; left out for all of the manifest. */
  readonly dataset?: string;
}

/** How runs are trained. */
export interface TrainTaskOptions {
  /** Manifests, `…/manifest.csv`; a run takes the first one that holds its data set. */
  readonly manifests: readonly string[];
  /** The runs of this job, in order. */
  readonly runs: readonly PlannedRun[];
  /** Runs of the whole sweep, of which this job does its share. */
  readonly sweep: number;
  /** Weights of a published backbone, for every block; none: random ones. */
  readonly pretrained?: string;
  /** Steps between two checkpoints. */
  readonly checkpointEvery: number;
  /** Free text for the record. */
  readonly notes: string;
}

/** What `deno task train --help` prints. */
export const USAGE =
  `deno task train --data MANIFEST [options]    trains a detector, or a sweep of them

  --data FILE         a manifest, as "deno task prepare" writes it; with --tables, one for each data set
  --preset NAME       ${Object.keys(PRESETS).join(", ")} (paper)
  --set FIELD=VALUE   change one setting, such as blocks=3; as often as you like
  --pretrained FILE   published weights of the backbone for every block, such as resnet34.pth
  --name NAME         what the run is called (the preset's name)
  --tables NAMES      the paper's detectors instead of a preset: "all", or of
                      ${PAPER_TRAININGS.map(({ name }) => name).join(",\n                      ")}
  --seeds A,B         one run for each seed (the preset's)
  --job K/N           only every N-th run from the K-th: jobs side by side share a sweep
  --checkpoint-every N  steps between two checkpoints (500)
  --notes TEXT        kept with the run
  --help              this

Training and validation samples are those of the manifest's splits; test samples are not looked at.
The same command later goes on where a run was stopped. Runs are in results/runs/.`;

/** The trainings that `--tables` names. */
function tablesOf(names: string, changes: readonly string[]): PlannedRun[] {
  const chosen = names === "all" ? PAPER_TRAININGS : names.split(",").map(paperTraining);
  return chosen.map(({ name, data, configuration }) => {
    // The preset "paper" is what the tables' trainings vary, so a change applies to it in the same way.
    const paper = settingsFrom("paper"), changed = settingsFrom("paper", changes);
    const own = (Object.keys(paper) as (keyof Configuration)[]).filter((field) =>
      JSON.stringify(configuration[field]) !== JSON.stringify(paper[field])
    );
    const kept = Object.fromEntries(own.map((field) => [field, configuration[field]]));
    return { name, configuration: vary(changed, kept), dataset: data };
  });
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option or a field that does not
 * exist; each says what there is.
 *
 * @example The second of four jobs over three seeds
 * ```ts
 * import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseTrainOptions(
 *   "--data faces/manifest.csv --preset quick --set blocks=3 --seeds 1,2,3 --job 2/2".split(" "),
 * );
 * assert.ok(options !== "help");
 * assert.deepEqual(options.runs.map((run) => run.configuration.seed), [2]);
 * ```
 */
export function parseTrainOptions(args: readonly string[]): TrainTaskOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", multiple: true, default: [] },
      preset: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
      pretrained: { type: "string" },
      name: { type: "string" },
      tables: { type: "string" },
      seeds: { type: "string" },
      job: { type: "string", default: "1/1" },
      "checkpoint-every": { type: "string", default: "500" },
      notes: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { data, preset, tables, name, pretrained } = values;
  if (data.length === 0) throw new RangeError("--data is missing: the manifest to train on.");
  if (tables !== undefined && (preset !== undefined || name !== undefined)) {
    throw new RangeError(
      "--tables brings its own preset and names: leave out --preset and --name.",
    );
  }
  if (tables === undefined && data.length > 1) {
    throw new RangeError("Several --data are for --tables; a single run learns from one manifest.");
  }
  const trainings = tables === undefined
    ? [{
      name: name ?? preset ?? "paper",
      configuration: settingsFrom(preset ?? "paper", values.set),
    }]
    : tablesOf(tables, values.set);
  const seeds = values.seeds?.split(",").map((seed) => wholeNumber("--seeds", seed, 0));
  const sweep = trainings.flatMap((training): PlannedRun[] =>
    (seeds ?? [training.configuration.seed]).map((seed) => ({
      ...training,
      configuration: vary(training.configuration, { seed }),
    }))
  );
  return {
    manifests: data,
    runs: shareOfJob(sweep, values.job),
    sweep: sweep.length,
    ...pretrained === undefined ? {} : { pretrained },
    checkpointEvery: wholeNumber("--checkpoint-every", values["checkpoint-every"], 1),
    notes: values.notes,
  };
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${option} has "${text}", but must be a whole number from ${least}.`);
}
