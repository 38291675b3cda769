/** A configuration from the command line: a preset, and single fields changed. */
import { type Configuration, OFFICIAL_CODE, PAPER, QUICK, SMOKE, vary } from "lib/config.ts";

/** The presets by the names that commands take. */
export const PRESETS: Readonly<Record<string, Configuration>> = Object.freeze({
  paper: PAPER,
  officialCode: OFFICIAL_CODE,
  quick: QUICK,
  smoke: SMOKE,
});

/** Text as what it says: a number, a truth value, a list, or itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "NaN" ? NaN : text.includes(",") ? text.split(",") : text;
  }
}

/**
 * The configuration that arguments describe.
 *
 * @param preset A name in `PRESETS`.
 * @param changes `"field=value"`, as `--set` takes them; a list is written with commas. Later ones win.
 * `steps` above 0 puts `epochs` to 0 unless that is set too, and the other way round.
 * @throws RangeError for an unknown preset, a change without "=", or a value out of range.
 * @throws TypeError for a field that does not exist, naming those that do.
 *
 * @example
 * ```ts
 * import { settingsFrom } from "lib/tasks/configuration_arguments.ts";
 * import assert from "node:assert/strict";
 *
 * const configuration = settingsFrom("quick", ["blocks=3", "crossEntropyTerms=global,joint"]);
 * assert.equal(configuration.blocks, 3);
 * assert.deepEqual(configuration.crossEntropyTerms, ["global", "joint"]);
 * assert.throws(() => settingsFrom("quick", ["block=3"]), /no field "block"/);
 * ```
 */
export function settingsFrom(preset: string, changes: readonly string[] = []): Configuration {
  if (!Object.hasOwn(PRESETS, preset)) {
    const names = Object.keys(PRESETS).join(", ");
    throw new RangeError(`There is no preset "${preset}". Presets: ${names}.`);
  }
  const changed: Record<string, unknown> = {};
  for (const change of changes) {
    const at = change.indexOf("=");
    if (at < 1) throw new RangeError(`--set takes field=value, such as blocks=3, not "${change}".`);
    const field = change.slice(0, at), value = valueOf(change.slice(at + 1));
    const isList = Array.isArray(PRESETS[preset][field as keyof Configuration]);
    changed[field] = isList && !Array.isArray(value) ? [value] : value;
  }
  for (const [one, other] of [["steps", "epochs"], ["epochs", "steps"]]) {
    if (Number(changed[one]) > 0 && !Object.hasOwn(changed, other)) changed[other] = 0;
  }
  return vary(PRESETS[preset], changed as Partial<Configuration>);
}
