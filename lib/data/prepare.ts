/**
 * From a data set to face crops and their manifest: in parallel, and so that a run that was stopped at
 * any moment goes on where it was. Printing is left to the task of the same name.
 *
 * The output folder holds crops/ (a folder for each video, spread over 4096 folders), manifest.csv,
 * report.csv (every frame and video without a face, everything that could not be read) and
 * settings.json.
 */
import { join } from "node:path";
import { runningEngine, startEngine } from "lib/engine/engine.ts";
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { type LandmarkDetector, openLandmarkDetector } from "lib/faces/landmarks.ts";
import type { OnProblem } from "./readers/data_set_reader.ts";
import { type ClassCounts, countClass, noClassCounts } from "./training_use.ts";
import { cutUnit } from "./prepare/cut_faces.ts";
import { joinRecords, type PrepareSummary, type Source } from "./prepare/join_manifest.ts";
import { pooled } from "lib/io/work_pool.ts";
import { assertOutside, OutputFolder } from "./prepare/output_folder.ts";
import { commitUnit, hasFailed, readRecord, unreadablePictures } from "./prepare/unit_records.ts";
import {
  checkSettings,
  cutName,
  type PrepareSettings,
  recordedSettings,
} from "./prepare/prepare_settings.ts";
import { sourceMark, type Unit, unitsOf } from "./prepare/prepared_units.ts";

/** A unit that has just been finished: a video, a folder of frames, or stills. */
export interface PreparedUnit {
  /** Below the data set's root. */
  readonly video: string;
  /** Frames and pictures in which faces were looked for. */
  readonly looked: number;
  /** Faces that were cut out. */
  readonly crops: number;
  /** Whether it could not be read. */
  readonly failed: boolean;
  /** Pictures that could not be read, where others could be. */
  readonly unreadable: number;
}

/** How much there is to do. */
export interface Survey {
  /** Units in all. */
  readonly units: number;
  /** Units that earlier runs have finished. */
  readonly done: number;
  /** Units by split and class. */
  readonly counts: ClassCounts;
}

/** How units are worked on. */
export interface RunOptions {
  /**
   * Units worked on at the same time, 1 or more. Default: one more than there are processors, so that
   * none has to wait while a video is opened.
   */
  readonly atOnce?: number;
  /** Stops between two frames; what is finished stays. */
  readonly signal?: AbortSignal;
}

const IDLE = new AbortController().signal;

/**
 * An output folder with the right to write into it. Declare it with `await using`.
 *
 * @example Faces of a folder of pictures
 * ```ts
 * import { parseDescription } from "lib/data/descriptions.ts";
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import { Preparation } from "lib/data/prepare.ts";
 * import { PREPARE_SETTINGS } from "lib/data/prepare/prepare_settings.ts";
 * import { openDataSet } from "lib/data/readers/open_data_set.ts";
 * import assert from "node:assert/strict";
 *
 * const root = await Deno.makeTempDir(), out = await Deno.makeTempDir();
 * await Deno.mkdir(`${root}/real`);
 * await Deno.copyFile(demoPhotographs()[0], `${root}/real/one.jpg`);
 * const text = JSON.stringify({ name: "mine", reader: "folders", root });
 * const dataSet = await openDataSet(parseDescription(text, `${root}/mine.yaml`));
 * {
 *   await using preparation = await Preparation.open(dataSet, {
 *     folder: out,
 *     settings: { ...PREPARE_SETTINGS, size: 32, faces: "all" },
 *   });
 *   for await (const { video, crops } of preparation.run()) {
 *     assert.deepEqual([video, crops], ["real/one.jpg", 3]);
 *   }
 *   assert.equal((await preparation.join()).crops, 3);
 * }
 * for (const folder of [root, out]) await Deno.remove(folder, { recursive: true });
 * ```
 */
export class Preparation implements AsyncDisposable {
  #source: Source;
  #output: OutputFolder;
  #settings: PrepareSettings;
  /** Folders of the units that are worked on: a list may name one twice. */
  #atWork = new Set<string>();

  private constructor(source: Source, output: OutputFolder, settings: PrepareSettings) {
    this.#source = source;
    this.#output = output;
    this.#settings = settings;
  }

