/**
 * A data set's description: the short YAML file in data/ that says where it lies and how. Reading the
 * data set itself is left to readers/.
 */
import { basename, dirname, resolve } from "node:path";
import { parse } from "@std/yaml";
import { readNamedText } from "lib/io/named_text.ts";
import type { Split } from "./samples.ts";

/** The readers, by the word that a description names them with. */
export const READER_NAMES = [
  "faceforensics",
  "celeb-df-v1",
  "celeb-df-v2",
  "dfdc-preview",
  "dfdc",
  "deepfakebench-json",
  "official-lists",
  "folders",
  "csv",
] as const;

/** One of the readers. */
export type ReaderName = typeof READER_NAMES[number];

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

interface Field {
  /** Readers that look at it; undefined for all. */
  readonly readers?: readonly ReaderName[];
  /** The values, or a word for them. */
  readonly allowed: readonly string[] | "text" | "texts" | "share" | "truth";
  readonly required?: boolean;
}

const WITH_TRAINING: ReaderName[] = ["celeb-df-v1", "celeb-df-v2", "dfdc-preview", "dfdc"];
const OWN: ReaderName[] = ["folders", "csv"];
const PUBLISHED: ReaderName[] = ["faceforensics", ...WITH_TRAINING];

const FIELDS: Readonly<Record<string, Field>> = {
  name: { allowed: "text", required: true },
  reader: { allowed: READER_NAMES, required: true },
  root: { allowed: "text", required: true },
  layout: { allowed: ["videos", "frames"], readers: [...PUBLISHED, "folders"] },
  compression: {
    allowed: ["raw", "c23", "c40"],
    readers: ["faceforensics", "deepfakebench-json"],
  },
  methods: { allowed: "texts", readers: ["faceforensics"] },
  splits: { allowed: "text", readers: [...PUBLISHED, "deepfakebench-json", "official-lists"] },
  validation: { allowed: "share", readers: [...WITH_TRAINING, ...OWN] },
  test: { allowed: "share", readers: OWN },
  split: { allowed: ["train", "validation", "test"], readers: OWN },
  group: { allowed: ["folder", "name", "none"], readers: OWN },
  repair: { allowed: "truth", readers: ["official-lists"] },
};

/** What a command line changes in a description of one's own. */
export interface DescriptionChanges {
  /** As in the description; with it, or with `test`, `split` is train. */
  readonly validation?: number;
  /** As in the description. */
  readonly test?: number;
  /** As in the description. */
  readonly group?: NonNullable<Description["group"]>;
}

/**
 * A description with what the command line says on top.
 *
 * @throws RangeError where its reader does not look at that, or a share is not from 0 to 0.5.
 *
 * @example
 * ```ts
 * import { changeDescription, parseDescription } from "lib/data/descriptions.ts";
 * import assert from "node:assert/strict";
 *
 * const mine = parseDescription("name: mine\nreader: folders\nroot: a\n", "/data/mine.yaml");
 * assert.equal(changeDescription(mine, { validation: 0.1 }).split, "train");
 * ```
 */
export function changeDescription(
  description: Description,
  changes: DescriptionChanges,
): Description {
  for (const [key, value] of Object.entries(changes)) {
    const { allowed, readers } = FIELDS[key]!;
    if (readers?.includes(description.reader) !== true) {
      throw new RangeError(
        `--${key} means nothing to the reader ${description.reader} of ${
          JSON.stringify(description.name)
        }. Leave it out; it is for ${readers!.join(", ")}.`,
      );
    }
    if (fits(value, allowed)) continue;
    const wanted = typeof allowed === "string" ? MEANINGS[allowed] : allowed.join(", ");
    throw new RangeError(`--${key} is ${wanted}, not ${JSON.stringify(value)}.`);
  }
  const own = OWN.includes(description.reader);
  const shares = changes.validation !== undefined || changes.test !== undefined;
  return { ...description, ...own && shares ? { split: "train" } : {}, ...changes };
}

const MEANINGS = {
  text: "a word or path",
  texts: "a list such as [DF, F2F]",
  share: "a number from 0 to 0.5",
  truth: "true or false",
};

function fits(value: unknown, allowed: Field["allowed"]): boolean {
  switch (allowed) {
    case "text":
      return typeof value === "string" && value !== "";
    case "texts":
      return Array.isArray(value) && value.length > 0 &&
        value.every((item) => typeof item === "string");
    case "share":
      return typeof value === "number" && value >= 0 && value <= 0.5;
    case "truth":
      return typeof value === "boolean";
    default:
      return typeof value === "string" && allowed.includes(value);
  }
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
  const known = Object.keys(FIELDS).join(", ");
  for (const key of Object.keys(fields)) {
    if (!Object.hasOwn(FIELDS, key)) {
      throw new RangeError(`${at(key)}: there is no key "${key}". There are ${known}.`);
    }
  }
  for (const [key, { required }] of Object.entries(FIELDS)) {
    if (required && fields[key] === undefined) {
      throw new RangeError(`${JSON.stringify(file)}: the key "${key}" is missing.`);
    }
  }
  for (const [key, value] of Object.entries(fields)) {
    const { allowed, readers } = FIELDS[key]!;
    if (!fits(value, allowed)) {
      const wanted = typeof allowed === "string" ? MEANINGS[allowed] : allowed.join(", ");
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
    if (!OWN.includes(fields.reader as ReaderName) || Number(fields[key] ?? 0) === 0) continue;
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

/**
 * The description that a command's argument means: a description's file, its name in data/, a folder
 * with `real/` and `fake/`, or a CSV file.
 *
 * @param folder Where names are looked for: the project's data/.
 * @throws RangeError when there is nothing of that name (the message lists the names), or as
 * `parseDescription` does.
 */
export async function findDescription(argument: string, folder: string): Promise<Description> {
  const named = resolve(folder, `${argument}.yaml`);
  for (const file of /\.ya?ml$/.test(argument) ? [resolve(argument)] : [named]) {
    if (await Deno.stat(file).catch(() => undefined) === undefined) continue;
    return parseDescription(await readNamedText(file), file);
  }
  const path = resolve(argument);
  const found = await Deno.stat(path).catch(() => undefined);
  if (found?.isDirectory || (found?.isFile && path.endsWith(".csv"))) {
    const reader = found.isDirectory ? "folders" : "csv";
    return parseDescription(
      JSON.stringify({ name: basename(path, ".csv"), reader, root: path }), // JSON is YAML
      resolve(`${path}.yaml`),
    );
  }
  const names = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  const known = names.flatMap(({ name }) => /^(.+)\.yaml$/.exec(name)?.[1] ?? []).sort();
  throw new RangeError(
    `There is no data set ${JSON.stringify(argument)}: neither ${JSON.stringify(named)}, nor a ` +
      `description's file, a folder or a CSV file. Described are: ${known.join(", ") || "none"}.`,
  );
}
