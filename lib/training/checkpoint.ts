/**
 * A run's state in one file: variables, optimiser, and how far the run is. All else follows: random
 * numbers, order and schedule from seed and step. What grows with the run is in its history. Two states
 * are kept, the last and the one before; each is whole at any moment.
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Configuration,
  effectiveFields,
  type PlainConfiguration,
  plainConfiguration,
} from "lib/detectors/configuration.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import { readConfiguration } from "lib/detectors/read_configuration.ts";
import {
  float32Values,
  readSafetensors,
  type StoredTensor,
  storeFloat32,
  type TensorFile,
  writeSafetensors,
} from "lib/networks/weights/safetensors.ts";
import type { LossScale } from "./loss_scale.ts";
import type { Selection } from "./selection.ts";
import type { StepRecord } from "./step_record.ts";

/** What a checkpoint holds besides the variables. */
export interface RunState {
  /** The configuration of the run; a checkpoint of another one is refused. */
  readonly configuration: Configuration;
  /** Steps done and written down. */
  readonly step: number;
  /** What their validations have shown. */
  readonly selection: Selection;
  /**
   * The step after those, where it was taken but its validation did not come to its end: the variables
   * are those after it.
   */
  readonly taken?: StepRecord | undefined;
  /** Where the scale of the loss stands after those; left out: the loss is not scaled. */
  readonly lossScale?: LossScale | undefined;
  /** Whether the run is over: then the file holds no variables, and the detector's file is what is left. */
  readonly finished?: boolean;
}

/** Every float32 variable that the run changes, by name: parameters, loss weights, optimiser. */
export type RunVariables = Readonly<Record<string, tf.Variable>>;

/** Where a file of the same run lies beside its checkpoint: `run.safetensors`, `run.previous.safetensors`. */
function beside(path: string, word: "previous" | "next"): string {
  return path.replace(/(\.safetensors)?$/, `.${word}.safetensors`);
}

/** The variables as they are written; only good ones are. */
async function storedVariables(
  path: string,
  { variables, step }: { variables: RunVariables; step: number },
): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, variable] of Object.entries(variables)) {
    const values = await variable.data();
    if (!(values instanceof Float32Array)) {
      throw new TypeError(`${name} is ${variable.dtype}; a checkpoint holds float32 variables.`);
    }
    const bad = values.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new RangeError(
        `After ${step} steps ${name} holds ${values[bad]}: the run has diverged, and this state ` +
          `is not written to ${path}. Go on from the last one with a smaller learning rate.`,
      );
    }
    tensors.set(name, storeFloat32(values, variable.shape));
  }
  return tensors;
}

/**
 * Writes the state of a run, whole or not at all; the folder is made when missing. The state that was
 * there becomes `….previous.safetensors`, and what had that name is gone: of all states, the last two
 * are kept. Of a finished run one is, and it holds no variables.
 *
 * @param path The file, `…/checkpoint.safetensors`.
 * @throws RangeError when a variable holds NaN or an infinity, naming it: only good states are kept.
 * @throws Errors of the file system (a full disk, no permission); the two states are then as they were.
 */
export async function saveCheckpoint(
  path: string,
  { variables, state }: { variables: RunVariables; state: RunState },
): Promise<void> {
  const tensors = state.finished
    ? new Map<string, StoredTensor>()
    : await storedVariables(path, { variables, step: state.step });
  const written = { ...state, configuration: plainConfiguration(state.configuration) };
  // Whole on the disk first: from here on this is the run's state, whenever the rest is done.
  await writeSafetensors(beside(path, "next"), {
    tensors,
    metadata: { run: JSON.stringify(written) },
  });
  await putInPlace(path);
  if (state.finished) await Deno.remove(beside(path, "previous")).catch(unlessMissing);
}

/** Takes it that a file is not there; other errors go on. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}

/** Gives a state that is whole on the disk the place of the last one, which becomes the one before. */
async function putInPlace(path: string): Promise<void> {
  const next = beside(path, "next");
  if (!await Deno.stat(next).then(() => true, unlessMissing)) return;
  await Deno.rename(path, beside(path, "previous")).catch(unlessMissing);
  await Deno.rename(next, path);
}

