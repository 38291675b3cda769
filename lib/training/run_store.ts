/**
 * The folder of one run as a store with one writer: history, state and best detector, which belong
 * together after a kill at any moment.
 *
 * The order of writing makes it so. A record goes to the history; a new best detector goes beside the last
 * one, under the word "next"; then the history is flushed, and the state that counts both is written.
 * From that moment the detector of the state's best step is the run's, and is given its name. Whoever
 * opens the store after a kill does what was left to do: history beyond the state is dropped, and so is a
 * detector of a step that the state has not come to.
 *
 * A run that is over keeps its detector, history and record; the optimiser's state and the weights of
 * the last step, where another step's are the detector, are dropped.
 */
import { join } from "node:path";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { FaceCut } from "lib/faces/face_cut.ts";
import { DETECTOR_FILE, saveDetector } from "lib/detectors/detector_file.ts";
import { lockFolder } from "lib/io/folder_lock.ts";
import { removeUnfinished } from "lib/io/write_whole.ts";
import { readSafetensors } from "lib/networks/weights/safetensors.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import {
  restoreCheckpoint,
  type RestoredState,
  type RunState,
  saveCheckpoint,
} from "./checkpoint.ts";
import { openHistory } from "./history.ts";
import type { Learner } from "./learner.ts";
import { BEGINNING, selectionOf } from "./selection.ts";
import type { StepRecord } from "./step_record.ts";

/** The state's file in a run's folder. */
const CHECKPOINT_FILE = "checkpoint.safetensors";

/** The file of a detector that no state counts yet. */
const NEXT_DETECTOR = DETECTOR_FILE.replace(/\.safetensors$/, ".next.safetensors");

/** How far the run is, but for its configuration. */
export type Progress = Omit<RunState, "configuration">;

/** A run's folder, open for writing. Declare it with `await using`. */
export interface RunStore extends AsyncDisposable {
  /** How far an earlier sitting came; its records are in the history. */
  readonly kept: Progress & { readonly seconds: number };
  /** Adds a step's record to the history. @throws as `History.append`. */
  append(record: StepRecord): Promise<void>;
  /** Keeps the learner's detector as that of this step, to be the run's once the state is saved. */
  keepDetector(record: StepRecord): Promise<void>;
  /** Keeps the state. @throws RangeError when it has diverged; Error when it cannot be written. */
  save(progress: Progress): Promise<void>;
  /** Ends the run: drops what only a run that goes on needs, and gives the learner the run's detector. */
  finish(progress: Progress): Promise<void>;
}

/** What a run has that no sitting has begun. */
const NEW: Omit<RestoredState, "configuration"> = Object.freeze({ step: 0, selection: BEGINNING });

/**
 * Opens a run's folder, and puts what was kept there into the learner.
 *
 * @param folder It is made where it is not there.
 * @param run `cut`: how the faces that it learns from were cut, where that is known.
 * @throws Error when another process is at work in it, it cannot be written to, or its files belong to
 * another run or are incomplete; each message says what to do.
 */
export async function openRunStore(
  folder: string,
  { learner, configuration, cut }: {
    learner: Learner;
    configuration: Configuration;
    cut?: FaceCut | undefined;
  },
): Promise<RunStore> {
  await using held = new AsyncDisposableStack();
  held.use(await lockFolder(folder, "training"));
  await removeUnfinished(folder);
  const path = join(folder, CHECKPOINT_FILE), { variables, parameters } = learner;
  const { history: records, ...found } =
    await restoreCheckpoint(path, { variables, configuration }) ?? NEW;
  const { history, summary } = await openHistory(folder, records ? 0 : found.step);
  held.use(history);
  for (const record of records ?? []) await history.append(record); // a state of the first edition
  const selection = records ? selectionOf(records) : found.selection;
  await settleDetector(folder, { ...found, selection });

  let waiting: number | undefined; // the step of a detector that no state counts yet
  const save = async (progress: Progress) => {
    await history.flush();
    await saveCheckpoint(path, { variables, state: { configuration, ...progress } });
    if (waiting === undefined || waiting >= progress.step) return;
    await Deno.rename(join(folder, NEXT_DETECTOR), join(folder, DETECTOR_FILE));
    waiting = undefined;
  };
  const last = found.taken ?? records?.at(-1) ?? summary.last;
  const released = held.move();
  return {
    kept: { ...found, selection, seconds: last?.seconds ?? 0 },
    append: (record) => history.append(record),
    keepDetector: async ({ step, validationAuc }) => {
      const origin = {
        configuration,
        step,
        ...validationAuc === undefined ? {} : { validationAuc },
        ...cut === undefined ? {} : { cut },
      };
      await saveDetector(join(folder, NEXT_DETECTOR), { parameters, origin });
      waiting = step;
    },
    save,
    finish: async (progress) => {
      if (!found.finished) {
        await save(progress); // with the variables: they are dropped once the detector is in its place
        await assertDetector(folder, { ...progress, finished: true });
        await save({ ...progress, finished: true });
      }
      loadParameters(parameters, await readSafetensors(join(folder, DETECTOR_FILE)));
    },
    [Symbol.asyncDispose]: () => released.disposeAsync(),
  };
}

/** The step and the AUC that a detector's file carries; undefined where there is no file. */
async function carried(path: string): Promise<{ step: number; auc?: number } | undefined> {
  try {
    const { metadata } = await readSafetensors(path);
    const { step, validationAuc } = JSON.parse(metadata.detector ?? "{}");
    return { step, auc: validationAuc };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(
      `${path} is damaged: what it says of its detector is not JSON (${error.message}). Put back a ` +
        "whole copy, or move the run's files away to begin it anew.",
      { cause: error },
    );
  }
}

/** After a kill: gives a detector that the state counts its name, and drops one that it does not. */
async function settleDetector(folder: string, progress: Progress): Promise<void> {
  const next = join(folder, NEXT_DETECTOR), found = await carried(next);
  const { step, selection: { best } } = progress;
  if (found) {
    const counts = found.step < step && (best === undefined || best.step === found.step);
    if (counts) await Deno.rename(next, join(folder, DETECTOR_FILE));
    else await Deno.remove(next);
  }
  await assertDetector(folder, progress);
}

/**
 * Checks that the detector's file is that of the state's best step. A later one than the state's last step
 * passes: it is there where the state before had to stand in, and is written anew at its step.
 */
async function assertDetector(
  folder: string,
  { step, selection: { best }, finished }: Progress,
): Promise<void> {
  const wanted = best?.step ?? (finished ? step - 1 : undefined);
  if (wanted === undefined) return;
  const path = join(folder, DETECTOR_FILE), found = await carried(path);
  const fits = found?.step === wanted && (best === undefined || found.auc === best.auc);
  if (fits || !finished && found !== undefined && found.step >= step) return;
  const measured = best ? `, validation AUC ${best.auc.toFixed(4)}` : "";
  throw new Error(
    `The run's ${
      best ? "best " : ""
    }detector (step ${wanted}${measured}) should be in ${path}, but ` +
      `${
        found ? `that file is of step ${found.step}, AUC ${found.auc}` : "that file is missing"
      }. ` +
      "Put it back, or move the run's files away to begin it anew.",
  );
}
