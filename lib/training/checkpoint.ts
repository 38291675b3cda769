/**
 * A run's whole state in one file: variables, optimiser, the step and what was recorded so far. The
 * file is replaced in one move, so that a run killed at any moment goes on from the last whole one.
 */
import * as tf from "@tensorflow/tfjs";
import { basename, dirname, join } from "node:path";
import type { Configuration } from "lib/config.ts";
import {
  float32Values,
  readSafetensors,
  type StoredTensor,
  storeFloat32,
  writeSafetensors,
} from "lib/models/safetensors.ts";
import type { StepRecord } from "./record.ts";

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

/**
 * Writes the state of a run, whole or not at all; the folder is made when missing.
 *
 * @param path The file, `…/checkpoint.safetensors`; the previous one is replaced.
 * @throws Errors of the file system (a full disk, no permission); the previous file is then intact.
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
    tensors.set(name, storeFloat32(values, variable.shape));
  }
  await writeSafetensors(path, { tensors, metadata: { run: JSON.stringify(state) } });
}

/** Removes what a killed run had half written beside its checkpoint; a run has one writer. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.startsWith(`.${basename(path)}.`) && name.endsWith(".part")) {
        await Deno.remove(join(folder, name));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Puts a saved state back into the variables of a run that was set up in the same way.
 *
 * @returns The state, or `undefined` when there is no file: the run begins.
 * @throws Error when the file is damaged, belongs to another configuration or to other variables;
 * the message names the file, the difference and what to do. No variable has then been changed.
 */
export async function restoreCheckpoint(
  path: string,
  { variables, configuration }: { variables: RunVariables; configuration: Configuration },
): Promise<RunState | undefined> {
  await removeLeftovers(path);
  const file = await readSafetensors(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;

  const refuse = (why: string): never => {
    throw new Error(`${path}: ${why}. Move the file away to begin the run anew.`);
  };
  const state = JSON.parse(file.metadata.run ?? refuse("no run is recorded in it")) as RunState;
  for (const key of Object.keys(configuration) as (keyof Configuration)[]) {
    const [now, then] = [configuration[key], state.configuration[key]].map((v) =>
      JSON.stringify(v)
    );
    if (now !== then) refuse(`it was written with ${key} = ${then}, this run has ${now}`);
  }
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
  return state;
}
