/**
 * A recipe: how a prepared set was made and what came out, without a single picture. Who has the same data
 * set cuts it in the same way and compares: which crops are missing, extra, or others.
 *
 * The file is JSON a line: first what it is, with the settings of `prepare`; then a crop a line, as a list of
 * path, label, data set, method, video, split, frame, and the first 32 digits of its file's SHA-256. People
 * in the pictures are not in it.
 */
import { dirname, isAbsolute, join } from "node:path";
import { SETTINGS_FILE } from "lib/io/claimed_settings.ts";
import { fileFault } from "lib/io/file_fault.ts";
import { readNamedText } from "lib/io/named_text.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import { WholeFile } from "lib/io/write_whole.ts";
import { manifestRows } from "./manifest.ts";

import type { Sample } from "./samples.ts";

/** What the first line says that the file is, and of which version. */
const FORMAT = "forgery-clues recipe", VERSION = 1;

/** Lines that are written at a time. */
const AT_ONCE = 1000;

/** Digits of a content, as manifests have them. */
const DIGITS = 32;

/** What a recipe says of a crop, beside its path. */
const OF_CROP = ["label", "dataset", "method", "video", "split", "frame"] as const;

/** A crop's line. */
type Line = readonly [
  path: string,
  label: number,
  dataset: string,
  method: string,
  video: string,
  split: string,
  frame: number,
  content: string,
];

/** The settings of `prepare` beside a manifest; undefined for a list of one's own. */
async function settingsBeside(manifest: string): Promise<Record<string, unknown> | undefined> {
  const path = join(dirname(manifest), SETTINGS_FILE);
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** The content of a crop's file as it is now; undefined where it cannot be read. */
async function contentNow(manifest: string, { path }: Sample): Promise<string | undefined> {
  try {
    const digest = await sha256OfFile(isAbsolute(path) ? path : join(dirname(manifest), path));
    return digest.slice(0, DIGITS);
  } catch (error) {
    if (fileFault(error)) return undefined;
    throw error;
  }
}

/** How crops are read. */
export interface RecipeOptions {
  /** Ends the work. */
  readonly signal?: AbortSignal;
  /** Hears how many crops are done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Writes the recipe of a prepared manifest, whole or not at all. Every file is read for its content.
 *
 * @returns How many crops it lists.
 * @throws RangeError for a manifest without settings beside it, or a crop that cannot be read.
 */
export async function writeRecipe(
  path: string,
  manifest: string,
  { signal, onProgress }: RecipeOptions = {},
): Promise<number> {
  const settings = await settingsBeside(manifest);
  if (settings === undefined) {
    throw new RangeError(
      `There is no ${SETTINGS_FILE} beside ${
        JSON.stringify(manifest)
      }: nothing says how its pictures were ` +
        'cut. A recipe is written of what "deno task prepare" made.',
    );
  }
  await using file = await WholeFile.open(path);
  const encoder = new TextEncoder(),
    lines = [{ format: FORMAT, version: VERSION, settings }] as unknown[];
  const write = () =>
    file.write(encoder.encode(lines.splice(0).map((line) => `${JSON.stringify(line)}\n`).join("")));
  let crops = 0;
  for await (const sample of manifestRows(manifest)) {
    signal?.throwIfAborted();
    const content = await contentNow(manifest, sample);
    if (content === undefined) {
      throw new RangeError(
        `${JSON.stringify(sample.path)}, which ${
          JSON.stringify(manifest)
        } names, cannot be read. Prepare ` +
          "the data set anew.",
      );
    }
    lines.push([sample.path, ...OF_CROP.map((field) => sample[field]), content]);
    crops++;
    onProgress?.(crops);
    if (lines.length === AT_ONCE) await write();
  }
  await write();
  await file.commit();
  return crops;
}

/** What differs between a recipe and a copy. */
export interface RecipeDifference {
  /**
   * "cut": another way of cutting; "missing": a crop that the copy lacks; "extra": one that the recipe lacks;
   * "content": another picture under the same path; "record": another label, method, video, split or frame.
   */
  readonly kind: "cut" | "missing" | "extra" | "content" | "record";
  /** The crop's path, or the setting. */
  readonly path: string;
  /** What is different, in words. */
  readonly message: string;
}

/** The settings that differ, a difference each. */
function cutDifferences(
  recipe: Readonly<Record<string, unknown>>,
  copy: Readonly<Record<string, unknown>> | undefined,
): RecipeDifference[] {
  const shown = (value: unknown) => JSON.stringify(value) ?? "not set";
  if (copy === undefined) {
    const message = `there is no ${SETTINGS_FILE} beside the manifest: nothing says how it was cut`;
    return [{ kind: "cut", path: SETTINGS_FILE, message }];
  }
  return Object.keys({ ...recipe, ...copy }).sort()
    .filter((name) => shown(recipe[name]) !== shown(copy[name]))
    .map((path) => ({
      kind: "cut",
      path,
      message: `is ${shown(copy[path])}, and ${shown(recipe[path])} in the recipe`,
    }));
}

/** The lines of a recipe, after its first one is checked. */
function parseRecipe(text: string, path: string) {
  const lines = text.split("\n").filter((line) => line !== "");
  const refuse = (line: number, why: string): never => {
    throw new RangeError(`${JSON.stringify(path)}, line ${line}: ${why} Get the recipe again.`);
  };
  const parsed = lines.map((line, i): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      return refuse(i + 1, "it is not JSON.");
    }
  });
  const [head, ...rows] = parsed;
  const { format, version, settings } = (head ?? {}) as Record<string, unknown>;
  if (format !== FORMAT || typeof settings !== "object" || settings === null) {
    return refuse(1, `it does not say that it is a "${FORMAT}".`);
  }
  if (version !== VERSION) {
    return refuse(1, `it is of version ${version}, and ${VERSION} is known here.`);
  }
  const wrong = rows.findIndex((row) => !Array.isArray(row) || row.length !== OF_CROP.length + 2);
  if (wrong >= 0) return refuse(wrong + 2, "it is no crop.");
  return { settings: settings as Record<string, unknown>, crops: rows as Line[] };
}

