/**
 * The list files of the paper's official code (commit c361f1c): `label,folder of frames,number of
 * frames` in train_fake.txt, train_real.txt, val_… and test_….
 */
import { isAbsolute, join, relative } from "node:path";
import { readNamedText } from "lib/io/named_text.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { celebIdentities } from "./celeb_df.ts";
import { faceForensicsIdentities } from "./faceforensics.ts";
import { stem, whatIs } from "./walk_folder.ts";

const LISTS: readonly (readonly [string, Split, 0 | 1])[] = [
  ["train_real.txt", "train", 0],
  ["train_fake.txt", "train", 1],
  ["val_real.txt", "validation", 0],
  ["val_fake.txt", "validation", 1],
  ["test_real.txt", "test", 0],
  ["test_fake.txt", "test", 1],
];

const METHODS: Readonly<Record<string, string>> = {
  Deepfakes: "DF",
  Face2Face: "F2F",
  FaceSwap: "FS",
  NeuralTextures: "NT",
};

/** In the official test_fake.txt the 140 FaceSwap paths have lost "s/FaceS". */
const MISSPELT = /(^|\/)manipulated_sequenceswap\//;

/** Repaired text of such a path, or undefined when it is not misspelt. */
function repaired(path: string): string | undefined {
  return MISSPELT.test(path)
    ? path.replace(MISSPELT, "$1manipulated_sequences/FaceSwap/")
    : undefined;
}

/** The part below the root: the authors' own folders before FaceForensics++'s layout are dropped. */
function belowRoot(path: string, root: string): string {
  const published = /(?:^|\/)((?:original|manipulated)_sequences\/.*)$/.exec(path)?.[1];
  return published ?? (isAbsolute(path) ? relative(root, path) : path);
}

function methodOf(path: string, label: 0 | 1): string {
  if (label === 0) return "real";
  const folder = /manipulated_sequences\/([^/]+)/.exec(path)?.[1] ?? path.split("/").at(-2) ??
    "fake";
  return Object.hasOwn(METHODS, folder) ? METHODS[folder]! : folder;
}

function identitiesOf(path: string): string[] {
  const name = stem(path.split("/").at(-1)!);
  if (/(original|manipulated)_sequences\//.test(path)) return faceForensicsIdentities(name);
  return celebIdentities(name);
}

async function* linesOf(file: string): AsyncGenerator<[string, number]> {
  const text = await readNamedText(file); // 2,880 lines in the longest official list
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() !== "") yield [line.trim(), index + 1];
  }
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, splits = root, repair } = description;
  let lists = 0;
  for (const [list, split, label] of LISTS) {
    const file = join(splits, list);
    if (await whatIs(splits, list) !== "file") {
      const message = `there is no ${JSON.stringify(file)}. It lists the ${split} videos.`;
      onProblem({ kind: "absent", path: list, message });
      continue;
    }
    lists++;
    for await (const [line, number] of linesOf(file)) {
      const where = `${list}, line ${number}`;
      const [, written, listed, count] = /^([^,]*),(.+),(\d+)$/.exec(line) ?? [];
      if (listed === undefined) {
        const message = `${JSON.stringify(line)} is not "label,path,number of frames".`;
        onProblem({ kind: "malformed", path: where, message });
        continue;
      }
      if (written !== String(label)) {
        const message =
          `its label is ${JSON.stringify(written)}, but ${list} lists label ${label} ` +
          "(0 real, 1 fake). It is left out.";
        onProblem({ kind: "contradiction", path: where, message });
        continue;
      }
      const meant = repaired(listed);
      if (meant !== undefined) {
        onProblem({ kind: "misspelt", path: where, message: misspelling(listed, meant, repair) });
        if (!repair) continue;
      }
      const video = belowRoot(meant ?? listed, root);
      if (await whatIs(root, video) !== "folder") {
        const message = `${where} names it, but there is no such folder of frames.`;
        onProblem({ kind: "absent", path: video, message });
        continue;
      }
      yield {
        kind: "frames",
        video,
        label,
        method: methodOf(video, label),
        split,
        identities: identitiesOf(video),
        frames: Number(count),
      };
    }
  }
  if (lists > 0) return;
  throw new RangeError(
    `${JSON.stringify(splits)} holds none of the official code's lists (${
      LISTS[0]![0]
    }, …). Name ` +
      "their folder as splits in the description.",
  );
}

function misspelling(listed: string, meant: string, repair: boolean): string {
  const what = `${JSON.stringify(listed)} is a misspelling of ${JSON.stringify(meant)}`;
  return repair
    ? `${what} and was read as that.`
    : `${what}. It is left out; write "repair: true" into the description to read it as that.`;
}

function facts(): Facts {
  const source = "the official code's lists at commit c361f1c, counted";
  const counts = { train: 720, validation: 140, test: 140 } as const;
  return {
    published: Object.entries(counts).flatMap(([split, videos]) =>
      ["real", "DF", "F2F", "FS", "NT"].map((method) => ({
        of: { method, split: split as Split },
        videos,
        source,
      }))
    ),
    officialRealRepeats: 4,
    obtain: "The lists are in the official repository's datasets/FF++; the faces are cut out of " +
      "FaceForensics++ c23 by whoever uses them.",
  };
}

/** Reads the official code's lists. */
export const OFFICIAL_LISTS: Reader = { read, facts };
