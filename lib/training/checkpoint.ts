/**
 * A run's whole state in one file: variables, optimiser, and a record of every step so far. All else
 * follows: random numbers, order and schedule from seed and step, the best step and the end of patience
 * from the records. Two states are kept, the last and the one before; each is whole at any moment, so
 * that a run that is killed, or meets a full disk, goes on from one of them.
 */
import * as tf from "@tensorflow/tfjs";
import { basename, dirname, join } from "node:path";
import {
  type Configuration,
  effectiveFields,
  type PlainConfiguration,
  plainConfiguration,
} from "lib/detectors/configuration.ts";
import { readConfiguration } from "lib/detectors/read_configuration.ts";
import {
  float32Values,
  readSafetensors,
  type StoredTensor,
  storeFloat32,
  writeSafetensors,
} from "lib/networks/weights/safetensors.ts";
import type { StepRecord } from "./step_record.ts";

/** What a checkpoint holds besides the variables. */
export interface RunState {
  /** The configuration of the run; a checkpoint of another one is refused. */
  readonly configuration: Configuration;
  /** Steps done. */
  readonly step: number;
  /** One record for each step done. */
  readonly history: readonly StepRecord[];
}

/** Every float32 variable that the run changes, by name: parameters, loss weights, optimiser. */
export type RunVariables = Readonly<Record<string, tf.Variable>>;

/** Where a file of the same run lies beside its checkpoint: `run.safetensors`, `run.previous.safetensors`. */
function beside(path: string, word: "previous" | "next"): string {
  return path.replace(/(\.safetensors)?$/, `.${word}.safetensors`);
}

/**
 * Writes the state of a run, whole or not at all; the folder is made when missing. The state that was
 * there becomes `….previous.safetensors`, and what had that name is gone: of all states, the last two
 * are kept.
 *
 * @param path The file, `…/checkpoint.safetensors`.
 * @throws RangeError when a variable holds NaN or an infinity, naming it: only good states are kept.
 * @throws Errors of the file system (a full disk, no permission); the two states are then as they were.
 */
export async function saveCheckpoint(
  path: string,
  { variables, state }: { variables: RunVariables; state: RunState },
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, variable] of Object.entries(variables)) {
    const values = await variable.data();
    if (!(values instanceof Float32Array)) {
      throw new TypeError(`${name} is ${variable.dtype}; a checkpoint holds float32 variables.`);
    }
    const bad = values.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new RangeError(
        `After ${state.step} steps ${name} holds ${
          values[bad]
        }: the run has diverged, and this state ` +
          `is not written to ${path}. Go on from the last one with a smaller learning rate.`,
      );
    }
    tensors.set(name, storeFloat32(values, variable.shape));
  }
  // Whole on the disk first; then two renames, between which the previous state is still there.
  await writeSafetensors(beside(path, "next"), {
    tensors,
    metadata: {
      run: JSON.stringify({ ...state, configuration: plainConfiguration(state.configuration) }),
    },
  });
  await Deno.rename(path, beside(path, "previous")).catch(unlessMissing);
  await Deno.rename(beside(path, "next"), path);
}

/** Takes it that a file is not there; other errors go on. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}

/** Removes what a killed run had not put in its place; a run has one writer. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path), next = basename(beside(path, "next"));
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const half = name.startsWith(`.${next}.`) && name.endsWith(".part");
      if (half || name === next) await Deno.remove(join(folder, name));
    }
  } catch (error) {
    unlessMissing(error);
  }
}

/**
 * Puts a saved state back into the variables of a run that was set up in the same way: the last one, or
 * the previous one where that is missing.
 *
 * @returns The state, or `undefined` when there is neither: the run begins.
 * @throws Error when the file is damaged, belongs to another configuration or to other variables;
 * the message names the file, the difference and what to do. No variable has then been changed.
 */
export async function restoreCheckpoint(
  path: string,
  { variables, configuration }: { variables: RunVariables; configuration: Configuration },
): Promise<RunState | undefined> {
  await removeLeftovers(path);
  const found = await readFirst([path, beside(path, "previous")]);
  if (found === undefined) return undefined;
  const { file } = found;

  const refuse = (why: string): never => {
    throw new Error(
      `${found.path}: ${why}. Move the run's files away to begin it anew, or choose another folder.`,
    );
  };
  const state = JSON.parse(file.metadata.run ?? refuse("no run is recorded in it")) as WrittenState;
  const difference = firstDifference(
    readConfiguration(state.configuration, [configuration.detector.kind]),
    configuration,
  );
  if (difference) refuse(difference);
  const names = new Set([...Object.keys(variables), ...file.tensors.keys()]);
  for (const name of names) {
    const [here, there] = [variables[name]?.shape, file.tensors.get(name)?.shape];
    if (String(here) !== String(there) || !here || !there) {
      const shape = (s?: readonly number[]) => s ? `[${s}]` : "nothing";
      refuse(`${name} is ${shape(there)} in the file and ${shape(here)} in this run`);
    }
  }
  for (const [name, variable] of Object.entries(variables)) {
    const stored = file.tensors.get(name)!;
    tf.tidy(() => variable.assign(tf.tensor(float32Values(stored), variable.shape)));
  }
  return { ...state, configuration };
}

/** A state as JSON has it; that of the first edition has a flat configuration. */
type WrittenState = Omit<RunState, "configuration"> & {
  readonly configuration: PlainConfiguration;
};

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
async function readFirst(paths: readonly string[]) {
  for (const path of paths) {
    const file = await readSafetensors(path).catch(unlessMissing);
    if (file) return { path, file };
  }
  return undefined;
}