  /**
   * Take hold of an output folder; it is made where it is not there.
   *
   * @throws RangeError for settings out of range, a folder that was begun with other settings, holds
   * something else or is part of the data set.
   * @throws Error when another run is at work in it, or it cannot be written.
   */
  static async open(
    source: Source,
    { folder, settings }: { folder: string; settings: PrepareSettings },
  ): Promise<Preparation> {
    checkSettings(settings);
    const { root, description } = source;
    assertOutside(folder, { root, isList: description?.reader === "csv" });
    const claimed = recordedSettings(source.name, settings);
    const output = await OutputFolder.open(folder, { work: "prepare", settings: claimed });
    return new Preparation(source, output, settings);
  }

  /**
   * Count what there is to do, and what earlier runs have done.
   *
   * @param onProblem Hears what is wrong with the data set's lists, before hours of work.
   * @throws RangeError when the data set cannot be read, or contradicts itself.
   */
  async survey(onProblem: OnProblem = () => {}): Promise<Survey> {
    const counts = noClassCounts();
    let units = 0, done = 0;
    for await (const unit of unitsOf(this.#source.entries(onProblem))) {
      units++;
      countClass(counts, unit.entry);
      if (await this.#isDone(unit)) done++;
    }
    return { units, done, counts };
  }

  /**
   * Prepare what is not done yet, and tell of each unit as it is finished. A source that cannot be read
   * is told of, and tried again by the next run.
   *
   * @throws Error when a crop cannot be written (a full disk, no permission), or there is no ffmpeg;
   * the signal's reason when it aborts. What was finished before stays.
   */
  async *run(options: RunOptions = {}): AsyncGenerator<PreparedUnit, void, void> {
    const processors = navigator.hardwareConcurrency;
    const { atOnce = processors + 1, signal = IDLE } = options;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    await using detector = await openFaceDetector({ threads: Math.min(atOnce, processors) });
    using landmarks = this.#settings.landmarks === undefined ? undefined : await openLandmarks();
    const work = async (unit: Unit): Promise<PreparedUnit> => {
      this.#atWork.add(unit.folder);
      const staged = this.#output.stage();
      const { root } = this.#source, settings = this.#settings;
      const source = await sourceMark(unit, root); // before it is read: a file that grows is read again
      const landmarkDetector = landmarks?.detector;
      const cut = { root, folder: staged, detector, landmarkDetector, settings, signal: either };
      const record = { source, ...await cutUnit(unit, cut) };
      await commitUnit(staged, { folder: join(this.#output.path, unit.folder), record });
      this.#atWork.delete(unit.folder);
      return {
        video: unit.entry.video,
        looked: record.looked,
        crops: record.crops.length,
        failed: hasFailed(record),
        unreadable: hasFailed(record) ? 0 : unreadablePictures(record),
      };
    };
    yield* pooled(this.#unitsToDo(either), work, { atOnce, stop: () => stop.abort() });
  }

  /**
   * Write manifest.csv and report.csv from all units, in the order of the data set.
   *
   * @throws Error when a unit has not been prepared, or a file cannot be written.
   */
  join(): Promise<PrepareSummary> {
    return joinRecords(this.#source, { folder: this.#output.path, cut: cutName(this.#settings) });
  }

  /** Let the folder go. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#output[Symbol.asyncDispose]();
  }

  #units(): AsyncGenerator<Unit> {
    return unitsOf(this.#source.entries(() => {})); // what is wrong with the lists is told by join
  }

  async *#unitsToDo(signal: AbortSignal): AsyncGenerator<Unit> {
    for await (const unit of this.#units()) {
      signal.throwIfAborted();
      if (this.#atWork.has(unit.folder) || await this.#isDone(unit)) continue;
      yield unit;
    }
  }

  async #isDone(unit: Unit): Promise<boolean> {
    const record = await readRecord(join(this.#output.path, unit.folder));
    return record !== undefined && !hasFailed(record) &&
      record.source === await sourceMark(unit, this.#source.root);
  }
}

/**
 * The landmark network, on the engine that runs already, or on one of a single thread: how many threads add a
 * sum up can turn the last digit of a landmark, a hundredth of a pixel.
 */
async function openLandmarks(): Promise<{ detector: LandmarkDetector } & Disposable> {
  await (runningEngine() ?? startEngine({ intraOpThreads: 1, interOpThreads: 1 }));
  const detector = await openLandmarkDetector();
  return { detector, [Symbol.dispose]: () => detector.dispose() };
}
