/**
 * The runs of one `train` command: from a manifest to a folder in results/runs, one after another.
 * Imports packages, so it is loaded after the set-up.
 */
import { basename, dirname } from "node:path";
import type { Membership } from "lib/engine/collectives.ts";
import { openLoader } from "lib/batches/loader.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { assertContents } from "lib/data/fingerprint.ts";
import { assertBegun, describePublished, loadPublished } from "lib/detectors/published_weights.ts";
import { memoryLeft } from "lib/engine/device_memory.ts";
import { describeDevice } from "lib/engine/device_title.ts";
import type { Engine } from "lib/engine/engine.ts";
import { withProgress } from "lib/io/progress.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { summariseHistory } from "lib/training/history_rows.ts";
import { configurationForDevices } from "lib/training/device_rules.ts";
import { deviceChange } from "lib/training/device_change.ts";
import { createLearner } from "lib/training/learner.ts";
import { learningRemarks } from "lib/training/learning_remarks.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { runFolder, RUNS } from "lib/training/run_folder.ts";
import { recordRun } from "lib/training/run_record.ts";
import { runLength } from "lib/training/schedule.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { writeTrainedOn } from "lib/training/trained_on.ts";
import { validationFiles } from "lib/training/validation.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import type { TaskSurroundings } from "../in_task.ts";
import {
  assertBatchFits,
  assertCropsFit,
  lessonsOf,
  type LessonSources,
  runData,
  sayBalance,
} from "./lessons.ts";
import { sayDevices, withDevices } from "./join_devices.ts";
import { requeue } from "./requeue.ts";
import { keepOperatingRecord } from "./keep_operating_record.ts";
import { checkMemory } from "./memory_check.ts";
import { type OpenManifest, openManifest } from "./open_manifest.ts";
import { type PlannedRun, plannedRuns } from "./planned_runs.ts";
import { evaluateCommand, microBatchWords, stepNotes, videosOf } from "./run_words.ts";
import type { TrainTaskOptions } from "./train_options.ts";

/** Where training happens. */
export interface TrainSurroundings extends TaskSurroundings {
  /** Folder of all runs. */
  readonly runsFolder: string;
  /** Bytes that are free of a device's memory; undefined where that is not known. */
  readonly memory: typeof memoryLeft;
}

/** What all runs of a command share. */
interface Sitting
  extends TrainSurroundings, LessonSources, Omit<TrainTaskOptions, "manifests" | "configuration"> {
  readonly engine: Engine;
  /** Which of the devices that train together is this process's. */
  readonly share: Membership;
  /** What the command line calls the detector; undefined where it names none. */
  readonly detector: string | undefined;
}

/** Trains one run as one of several processes, of which the first one says, keeps and measures. */
async function trainAlong(run: PlannedRun, sitting: Sitting): Promise<void> {
  const { configuration } = run, { share, signal } = sitting;
  const { manifest, training, validation } = lessonsOf(run, { ...sitting, say: () => {} });
  const root = dirname(manifest.path);
  using learner = createLearner(configuration);
  await using source = openLoader(training, { configuration, root, share });
  const records = train(learner, {
    source,
    configuration,
    ...validation.length > 0 ? { validation: validationFiles(validation, { root }) } : {},
    signal,
  });
  for await (const _ of records) void _;
}

