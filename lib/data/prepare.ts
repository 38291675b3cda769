/**
 * From a data set to face crops and their manifest: in parallel, and so that a run that was stopped at
 * any moment goes on where it was. Printing is left to the task of the same name.
 *
 * The output folder holds crops/ (a folder for each video, spread over 4096 folders), manifest.csv,
 * report.csv (every frame and video without a face, everything that could not be read) and
 * settings.json.
 */
import { join, relative, resolve } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { type LandmarkDetector, openLandmarkDetector } from "lib/faces/landmarks.ts";
import type { OnProblem } from "./readers/data_set_reader.ts";
import { type ClassCounts, countClass, noClassCounts } from "./training_use.ts";
import { cutUnit } from "./prepare/cut_faces.ts";
import { joinRecords, type PrepareSummary, type Source } from "./prepare/join_manifest.ts";
import { type FolderLock, lockFolder } from "lib/io/folder_lock.ts";
import { pooled } from "lib/io/work_pool.ts";
import { commitUnit, hasFailed, readRecord, unreadablePictures } from "./prepare/unit_records.ts";
import {
  checkSettings,
  claimFolder,
  cutName,
  type PrepareSettings,
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

/** Refuses a folder that the data set's reader would read, or that holds something else. */
async function checkFolder(folder: string, { root, description }: Source): Promise<void> {
  const below = relative(resolve(root), resolve(folder));
  const isList = description?.reader === "csv"; // it is read alone, not what lies beside it
  if (below === "" || !isList && !below.startsWith("..")) {
    throw new RangeError(
      `${JSON.stringify(folder)} is in the data set's own folder, and would be read as part of ` +
        "it. Choose a folder outside.",
    );
  }
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    const others = names.filter((name) => !name.startsWith("."));
    if (others.length > 0 && !names.includes("settings.json")) {
      throw new RangeError(
        `${JSON.stringify(folder)} holds ${JSON.stringify(others[0])}, which is not prepare's. ` +
          "Choose a new or an empty folder.",
      );
    }
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors; // lockFolder says what is wrong with them
    if (!(error instanceof NotFound || error instanceof NotADirectory)) throw error;
  }
}

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
  #folder: string;
  #settings: PrepareSettings;
  #lock: FolderLock;
  /** Folders of the units that are worked on: a list may name one twice. */
  #atWork = new Set<string>();

  private constructor(
    source: Source,
    { folder, settings, lock }: { folder: string; settings: PrepareSettings; lock: FolderLock },
  ) {
    this.#source = source;
    this.#folder = folder;
    this.#settings = settings;
    this.#lock = lock;
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
    await checkFolder(folder, source);
    const lock = await lockFolder(folder, "prepare");
    try {
      await Deno.remove(stagingIn(folder), { recursive: true }).catch(() => {}); // mostly none
      await claimFolder(folder, { dataset: source.name, settings });
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return new Preparation(source, { folder, settings, lock });
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
      const staged = join(stagingIn(this.#folder), crypto.randomUUID());
      const { root } = this.#source, settings = this.#settings;
      const source = await sourceMark(unit, root); // before it is read: a file that grows is read again
      const landmarkDetector = landmarks?.detector;
      const cut = { root, folder: staged, detector, landmarkDetector, settings, signal: either };
      const record = { source, ...await cutUnit(unit, cut) };
      await commitUnit(staged, { folder: join(this.#folder, unit.folder), record });
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
    return joinRecords(this.#source, { folder: this.#folder, cut: cutName(this.#settings) });
  }

  /** Let the folder go. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(stagingIn(this.#folder), { recursive: true }).catch(() => {}); // mostly none
    this.#lock[Symbol.dispose]();
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
    const record = await readRecord(join(this.#folder, unit.folder));
    return record !== undefined && !hasFailed(record) &&
      record.source === await sourceMark(unit, this.#source.root);
  }
}

async function openLandmarks(): Promise<{ detector: LandmarkDetector } & Disposable> {
  await startEngine();
  const detector = await openLandmarkDetector();
  return { detector, [Symbol.dispose]: () => detector.dispose() };
}

const stagingIn = (folder: string) => join(folder, ".staging");
