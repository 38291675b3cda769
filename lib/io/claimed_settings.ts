/** The settings of an output folder, written into it, so that what is made in two ways never meets in one. */
import { join } from "node:path";
import { writeWhole } from "./write_whole.ts";

/** The file in an output folder that holds its settings. */
export const SETTINGS_FILE = "settings.json";

/**
 * Writes settings into a new output folder, or compares them with those that are there.
 *
 * @param folder It is there.
 * @param settings By name; what is undefined is as good as not there.
 * @throws RangeError when the folder was begun with other settings; the message names them.
 *
 * @example
 * ```ts
 * import { claimSettings } from "lib/io/claimed_settings.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await claimSettings(folder, { dataset: "mine", size: 96 });
 * await claimSettings(folder, { dataset: "mine", size: 96 });
 * const other = claimSettings(folder, { dataset: "mine", size: 64 });
 * await assert.rejects(other, /size was 96 and is 64/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function claimSettings(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = join(folder, SETTINGS_FILE);
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (text === undefined) {
    await writeWhole(path, new TextEncoder().encode(JSON.stringify(settings, null, 2) + "\n"));
    return;
  }
  const before = JSON.parse(text) as Record<string, unknown>;
  const shown = (value: unknown) => JSON.stringify(value) ?? "not set";
  const changed = Object.keys({ ...before, ...settings })
    .filter((name) => shown(before[name]) !== shown(settings[name]))
    .map((name) => `${name} was ${shown(before[name])} and is ${shown(settings[name])}`);
  if (changed.length > 0) {
    throw new RangeError(
      `${JSON.stringify(folder)} was begun with other settings: ${changed.join("; ")}. ` +
        "Use those again, or another folder.",
    );
  }
}