/** Trains one run, and returns its folder. */
async function trainOne(run: PlannedRun, sitting: Sitting): Promise<string> {
  const { name, configuration } = run, { engine, share, runsFolder, signal, say } = sitting;
  const lessons = lessonsOf(run, sitting), { manifest, training } = lessons;
  assertBegun(configuration.detector, sitting.pretrained);
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
  const { forge } = configuration.data;
  const weights = pretrained && await sha256OfFile(pretrained);
  const data = await runData(lessons, { forge, pretrained: weights });
  const folder = runFolder(name, configuration, {
    data: data.sha256 + (data.pretrained ?? ""),
    root: runsFolder,
  });
  say(
    `${name}, seed ${configuration.training.seed}: ${data.training} training samples, ` +
      `${data.validation} for validation; ${basename(folder)}`,
  );

  const ofParts = microBatchWords(configuration);
  if (ofParts) say(ofParts);
  const earlier = await readRunRecord(folder), isDone = earlier?.finished;
  if (earlier && !isDone) {
    const remark = deviceChange(earlier.environment, engine);
    if (remark) say(remark);
  }
  // What other devices' processes take of the machine is not known here.
  const free = isDone || share.size > 1 ? undefined : await sitting.memory(engine.device);
  if (free !== undefined) {
    const { estimate, fault } = await checkMemory(configuration, free) ?? {};
    if (estimate) say(estimate);
    if (fault && !sitting.ignoreMemory) throw new RangeError(fault);
  }
  const parts = [training, lessons.validation].values();
  await writeTrainedOn(folder, parts.flatMap((part) => part.origins()), { forge });
  using learner = createLearner(configuration);
  if (pretrained) {
    const { detector } = configuration, { trained: parameters } = learner;
    const report = loadPublished({ detector, parameters }, await readStateDict(pretrained));
    say(describePublished(report, pretrained));
  }
  await using source = openLoader(training, { configuration, root, share });
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
  if (signal.aborted) return folder;
  const { selection: { best } } = await summariseHistory(folder);
  if (best) say(`Best validation AUC ${best.auc.toFixed(4)}, after step ${best.step + 1}.`);
  const videos = validation && videosOf(lessons.validation.origins());
  if (isNew) { for (const remark of await learningRemarks(folder, videos)) say(remark); }
  if (validation) {
    const { kind } = configuration.detector;
    await keepOperatingRecord(folder, { kind, validation, signal, say });
  }
  const { detector } = sitting;
  const tested = manifest.samples.where({ split: "test" }).length > 0 ? manifest.path : undefined;
  say(`Next: ${evaluateCommand(basename(folder), { manifest: tested, detector })}`);
  return folder;
}

/**
 * Trains the runs of a job; a run that is done is found so in a moment.
 *
 * @returns Their folders, as far as it came.
 * @throws RangeError for settings that there are not, or data that does not fit them; errors of files as
 * they are.
 */
export async function trainRuns(
  options: TrainTaskOptions,
  { signal, say, runsFolder = RUNS, memory = memoryLeft }:
    & TaskSurroundings
    & Partial<TrainSurroundings>,
): Promise<string[]> {
  const planned = await plannedRuns(options), { together, configuration: { detector } } = options;
  return await withDevices(
    { together, device: options.device, signal },
    async ({ engine, share, launcher }) => {
      const devices = { devices: share.size, joinsNorm: together?.syncBatchNorm ?? false };
      const runs = planned.runs.map((run): PlannedRun => ({
        ...run,
        configuration: configurationForDevices(run.configuration, devices),
      }));
      using opened = new DisposableStack();
      const manifests: OpenManifest[] = [];
      for (const path of options.manifests) {
        const manifest = await openManifest(path);
        opened.use(manifest.samples);
        manifests.push(manifest);
      }
      if (share.rank === 0) {
        const precisions = runs.map(({ configuration }) => configuration.training.precision);
        const device = await describeDevice(engine, {
          precisions,
          asked: options.device?.deterministic,
        });
        say(`${runs.length} of ${planned.sweep} runs in this job, on ${device}. ${LABEL_LEGEND}.`);
        const lines = launcher === undefined ? [] : sayDevices(runs, { share, launcher });
        for (const line of lines) say(line);
      }
      const surroundings = { engine, share, manifests, signal, say, runsFolder, memory };
      const sitting: Sitting = { ...options, detector, ...surroundings }, folders: string[] = [];
      for (const run of runs) {
        if (signal.aborted && share.size === 1) break;
        if (share.rank > 0) await trainAlong(run, sitting);
        else folders.push(await trainOne(run, sitting));
        if (signal.aborted) break; // all have stopped after the same step
      }
      if (signal.aborted && together?.requeue && share.rank === 0) await requeue(signal, say);
      return folders;
    },
  );
}
