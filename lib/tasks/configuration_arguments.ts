/**
 * A configuration from the command line: a detector, one of its presets, and single fields changed.
 * Imports packages, so it is loaded after the set-up.
 */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Changes, type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import { detectorKind, DETECTORS } from "lib/detectors/register.ts";

/** What `--detector`, `--preset` and `--set` say. */
export interface ConfigurationArguments {
  /** A name in the register, or the path of a TypeScript file; left out: the paper's detector. */
  readonly detector?: string;
  /** One of the detector's presets; left out: its first. */
  readonly preset?: string;
  /** `"field=value"`; a list is written with commas, and later ones win. */
  readonly changes?: readonly string[];
}

const isKind = (value: unknown): value is DetectorKind =>
  typeof value === "object" && value !== null &&
  ["name", "rules", "presets", "of"].every((part) => Object.hasOwn(value, part));

/**
 * The kind that `--detector` names: of the register, or the default export of a file of one's own. The
 * file's code is run, so it is one that the user named.
 *
 * @throws RangeError for a name that is not in the register, or a file that is missing or exports no kind.
 */
export async function kindFrom(argument: string = DETECTORS[0].name): Promise<DetectorKind> {
  if (!/\.[cm]?[jt]s$/.test(argument)) return detectorKind(argument);
  const path = isAbsolute(argument) ? argument : resolve(argument);
  await Deno.stat(path).catch((cause) => {
    throw new RangeError(`There is no file ${path} to take the detector from.`, { cause });
  });
  const { default: kind } = await import(pathToFileURL(path).href) as { default?: unknown };
  if (isKind(kind)) return kind;
  throw new RangeError(
    `${path} exports no detector. End it with: export default defineDetector({ … }); see ` +
      "lib/detectors/define_detector.ts.",
  );
}

/** Text as what it says: a number, a truth value, a list, or itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "NaN" ? NaN : text.includes(",") ? text.split(",") : text;
  }
}

/** The fields that `--set` changes; `base` says which hold lists. */
export function changesFrom(base: Configuration, changes: readonly string[]): Changes {
  const fields: Record<string, unknown> = {
    ...base.detector.settings,
    ...base.data,
    ...base.training,
  };
  const changed: Record<string, unknown> = {};
  for (const change of changes) {
    const at = change.indexOf("=");
    if (at < 1) throw new RangeError(`--set takes field=value, such as blocks=3, not "${change}".`);
    const field = change.slice(0, at), value = valueOf(change.slice(at + 1));
    changed[field] = Array.isArray(fields[field]) && !Array.isArray(value) ? [value] : value;
  }
  for (const [one, other] of [["steps", "epochs"], ["epochs", "steps"]]) {
    if (Number(changed[one]) > 0 && !Object.hasOwn(changed, other)) changed[other] = 0;
  }
  return changed;
}

/**
 * The configuration that arguments describe. `steps` above 0 puts `epochs` to 0 unless that is set too,
 * and the other way round.
 *
 * @throws RangeError for what there is not (a detector, a preset, a field), for a change without "=", a
 * value out of range, or one that has no effect.
 *
 * @example
 * ```ts
 * import { configurationFrom } from "lib/tasks/configuration_arguments.ts";
 * import assert from "node:assert/strict";
 *
 * const { detector } = await configurationFrom({ preset: "quick", changes: ["blocks=3"] });
 * assert.equal((detector.settings as { blocks: number }).blocks, 3);
 * await assert.rejects(configurationFrom({ changes: ["block=3"] }), /no field "block"/);
 * ```
 */
export async function configurationFrom(
  { detector, preset, changes = [] }: ConfigurationArguments,
): Promise<Configuration> {
  const base = presetOf(await kindFrom(detector), preset);
  return sayingWhatFits(() => vary(base, changesFrom(base, changes)));
}

/** A wrong field's name is the command line's fault, as a wrong value is, and none of ours. */
export function sayingWhatFits<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError) throw new RangeError(error.message, { cause: error });
    throw error;
  }
}
