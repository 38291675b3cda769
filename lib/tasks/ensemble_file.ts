/**
 * The file that says which detectors are one: YAML in a folder of its own, which is named as a run's folder is.
 * Results about the ensemble go into that folder.
 */
import { parse } from "@std/yaml";
import { COMBINATIONS, type EnsembleSettings } from "lib/detectors/ensemble.ts";
import { isRecord } from "lib/io/is_record.ts";
import { join } from "node:path";
import type { ConfigurationArguments } from "./configuration_arguments.ts";

/** Its name in the ensemble's folder. */
export const ENSEMBLE_FILE = "ensemble.yaml";

/** A member as the file has it. */
export interface DescribedMember extends ConfigurationArguments {
  /** A run's id, a run's folder or a file of weights, by its path from the ensemble's folder. */
  readonly weights: string;
  /** What it counts beside the others. Default 1. */
  readonly share: number;
}

/** What the file says. */
export interface EnsembleDescription extends Pick<EnsembleSettings, "combine"> {
  /** The members, in order. */
  readonly members: readonly DescribedMember[];
}

/** What a member may have, and what its values must be. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = Object.freeze({
  weights: (value: unknown) => typeof value === "string" && value !== "",
  share: (value: unknown) => typeof value === "number" && value > 0 && value < Infinity,
  detector: (value: unknown) => typeof value === "string",
  preset: (value: unknown) => typeof value === "string",
  set: (value: unknown) => Array.isArray(value) && value.every((x) => typeof x === "string"),
});

function memberOf(written: unknown, place: number, path: string): DescribedMember {
  const which = `${path}: member ${place + 1}`;
  if (!isRecord(written) || written.weights === undefined) {
    throw new RangeError(`${which} must say its weights: a run's id, a run's folder, or a file.`);
  }
  for (const [field, value] of Object.entries(written)) {
    if (!Object.hasOwn(FIELDS, field)) {
      throw new RangeError(
        `${which} has "${field}", but a member has ${Object.keys(FIELDS).join(", ")}.`,
      );
    }
    if (!FIELDS[field](value)) {
      throw new RangeError(
        `${which}: ${field} is ${
          JSON.stringify(value)
        }, but weights, detector and preset are words, share is a ` +
          "number above 0, and set is a list such as [imageSize=320].",
      );
    }
  }
  const { weights, share = 1, detector, preset, set = [] } = written as Record<string, unknown>;
  return {
    weights: weights as string,
    share: share as number,
    ...detector === undefined ? {} : { detector: detector as string },
    ...preset === undefined ? {} : { preset: preset as string },
    changes: set as string[],
  };
}

/**
 * What the text of such a file says.
 *
 * @param path The file, for errors.
 * @throws RangeError for what is no ensemble, naming the member and the field.
 *
 * @example WM's submission to the Deepfake Detection Challenge
 * ```ts
 * import { parseEnsemble } from "lib/tasks/ensemble_file.ts";
 * import assert from "node:assert/strict";
 *
 * const text = `
 * combine: probabilities
 * members:
 *   - { weights: xception-hg-2.pth, detector: xception, share: 0.2 }
 *   - { weights: ckpt_x.pth, detector: ws_dan, preset: xception, share: 0.7 }
 *   - { weights: ckpt_e.pth, detector: ws_dan, preset: b3, share: 0.1 }
 * `;
 * const { members } = parseEnsemble(text, "ensemble.yaml");
 * assert.deepEqual(members.map(({ share }) => share), [0.2, 0.7, 0.1]);
 * ```
 */
export function parseEnsemble(text: string, path: string): EnsembleDescription {
  let written: unknown;
  try {
    written = parse(text);
  } catch (cause) {
    throw new RangeError(`${path} is no YAML: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(written) || !Array.isArray(written.members) || written.members.length < 2) {
    throw new RangeError(
      `${path} must have "members", a list of two detectors or more with their weights.`,
    );
  }
  const { combine = COMBINATIONS[0], members, ...strange } = written;
  const [field] = Object.keys(strange);
  if (field !== undefined) {
    throw new RangeError(`${path} has "${field}", but an ensemble has combine and members.`);
  }
  if (!COMBINATIONS.includes(combine as EnsembleSettings["combine"])) {
    throw new RangeError(
      `${path}: combine is ${JSON.stringify(combine)}, but must be ${COMBINATIONS.join(" or ")}.`,
    );
  }
  return {
    combine: combine as EnsembleSettings["combine"],
    members: (members as unknown[]).map((member, place) => memberOf(member, place, path)),
  };
}

/**
 * The description in a folder; undefined where there is none.
 *
 * @throws RangeError as `parseEnsemble`.
 */
export async function readEnsemble(folder: string): Promise<EnsembleDescription | undefined> {
  const path = join(folder, ENSEMBLE_FILE);
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  });
  return text === undefined ? undefined : parseEnsemble(text, path);
}
