/**
 * Suites: a protocol of many trainings and tests as one YAML file, without paths, so that two who run it on
 * their own copies do the same. What they give is in `suite_results.ts`.
 */
import { parse } from "@std/yaml";
import { basename } from "node:path";
import { isRecord } from "lib/io/is_record.ts";
import { readNamedText } from "lib/io/named_text.ts";
import { sha256 } from "lib/io/sha256.ts";

/** A detector of a suite, as the command line of `train` says it. */
export interface SuiteDetector {
  /** A name in the register, or the path of a TypeScript file; left out: the paper's detector. */
  readonly detector?: string;
  /** One of its presets; left out: its first. */
  readonly preset?: string;
  /** Settings that are changed, `field=value`. */
  readonly changes: readonly string[];
  /** What it is called in runs and tables. */
  readonly name: string;
}

/** A suite. */
export interface Suite {
  /** Its name, from the file's: letters, digits, `-` and `_`. */
  readonly name: string;
  /** What it asks, in a sentence. */
  readonly question: string;
  /** SHA-256 of the file's text. */
  readonly sha256: string;
  /** What is trained. */
  readonly detectors: readonly SuiteDetector[];
  /** One training for each. */
  readonly seeds: readonly number[];
  /** The name of the data that is trained on. */
  readonly train: string;
  /** Names of the data that is tested on. */
  readonly test: readonly string[];
  /** Whether each training leaves one method of the training data out, each method in turn. */
  readonly leaveOneMethodOut: boolean;
}

const isName = (value: unknown) => typeof value === "string" && /^[\w-]+$/.test(value);
const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isName);

/** The fields of the file, with what each must be. */
const FIELDS: Readonly<Record<string, [fits: (value: unknown) => boolean, what: string]>> = {
  question: [(value) => typeof value === "string" && value !== "", "a sentence"],
  detectors: [
    (value) => Array.isArray(value) && value.length > 0 && value.every(isRecord),
    "a list of detectors, each with detector, preset, set and name as far as they are needed",
  ],
  seeds: [
    (value) =>
      Array.isArray(value) && value.length > 0 &&
      value.every((seed) => Number.isSafeInteger(seed) && seed >= 0),
    "a list of whole numbers from 0",
  ],
  train: [isName, "one name of data: letters, digits, - and _"],
  test: [isNames, "a list of names of data: letters, digits, - and _"],
  leaveOneMethodOut: [(value) => typeof value === "boolean", "true or false"],
};

const OF_DETECTOR = ["detector", "preset", "set", "name"];

function detectorOf(value: Record<string, unknown>): SuiteDetector {
  const strange = Object.keys(value).find((field) => !OF_DETECTOR.includes(field));
  if (strange !== undefined) {
    throw new RangeError(`a detector has no field "${strange}". It has ${OF_DETECTOR.join(", ")}.`);
  }
  const { detector, preset, set = {}, name } = value;
  const texts = [detector, preset, name].every((text) =>
    text === undefined || typeof text === "string"
  );
  if (!texts || !isRecord(set)) {
    throw new RangeError("a detector's name and preset are words, and set has values by field.");
  }
  const named = name ??
    [basename(String(detector ?? "paper"), ".ts"), preset].filter(Boolean).join("-");
  if (!isName(named)) {
    throw new RangeError(
      `${JSON.stringify(named)} cannot name a detector: letters, digits, - and _.`,
    );
  }
  return {
    ...detector === undefined ? {} : { detector: detector as string },
    ...preset === undefined ? {} : { preset: preset as string },
    changes: Object.entries(set).map(([field, to]) =>
      `${field}=${Array.isArray(to) ? to.join() : to}`
    ),
    name: named as string,
  };
}

/**
 * A suite from its file's text.
 *
 * @param file The file, which names the suite.
 * @throws RangeError naming the file and the field that is missing or wrong.
 *
 * @example
 * ```ts
 * import { parseSuite } from "lib/studies/suites/suite_file.ts";
 * import assert from "node:assert/strict";
 *
 * const text = "question: Does it carry over?\ndetectors: [{ preset: quick }]\nseeds: [1, 2]\n" +
 *   "train: source\ntest: [source, target]\n";
 * const suite = parseSuite(text, "suites/carry_over.yaml");
 * assert.deepEqual([suite.name, suite.detectors[0].name], ["carry_over", "paper-quick"]);
 * assert.equal(suite.leaveOneMethodOut, false);
 * ```
 */
export function parseSuite(text: string, file: string): Suite {
  const refuse = (why: string): never => {
    throw new RangeError(`${JSON.stringify(file)}: ${why}`);
  };
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (cause) {
    refuse(`it is not YAML: ${(cause as Error).message.trim().split("\n")[0]}`);
  }
  if (!isRecord(parsed)) return refuse("it holds no fields.");
  for (const field of Object.keys(parsed)) {
    if (!Object.hasOwn(FIELDS, field)) {
      refuse(`there is no field "${field}". The fields are ${Object.keys(FIELDS).join(", ")}.`);
    }
  }
  const fields: Record<string, unknown> = { leaveOneMethodOut: false, ...parsed };
  for (const [field, [fits, what]] of Object.entries(FIELDS)) {
    if (!fits(fields[field])) refuse(`${field} is ${JSON.stringify(fields[field])}, not ${what}.`);
  }
  const { question, seeds, train, test, leaveOneMethodOut } = fields as unknown as Suite;
  const name = basename(file).replace(/\.ya?ml$/, "");
  if (!isName(name)) refuse("the file's name is the suite's: use letters, digits, - and _.");
  let detectors: SuiteDetector[] = [];
  try {
    detectors = (fields.detectors as Record<string, unknown>[]).map(detectorOf);
  } catch (error) {
    refuse((error as Error).message);
  }
  const names = detectors.map((detector) => detector.name);
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined) refuse(`two detectors are called "${twice}". Give each a name.`);
  return { name, question, sha256: sha256(text), detectors, seeds, train, test, leaveOneMethodOut };
}

/** A suite from its file. @throws RangeError as `parseSuite`, and for a file that cannot be read. */
export async function readSuite(file: string): Promise<Suite> {
  return parseSuite(await readNamedText(file), file);
}

/** One training of a suite, with all its tests. */
export interface SuiteCell {
  /** What its run is called. */
  readonly name: string;
  /** The detector. */
  readonly detector: SuiteDetector;
  /** The seed. */
  readonly seed: number;
  /** The method that is left out; undefined for none. */
  readonly leftOut?: string;
}

/**
 * All trainings of a suite, in the order in which jobs share them.
 *
 * @param methods Of the training data, without "real".
 */
export function suiteCells(suite: Suite, methods: readonly string[]): SuiteCell[] {
  const leftOut = suite.leaveOneMethodOut ? [...methods].sort() : [undefined];
  return suite.seeds.flatMap((seed) =>
    leftOut.flatMap((method) =>
      suite.detectors.map((detector): SuiteCell => {
        const without = method === undefined ? "" : `_without_${method.replaceAll(/[^\w-]/g, "-")}`;
        return {
          name: `${suite.name}_${detector.name}${without}`,
          detector,
          seed,
          ...method === undefined ? {} : { leftOut: method },
        };
      })
    )
  );
}
