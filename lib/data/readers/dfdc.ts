/**
 * DFDC: training parts with metadata.json, the public validation videos, and the test videos with
 * labels.csv or metadata.json.
 */
import { join } from "node:path";
import { csvRows } from "lib/io/csv_rows.ts";
import { isRecord } from "lib/io/is_record.ts";
import { readNamedJson } from "lib/io/named_text.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { heldOut } from "./held_out.ts";
import { type FolderItem, listFolder, stem, videosAmong } from "./walk_folder.ts";

const PART = /^dfdc_train_part_(\d+)$/;

/** A video as a list names it. */
interface Listed {
  readonly name: string;
  readonly label: 0 | 1;
  readonly original?: string;
}

/** The folders of training parts, in the order of their numbers. */
async function parts(root: string, onProblem: OnProblem): Promise<string[]> {
  const number = (path: string) => Number(PART.exec(path.split("/").at(-1)!)![1]);
  const found: string[] = [];
  for (const folder of ["train", ""]) {
    const items = await listFolder(root, folder, onProblem) ?? [];
    found.push(...items.filter((i) => i.isFolder && PART.test(i.name)).map((i) => i.path));
  }
  return found.sort((a, b) => number(a) - number(b));
}

/** Items of a metadata.json: `{ "a.mp4": { label: "FAKE", original: "b.mp4" } }` or `{ is_fake: 1 }`. */
async function fromJson(root: string, path: string, onProblem: OnProblem): Promise<Listed[]> {
  let parsed: unknown;
  try {
    parsed = await readNamedJson(join(root, path));
    if (!isRecord(parsed)) throw new RangeError(`It is no {"<video>": {"label": …}}.`);
  } catch (cause) {
    const message = `${
      (cause as Error).message
    } Without it nothing in its folder has a label; get it again.`;
    onProblem({ kind: "unreadable", path, message });
    return [];
  }
  return Object.entries(parsed).flatMap(([name, item]): Listed[] => {
    const { label, is_fake, original } = isRecord(item) ? item : {};
    const given = isRecord(item) ? label ?? is_fake : item;
    const value = given === "REAL" || given === 0
      ? 0
      : given === "FAKE" || given === 1
      ? 1
      : undefined;
    if (value === undefined) {
      const message = `its label is ${JSON.stringify(given)}, neither REAL (0) nor FAKE (1).`;
      onProblem({ kind: "malformed", path: `${path}, ${JSON.stringify(name)}`, message });
      return [];
    }
    return [{ name, label: value, ...(typeof original === "string" ? { original } : {}) }];
  });
}

/** Rows of a labels.csv with the columns filename and label. */
async function fromCsv(root: string, path: string, onProblem: OnProblem): Promise<Listed[]> {
  const listed: Listed[] = [];
  for await (const { line, cells } of csvRows(join(root, path), ["filename", "label"])) {
    if (/^[01]$/.test(cells.label!) && cells.filename !== "") {
      listed.push({ name: cells.filename!, label: cells.label === "0" ? 0 : 1 });
      continue;
    }
    const message = `${JSON.stringify(cells.label)} is no label: 0 (real) or 1 (fake).`;
    onProblem({ kind: "malformed", path: `${path}, line ${line}`, message });
  }
  return listed;
}

interface Folder {
  readonly description: Description;
  readonly folder: string;
  readonly onProblem: OnProblem;
  readonly splitOf: (key: string) => Split;
}

/** The entries of one folder: what its list names and what lies there, each checked by the other. */
async function* entriesOf(
  listed: readonly Listed[],
  { description: { root, layout }, folder, onProblem, splitOf }: Folder,
): AsyncGenerator<VideoEntry> {
  const frames = layout === "frames";
  const place = frames ? `${folder}/frames` : folder;
  const items = await listFolder(root, place, onProblem) ?? [];
  const videos: FolderItem[] = frames
    ? items.filter(({ isFolder }) => isFolder)
    : videosAmong(items, { lists: ["metadata.json", "labels.csv"], onProblem });
  const there = new Map(videos.map(({ name, path }) => [frames ? name : stem(name), path]));
  for (const { name, label, original } of listed) {
    const key = stem(name);
    const video = there.get(key);
    there.delete(key);
    if (video === undefined) {
      const message = "its folder's list names it, but it is not there. Get it again.";
      onProblem({ kind: "absent", path: `${place}/${frames ? key : name}`, message });
      continue;
    }
    // Actors are not published for training: the original clip stands for who is in it.
    const identities = [original === undefined ? key : stem(original)];
    const method = label === 0 ? "real" : "DFDC";
    yield {
      kind: frames ? "frames" : "video",
      video,
      label,
      method,
      split: splitOf(identities[0]!),
      identities,
    };
  }
  for (const path of there.values()) {
    const message = "its folder's list does not name it, so it has no label. It is left out.";
    onProblem({ kind: "unlisted", path, message });
  }
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, validation } = description;
  let lists = 0;
  for (const folder of await parts(root, onProblem)) {
    lists++;
    const listed = await fromJson(root, `${folder}/metadata.json`, onProblem);
    const splitOf = (key: string) => heldOut(key, { validation });
    yield* entriesOf(listed, { description, folder, onProblem, splitOf });
  }
  for (const split of ["validation", "test"] as const) {
    const names = new Set((await listFolder(root, split, onProblem))?.map(({ name }) => name));
    const list = ["labels.csv", "metadata.json"].find((name) => names.has(name));
    if (list === undefined) continue;
    lists++;
    const path = `${split}/${list}`;
    const listed = await (list === "labels.csv" ? fromCsv : fromJson)(root, path, onProblem);
    yield* entriesOf(listed, { description, folder: split, onProblem, splitOf: () => split });
  }
  if (lists > 0) return;
  throw new RangeError(
    `${
      JSON.stringify(root)
    } holds nothing of DFDC: neither dfdc_train_part_<n>/metadata.json, in it ` +
      "or in its folder train, nor validation/labels.csv, nor test/labels.csv or test/metadata.json.",
  );
}

function facts({ validation }: Description): Facts {
  const paper = "Dolhansky et al., The DeepFake Detection Challenge Dataset, arXiv 2006.07397";
  return {
    published: [
      // Videos that are held out are of the training parts, so parts are counted by label alone.
      ...(validation > 0 ? [] : [
        { of: { split: "train", label: 0 }, videos: 19154, source: paper },
        { of: { split: "train", label: 1 }, videos: 100000, source: paper },
        { of: { split: "validation" }, videos: 4000, source: paper },
      ] as const),
      {
        of: { split: "test" },
        videos: 5000,
        source:
          "the released test set's metadata.json, as LipForensics lists it (of the paper's 10,000)",
      },
    ],
    officialRealRepeats: 5,
    obtain:
      'Agree to the terms on Meta AI\'s page "Deepfake Detection Challenge Dataset" (all), or ' +
      'Kaggle\'s competition "deepfake-detection-challenge" (training parts).',
  };
}

/** Reads DFDC. */
export const DFDC: Reader = { read, facts };
