/**
 * FaceForensics++'s split files: lists of pairs of ids. An id, and both fakes of a pair, take the
 * pair's split.
 */
import { join } from "node:path";
import { readNamedText } from "lib/io/named_text.ts";
import type { Description } from "../descriptions.ts";
import type { Split } from "../samples.ts";

/** Original videos in each split; as many fakes of each method. */
export const FACEFORENSICS_SPLITS = { train: 720, validation: 140, test: 140 } as const;

const FILES: readonly (readonly [Split, string])[] = [
  ["train", "train.json"],
  ["validation", "val.json"],
  ["test", "test.json"],
];

/** Which id and which pair is in which split. */
export interface PairSplits {
  /** The split of an id, or undefined. */
  splitOf(id: string): Split | undefined;
  /** All ids. */
  ids(): Set<string>;
  /** All pairs as names of videos, "071_054" and "054_071". */
  pairs(): Set<string>;
}

/**
 * Read train.json, val.json and test.json: from `splits`, or from the root's folder "splits", or from
 * the root itself.
 *
 * @throws RangeError when a file is missing, is not a list of pairs of ids, or an id is in two splits.
 */
export async function readPairSplits({ root, splits }: Description): Promise<PairSplits> {
  const places = splits === undefined ? [join(root, "splits"), root] : [splits];
  const pairs: [string, string][] = [];
  const splitById = new Map<string, Split>();
  for (const [split, name] of FILES) {
    const file = await firstThere(places.map((place) => join(place, name)));
    for (const pair of pairsOf(await readNamedText(file), file)) {
      pairs.push(pair);
      for (const id of pair) {
        const before = splitById.get(id) ?? split;
        splitById.set(id, before);
        if (before !== split) {
          throw new RangeError(
            `${
              JSON.stringify(file)
            }: "${id}" is in ${split} and in ${before}. Use the publisher's ` +
              "split files, in which no id is in two.",
          );
        }
      }
    }
  }
  return {
    splitOf: (id) => splitById.get(id),
    ids: () => new Set(splitById.keys()),
    pairs: () => new Set(pairs.flatMap(([a, b]) => [`${a}_${b}`, `${b}_${a}`])),
  };
}

async function firstThere(files: readonly string[]): Promise<string> {
  for (const file of files) {
    if (await Deno.stat(file).then((found) => found.isFile, () => false)) return file;
  }
  throw new RangeError(
    `There is no ${
      files.map((file) => JSON.stringify(file)).join(" and no ")
    }. The split files are ` +
      "in the project's data/splits/faceforensics: name that folder as splits in the description.",
  );
}

function pairsOf(text: string, file: string): [string, string][] {
  const refuse = (what: string) => {
    const wanted = 'It is a list of pairs of ids: [["071", "054"], …].';
    return new RangeError(`${JSON.stringify(file)}: ${what}. ${wanted}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
  if (!Array.isArray(parsed)) throw refuse("it is no list");
  parsed.forEach((pair, index) => {
    const isPair = Array.isArray(pair) && pair.length === 2 &&
      pair.every((id) => typeof id === "string" && /^\d+$/.test(id));
    if (!isPair) throw refuse(`item ${index} is ${JSON.stringify(pair)}`);
  });
  return parsed as [string, string][];
}
