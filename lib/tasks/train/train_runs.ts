/**
 * The runs of one `train` command: from a manifest to a folder in results/runs, one after another.
 * Imports packages, so it is loaded after the set-up.
 */
import { basename, dirname } from "node:path";
import { evenRepeats } from "lib/batches/epoch_order.ts";
import { openLoader } from "lib/batches/loader.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import type { ManifestList } from "lib/data/manifest_list.ts";
import { assertContents } from "lib/data/fingerprint.ts";
import { labelsOf } from "lib/data/sample_list.ts";
import { assertDisjoint } from "lib/data/samples.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { type Engine, startEngine } from "lib/engine/engine.ts";
import { freeMemory } from "lib/io/free_memory.ts";
import { withProgress } from "lib/io/progress.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { summariseHistory } from "lib/training/history_rows.ts";
import { createLearner } from "lib/training/learner.ts";
import { learningRemarks } from "lib/training/learning_remarks.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { runFolder, RUNS } from "lib/training/run_folder.ts";
import { recordRun, type RunData } from "lib/training/run_record.ts";
import { runLength } from "lib/training/schedule.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { writeTrainedOn } from "lib/training/trained_on.ts";
import { validationFiles } from "lib/training/validation.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { memoryWarning } from "./memory_warning.ts";
import { type OpenManifest, openManifest } from "./open_manifest.ts";
import { type PlannedRun, plannedRuns } from "./planned_runs.ts";
import { evaluateCommand, stepNotes, videosOf } from "./run_words.ts";
import type { TrainTaskOptions } from "./train_options.ts";

/** Where training happens. */
export interface TrainSurroundings extends TaskSurroundings {
  /** Folder of all runs. */
  readonly runsFolder: string;
}

/** What a run learns from and is validated on. */
interface Lessons {
  readonly manifest: OpenManifest;
  readonly training: ManifestList;
  readonly validation: ManifestList;
}

/**
 * A run's samples, of the first manifest that holds any.
 *
 * @throws RangeError when there are none, or videos are in two splits (test included), or people who may
 * not be.
 */
function lessonsOf(
  { name, dataset }: PlannedRun,
  { manifests, allowSharedIdentities, say }: Pick<
    Sitting,
    "manifests" | "allowSharedIdentities" | "say"
  >,
): Lessons {
  let forTesting = 0;
  for (const manifest of manifests) {
    const own = manifest.samples.where({ dataset });
    const training = own.where({ split: "train" });
    const validation = own.where({ split: "validation" });
    if (training.length + validation.length === 0) {
      forTesting += own.length;
      continue;
    }
    const shared = assertDisjoint(own.origins(), { allowSharedIdentities });
    if (shared.length > 0) {
      say(`${shared.length} identities are shared by splits, as ${shared[0]}.`);
    }
    return { manifest, training, validation };
  }
  const named = manifests.map(({ path }) => path).join(", ");
  const remedy = forTesting === 0
    ? 'Prepare them with "deno task prepare", and pass the manifest with --data.'
    : `All ${forTesting} of it are for testing. Say in the data set's description what is not ("split: ` +
      'train" and "validation: 0.1" for a folder or list of your own) and prepare it anew, or write it ' +
      "into the manifest's column split.";
  throw new RangeError(
    `${name} needs training samples${
      dataset ? ` of ${dataset}` : ""
    }; ${named} has none. ${remedy}`,
  );
}

/**
 * Checks that a batch is not larger than the data, which would only repeat pictures within it.
 *
 * @throws RangeError naming both numbers.
 */
function assertBatchFits(samples: number, { data: { batchSize } }: Configuration): void {
  if (batchSize <= samples) return;
  throw new RangeError(
    `A batch holds ${batchSize} pictures, but there are only ${samples} training samples. ` +
      `Use --set batchSize=${Math.max(2, samples)} or less, or more data.`,
  );
}

/**
 * Checks that crops are not smaller than what the detector is fed: enlarged, they would be another data set
 * than the one that they pass for.
 *
 * @throws RangeError naming both sizes.
 */
function assertCropsFit(
  { path, cut }: OpenManifest,
  { detector: { input: { size } } }: Configuration,
  say: TaskSurroundings["say"],
): void {
  if (!cut || cut.cut.size === size) return;
  if (cut.cut.size > size) {
    return say(`The crops of ${cut.cut.size} pixels are shrunk to the detector's ${size}.`);
  }
  throw new RangeError(
    `The crops of ${path} have ${cut.cut.size} pixels a side, and the detector takes ${size}: enlarged ` +
      `ones hold less than they seem to. Prepare them with --size ${size}, or use --set ` +
      `imageSize=${cut.cut.size}.`,
  );
}

/** Says how reals and fakes are mixed, where their repetition does not fit the data. */
function sayBalance(
  training: ManifestList,
  { data: { balance, realRepeats } }: Configuration,
  say: TaskSurroundings["say"],
): void {
  if (balance !== "repeatReals" || realRepeats === 0) return;
  const labels = labelsOf(training), even = evenRepeats(labels);
  if (even === realRepeats) return;
  const fakes = labels.filter((label) => label === 1).length, reals = labels.length - fakes;
  const share = reals * realRepeats / (reals * realRepeats + fakes);
  say(
    `Each real picture stands ${realRepeats} times in an epoch, so ${
      Math.round(100 * share)
    } % of it is ` +
      `real (${reals} reals, ${fakes} fakes). --set realRepeats=${even} would even it out.`,
  );
}

