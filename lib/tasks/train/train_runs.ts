/**
 * The runs of one `train` command: from a manifest to a folder in results/runs, one after another.
 * Imports packages, so it is loaded after the set-up.
 */
import { basename, dirname, join } from "node:path";
import type { Configuration } from "lib/config.ts";
import { openLoader } from "lib/batches/loader.ts";
import { LABEL_LEGEND, readManifest } from "lib/data/manifest.ts";
import { assertDisjoint, type Sample } from "lib/data/samples.ts";
import { type Engine, startEngine } from "lib/engine/engine.ts";
import { loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { withProgress } from "lib/io/progress.ts";
import { runFolder, RUNS } from "lib/training/run_folder.ts";
import { recordRun, type RunData } from "lib/training/run_record.ts";
import { runLength } from "lib/training/schedule.ts";
import { selectionOf } from "lib/training/selection.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { validationFiles } from "lib/training/validation.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { PlannedRun, TrainTaskOptions } from "./train_options.ts";

/** Where training happens. */
export interface TrainSurroundings extends TaskSurroundings {
  /** Folder of all runs. */
  readonly runsFolder: string;
}

/** A manifest that was read. */
interface Manifest {
  readonly path: string;
  readonly sha256: string;
  readonly samples: readonly Sample[];
}

/** The manifest that holds a run's samples, and those of them that are not for testing. */
function dataOf(run: PlannedRun, manifests: readonly Manifest[]) {
  let forTesting = 0;
  for (const manifest of manifests) {
    const ofDataset = manifest.samples.filter(({ dataset }) =>
      run.dataset === undefined || dataset === run.dataset
    );
    const samples = ofDataset.filter(({ split }) => split !== "test");
    if (samples.length > 0) return { manifest, samples };
    forTesting += ofDataset.length;
  }
  const named = manifests.map(({ path }) => path).join(", ");
  const remedy = forTesting === 0
    ? 'Prepare them with "deno task prepare", and pass the manifest with --data.'
    : `All ${forTesting} of it are for testing. Say in the data set's description what is not ("split: ` +
      'train" and "validation: 0.1" for a folder or list of your own) and prepare it anew, or write it ' +
      "into the manifest's column split.";
  throw new RangeError(
    `${run.name} needs training samples${run.dataset ? ` of ${run.dataset}` : ""}; ${named} ` +
      `has none. ${remedy}`,
  );
}

/**
 * Checks that a batch is not larger than the data, which would only repeat pictures within it.
 *
 * @throws RangeError naming both numbers.
 */
export function assertBatchFits(samples: number, { batchSize }: Configuration): void {
  if (batchSize <= samples) return;
  throw new RangeError(
    `A batch holds ${batchSize} pictures, but there are only ${samples} training samples. ` +
      `Use --set batchSize=${Math.max(2, samples)} or less, or more data.`,
  );
}

/** Puts published weights into every block of a fresh learner; a classifier in the file is left. */
async function loadBackbones(learner: Learner, path: string, blocks: number): Promise<void> {
  const file = await readStateDict(path);
  const own = parametersUnder("region_model1.", learner.parameters);
  const skip = ["fc.", "classifier.", "_fc."].filter((beginning) =>
    [...file.tensors.keys()].some((name) => name.startsWith(beginning)) &&
    !Object.keys(own).some((name) => name.startsWith(beginning))
  );
  for (let block = 1; block <= blocks; block++) {
    loadParameters(parametersUnder(`region_model${block}.`, learner.parameters), file, { skip });
  }
}

async function trainOne(
  run: PlannedRun,
  manifests: readonly Manifest[],
  { engine, runsFolder, signal, say, ...options }: TrainTaskOptions & TrainSurroundings & {
    engine: Engine;
  },
): Promise<void> {
  const { name, configuration } = run;
  const { manifest, samples } = dataOf(run, manifests);
  const shared = assertDisjoint(samples, { allowSharedIdentities: true });
  if (shared.length > 0) say(`${shared.length} identities are shared by splits, as ${shared[0]}.`);
  const training = samples.filter(({ split }) => split === "train");
  const held = samples.filter(({ split }) => split === "validation");
  assertBatchFits(training.length, configuration);
  const root = dirname(manifest.path);
  const validation = held.length === 0 ? undefined : validationFiles(held, { root });
  if (!validation) say("No validation samples: the last step's detector is kept.");
  const pretrained = options.pretrained && await sha256OfFile(options.pretrained);
  const data: RunData = {
    source: basename(manifest.path),
    sha256: manifest.sha256,
    training: training.length,
    validation: held.length,
    ...pretrained ? { pretrained } : {},
  };

  const place = runFolder(name, configuration, {
    data: manifest.sha256 + (pretrained ?? ""),
    root: runsFolder,
  });
  say(
    `${name}, seed ${configuration.seed}: ${training.length} training samples, ` +
      `${held.length} for validation; ${basename(place)}`,
  );
  using learner = createLearner(configuration);
  if (options.pretrained) await loadBackbones(learner, options.pretrained, configuration.blocks);
  await using source = openLoader(training, { configuration, root });
  const records = recordRun(
    train(learner, {
      source,
      configuration,
      ...validation ? { validation } : {},
      checkpoint: join(place, "checkpoint.safetensors"),
      checkpointEvery: options.checkpointEvery,
      signal,
      notice: say,
    }),
    {
      folder: place,
      name,
      configuration,
      data,
      batchesPerEpoch: source.batchesPerEpoch,
      engine,
      notes: options.notes,
    },
  );
  const total = runLength({ configuration, batchesPerEpoch: source.batchesPerEpoch });
  const validated: StepRecord[] = [];
  for await (const record of withProgress(records, { name, total, note })) {
    if (record.validationAuc !== undefined) validated.push(record);
  }
  const { best } = selectionOf(validated);
  if (best) say(`Best validation AUC ${best.auc.toFixed(4)}, after step ${best.step + 1}.`);
}

const note = ({ total }: StepRecord) => `loss ${total.toFixed(4)}`;

/**
 * Trains the runs of a job; a run that is done is found so in a moment.
 *
 * @throws RangeError for data that does not fit the settings; errors of files as they are.
 */
export async function trainRuns(
  options: TrainTaskOptions,
  { signal, say, runsFolder = RUNS }: TaskSurroundings & Partial<TrainSurroundings>,
): Promise<void> {
  const engine = await startEngine();
  const manifests = await Promise.all(options.manifests.map(async (path): Promise<Manifest> => ({
    path,
    sha256: await sha256OfFile(path),
    samples: await readManifest(path),
  })));
  say(`${options.runs.length} of ${options.sweep} runs in this job. ${LABEL_LEGEND}.`);
  for (const run of options.runs) {
    if (signal.aborted) return;
    await trainOne(run, manifests, { ...options, engine, signal, say, runsFolder });
  }
}