/**
 * Compares a copy with a recipe: the ways of cutting, and every crop's file with its content there.
 *
 * @param manifest The copy's.
 * @returns Yields the differences: the cut's, then the crops' in the manifest's order, then what is missing.
 * @throws RangeError for a file that is no recipe, or of another version.
 */
export async function* recipeDifferences(
  path: string,
  manifest: string,
  { signal, onProgress }: RecipeOptions = {},
): AsyncGenerator<RecipeDifference> {
  const { settings, crops } = parseRecipe(await readNamedText(path), path);
  yield* cutDifferences(settings, await settingsBeside(manifest));
  const waiting = new Map(crops.map((crop) => [crop[0], crop]));
  let done = 0;
  for await (const sample of manifestRows(manifest)) {
    signal?.throwIfAborted();
    done++;
    onProgress?.(done);
    const crop = waiting.get(sample.path);
    if (crop === undefined) {
      yield { kind: "extra", path: sample.path, message: "the recipe does not have it" };
      continue;
    }
    waiting.delete(sample.path);
    const other = OF_CROP.filter((field, i) => sample[field] !== crop[i + 1])
      .map((field) =>
        `${field} is ${JSON.stringify(sample[field])}, and ` +
        `${JSON.stringify(crop[OF_CROP.indexOf(field) + 1])} in the recipe`
      );
    if (other.length > 0) yield { kind: "record", path: sample.path, message: other.join("; ") };
    const content = await contentNow(manifest, sample);
    if (content === undefined) {
      yield {
        kind: "missing",
        path: sample.path,
        message: "the manifest names it, and its file cannot be read",
      };
    } else if (content !== crop.at(-1)) {
      yield { kind: "content", path: sample.path, message: "it is another picture" };
    }
  }
  for (const missing of waiting.keys()) {
    yield { kind: "missing", path: missing, message: "the manifest does not have it" };
  }
}