/** What a checkpoint gave back. */
export interface RestoredState extends RunState {
  /** The records of all steps, which the first edition of the kit kept in its states. */
  readonly history?: readonly StepRecord[];
}

/**
 * Puts a saved state back into the variables of a run that was set up in the same way: the last one, or
 * the previous one where that is missing. The state of a finished run changes no variable.
 *
 * @returns The state, or `undefined` when there is neither: the run begins.
 * @throws Error when the file is damaged, belongs to another configuration or to other variables;
 * the message names the file, the difference and what to do. No variable has then been changed.
 */
export async function restoreCheckpoint(
  path: string,
  { variables, configuration }: { variables: RunVariables; configuration: Configuration },
): Promise<RestoredState | undefined> {
  await putInPlace(path);
  const file = await readFirst([path, beside(path, "previous")]);
  if (file === undefined) return undefined;
  const refuse = (why: string): never => {
    throw new Error(
      `${file.path}: ${why}. Move the run's files away to begin it anew, or choose another folder.`,
    );
  };
  const text = file.metadata.run ?? refuse("no run is recorded in it");
  const { written, then } = stateIn(text, { kind: configuration.detector.kind, refuse });
  const difference = firstDifference(then, configuration);
  if (difference) refuse(difference);
  if (written.finished) await Deno.remove(beside(path, "previous")).catch(unlessMissing);
  else assign(variables, file, refuse);
  const { selection = { since: 0 }, ...rest } = written;
  return { ...rest, configuration, selection: { best: undefined, ...selection } };
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** The state that a file's text says, and its configuration. */
function stateIn(
  text: string,
  { kind, refuse }: { kind: DetectorKind; refuse: (why: string) => never },
): { written: WrittenState; then: Configuration } {
  try {
    const written = JSON.parse(text) as WrittenState, { step, selection } = written;
    if (!isCount(step)) throw new TypeError(`Its step is ${step}.`);
    if (selection && !isCount(selection.since)) throw new TypeError("It has no selection.");
    return { written, then: readConfiguration(written.configuration, [kind]) };
  } catch (error) {
    return refuse(`what it says of its run cannot be read. ${(error as Error).message}`);
  }
}

/** A state as JSON has it; that of the first edition has a flat configuration and no selection. */
type WrittenState = Omit<RestoredState, "configuration" | "selection"> & {
  readonly configuration: PlainConfiguration;
  readonly selection?: Partial<Selection> & Pick<Selection, "since">;
};

/** Gives the variables their values in the file, once all of them are there in their shapes. */
function assign(variables: RunVariables, { tensors }: TensorFile, refuse: (why: string) => never) {
  for (const name of new Set([...Object.keys(variables), ...tensors.keys()])) {
    const [here, there] = [variables[name]?.shape, tensors.get(name)?.shape];
    if (String(here) !== String(there) || !here || !there) {
      const shape = (s?: readonly number[]) => s ? `[${s}]` : "nothing";
      refuse(`${name} is ${shape(there)} in the file and ${shape(here)} in this run`);
    }
  }
  for (const [name, variable] of Object.entries(variables)) {
    const stored = tensors.get(name)!;
    tf.tidy(() => variable.assign(tf.tensor(float32Values(stored), variable.shape)));
  }
}

/** What differs between the configuration in the file and this run's, in words. */
function firstDifference(then: Configuration, now: Configuration): string | undefined {
  const [before, after] = [then, now].map((one) => new Map(effectiveFields(one)));
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const [old, own] = [before, after].map((fields) =>
      JSON.stringify(fields.get(field)) ?? "nothing"
    );
    if (old !== own) return `it was written with ${field} = ${old}, this run has ${own}`;
  }
  return undefined;
}

/** The first of the files that is there; a damaged one is an error. */
async function readFirst(paths: readonly string[]): Promise<TensorFile | undefined> {
  for (const path of paths) {
    const file = await readSafetensors(path).catch(unlessMissing);
    if (file) return { ...file, path };
  }
  return undefined;
}
