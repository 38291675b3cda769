/**
 * A data set's description: the short YAML file in data/ that says where it lies and how. Its keys are in
 * description_fields.ts; reading the data set itself is left to readers/.
 */
import { dirname, resolve } from "node:path";
import { parse } from "@std/yaml";
import {
  DESCRIPTION_FIELDS,
  fieldValues,
  fitsField,
  OWN_READERS,
  type ReaderName,
} from "./description_fields.ts";
import type { Split } from "./samples.ts";

/** What a description says, checked, with paths made absolute. */
export interface Description {
  /** The description's file, for messages. */
  readonly file: string;
  /** The data set's name, as it shall stand in manifests and reports. */
  readonly name: string;
  /** Which reader reads it. */
  readonly reader: ReaderName;
  /** The folder, or for "csv" the file, that everything else is relative to. Absolute. */
  readonly root: string;
  /** "videos": as published. "frames": each video is a folder of pictures, as DeepfakeBench lays it out. */
  readonly layout: "videos" | "frames";
  /** FaceForensics++: H.264 quality. */
  readonly compression: "raw" | "c23" | "c40";
  /** FaceForensics++: which manipulations, in order; undefined for the paper's four. */
  readonly methods?: readonly string[];
  /** The publisher's list or folder of lists, where it is not at its usual place. Absolute. */
  readonly splits?: string;
  /** Share of training identities that become validation where the publisher has none; 0 to 0.5. */
  readonly validation: number;
  /** "folders" and "csv" with `split: train`: share of identities or videos that become test; 0 to 0.5. */
  readonly test: number;
  /** Split of what no list names: "folders" and "csv". */
  readonly split: Split;
  /**
   * "folders" and "csv": which pictures are frames of one clip, see readers/frames_of_clips.ts; undefined
   * for the reader's own rule, which tells what it assumed.
   */
  readonly group?: "folder" | "name" | "none";
  /** "official-lists": read misspelt FaceSwap paths as what they mean. */
  readonly repair: boolean;
}

/**
 * Put environment variables into a path: `${NAME}`, or `${NAME:-what to use when it is not set}`.
 *
 * @throws RangeError when a variable without a default is not set.
 */
function withEnvironment(
  path: string,
  environment: (name: string) => string | undefined,
  where: string,
): string {
  return path.replaceAll(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    const value = environment(name) || otherwise;
    if (value !== undefined) return value;
    throw new RangeError(
      `${where}: the environment variable ${name} is not set. Set it to the data set's folder, or ` +
        "write the folder here.",
    );
  });
}

/**
 * Check the text of a description.
 *
 * @param text YAML: `name`, `reader` and `root`, and of the other keys of `Description` those that the
 * reader looks at. `root` and `splits` are absolute, or relative to the description's folder, and may
 * hold `${NAME}` or `${NAME:-default}` for environment variables.
 * @param file Where it stands; need not exist.
 * @throws RangeError naming file, line and key: not YAML, an unknown key, one that the reader does not
 * look at, one that is missing, a value that is not allowed, an environment variable that is not set.
 *
 * @example
 * ```ts
 * import { parseDescription } from "lib/data/descriptions.ts";
 * import assert from "node:assert/strict";
 *
 * const text = "name: mine\nreader: folders\nroot: ../pictures\n";
 * assert.equal(parseDescription(text, "/data/mine.yaml").root, "/pictures");
 * assert.throws(
 *   () => parseDescription(text + "colour: red\n", "/data/mine.yaml"),
 *   /mine\.yaml", line 4: there is no key "colour"/,
 * );
 * ```
 */
export function parseDescription(
  text: string,
  file: string,
  environment: (name: string) => string | undefined = Deno.env.get,
): Description {
  const lineOf = (key: string) =>
    text.split("\n").findIndex((line) => /^["']?([\w-]+)["']?\s*:/.exec(line)?.[1] === key) + 1;
  const at = (key: string) => `${JSON.stringify(file)}, line ${lineOf(key)}`;
  const fields = yamlMap(text, file);
  const known = Object.keys(DESCRIPTION_FIELDS).join(", ");
  for (const key of Object.keys(fields)) {
    if (!Object.hasOwn(DESCRIPTION_FIELDS, key)) {
      throw new RangeError(`${at(key)}: there is no key "${key}". There are ${known}.`);
    }
  }
  for (const [key, { required }] of Object.entries(DESCRIPTION_FIELDS)) {
    if (required && fields[key] === undefined) {
      throw new RangeError(`${JSON.stringify(file)}: the key "${key}" is missing.`);
    }
  }
  for (const [key, value] of Object.entries(fields)) {
    const field = DESCRIPTION_FIELDS[key]!, { readers } = field;
    if (!fitsField(value, field)) {
      const wanted = fieldValues(field);
      throw new RangeError(`${at(key)}: "${key}" is ${wanted}, not ${JSON.stringify(value)}.`);
    }
    if (readers !== undefined && !readers.includes(fields.reader as ReaderName)) {
      throw new RangeError(
        `${
          at(key)
        }: "${key}" means nothing to the reader ${fields.reader}. Leave it out; it is for ` +
          `${readers.join(", ")}.`,
      );
    }
  }
  for (const key of ["validation", "test"]) {
    if (!OWN_READERS.includes(fields.reader as ReaderName) || Number(fields[key] ?? 0) === 0) {
      continue;
    }
    if (fields.split === "train") continue;
    throw new RangeError(
      `${
        at(key)
      }: "${key}" is a share of what is for training, and nothing is. Write "split: train" too.`,
    );
  }
  const path = (key: "root" | "splits") =>
    resolve(dirname(file), withEnvironment(fields[key] as string, environment, at(key)));
  const given = fields as Partial<Description>;
  return {
    layout: "videos",
    compression: "c23",
    validation: 0,
    test: 0,
    split: "test",
    repair: false,
    ...given,
    file,
    name: given.name!,
    reader: given.reader!,
    root: path("root"),
    ...(given.splits === undefined ? {} : { splits: path("splits") }),
  };
}

function yamlMap(text: string, file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(file)} is not YAML: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new RangeError(
    `${JSON.stringify(file)} holds no "key: value" lines. It needs name, reader and root.`,
  );
}