/** What a run's record says of its data. */
async function runData(
  { manifest, training, validation }: Lessons,
  pretrained?: string,
): Promise<RunData> {
  const sets = [...new Set(training.origins().map(({ dataset }) => dataset))].sort();
  return {
    source: `${sets.join("+")} (${manifest.path})`,
    sha256: await manifest.sha256(),
    training: training.length,
    validation: validation.length,
    ...pretrained === undefined ? {} : { pretrained },
  };
}

/** What all runs of a command share. */
interface Sitting extends TrainSurroundings, Omit<TrainTaskOptions, "manifests" | "configuration"> {
  readonly engine: Engine;
  readonly manifests: readonly OpenManifest[];
  /** What the command line calls the detector; undefined where it names none. */
  readonly detector: string | undefined;
}

async function trainOne(run: PlannedRun, sitting: Sitting): Promise<void> {
  const { name, configuration } = run, { engine, runsFolder, signal, say } = sitting;
  const lessons = lessonsOf(run, sitting), { manifest, training } = lessons;
  assertBatchFits(training.length, configuration);
  assertCropsFit(manifest, configuration, say);
  for (const part of [training, lessons.validation]) {
    await assertContents(part, { manifest: manifest.path });
  }
  sayBalance(training, configuration, say);
  const root = dirname(manifest.path), pretrained = sitting.pretrained;
  const validation = lessons.validation.length === 0
    ? undefined
    : validationFiles(lessons.validation, { root });
  if (!validation) say("No validation samples: the last step's detector is kept.");
  const data = await runData(lessons, pretrained && await sha256OfFile(pretrained));
  const folder = runFolder(name, configuration, {
    data: data.sha256 + (data.pretrained ?? ""),
    root: runsFolder,
  });
  say(
    `${name}, seed ${configuration.training.seed}: ${data.training} training samples, ` +
      `${data.validation} for validation; ${basename(folder)}`,
  );

  const isDone = (await readRunRecord(folder))?.finished;
  if (!isDone && engine.device.startsWith("CPU")) { // of a GPU's memory nothing is known here
    const warning = await memoryWarning(configuration, await freeMemory());
    if (warning) say(warning);
  }
  const parts = [training, lessons.validation].values();
  await writeTrainedOn(folder, parts.flatMap((part) => part.origins()));
  using learner = createLearner(configuration);
  if (pretrained) {
    configuration.detector.loadPretrained(learner.parameters, await readStateDict(pretrained));
  }
  await using source = openLoader(training, { configuration, root });
  const { batchesPerEpoch } = source;
  const records = train(learner, {
    source,
    configuration,
    ...validation ? { validation } : {},
    folder,
    ...manifest.cut ? { cut: manifest.cut.cut } : {},
    keepEvery: sitting.checkpointEvery,
    replay: false,
    signal,
    notice: say,
  });
  const facts = {
    folder,
    name,
    configuration,
    data,
    batchesPerEpoch,
    engine,
    notes: sitting.notes,
  };
  const total = runLength({ training: configuration.training, batchesPerEpoch });
  const progress = { name, total, note: stepNotes(), doneAt: ({ step }: StepRecord) => step + 1 };
  let isNew = false;
  for await (const _ of withProgress(recordRun(records, facts), progress)) isNew = true;
  if (signal.aborted) return;
  const { selection: { best } } = await summariseHistory(folder);
  if (best) say(`Best validation AUC ${best.auc.toFixed(4)}, after step ${best.step + 1}.`);
  const videos = validation && videosOf(lessons.validation.origins());
  if (isNew) { for (const remark of await learningRemarks(folder, videos)) say(remark); }
  const { detector } = sitting;
  const tested = manifest.samples.where({ split: "test" }).length > 0 ? manifest.path : undefined;
  say(`Next: ${evaluateCommand(basename(folder), { manifest: tested, detector })}`);
}

/**
 * Trains the runs of a job; a run that is done is found so in a moment.
 *
 * @throws RangeError for settings that there are not, or data that does not fit them; errors of files as
 * they are.
 */
export async function trainRuns(
  options: TrainTaskOptions,
  { signal, say, runsFolder = RUNS }: TaskSurroundings & Partial<TrainSurroundings>,
): Promise<void> {
  const { runs, sweep } = await plannedRuns(options);
  const engine = await startEngine();
  using opened = new DisposableStack();
  const manifests: OpenManifest[] = [];
  for (const path of options.manifests) {
    const manifest = await openManifest(path);
    opened.use(manifest.samples);
    manifests.push(manifest);
  }
  say(`${runs.length} of ${sweep} runs in this job. ${LABEL_LEGEND}.`);
  for (const run of runs) {
    if (signal.aborted) return;
    const { configuration: { detector } } = options;
    await trainOne(run, { ...options, detector, engine, manifests, signal, say, runsFolder });
  }
}
