/**
 * DeepfakeBench's index of a data set: `{DATASET: {LABEL: {split: {[compression:] {video: {label,
 * frames, masks}}}}}}`, written by its rearrange script.
 */
import { join } from "node:path";
import { JSONParser } from "@streamparser/json";
import type { Description } from "../descriptions.ts";
import type { StillEntry, VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set.ts";
import { celebIdentities } from "./celeb_df.ts";
import { faceForensicsIdentities } from "./faceforensics.ts";
import { stem } from "./walk_folder.ts";

/** Its labels, as label_dict of its configuration maps them: 0 real, 1 fake; and our method. */
const LABELS: Readonly<Record<string, readonly [0 | 1, string]>> = {
  "FF-real": [0, "real"],
  "FF-DF": [1, "DF"],
  "FF-F2F": [1, "F2F"],
  "FF-FS": [1, "FS"],
  "FF-NT": [1, "NT"],
  "FF-FH": [1, "FaceShifter"],
  "DFD_real": [0, "real"],
  "DFD_fake": [1, "DeepFakeDetection"],
  "CelebDFv1_real": [0, "real"],
  "CelebDFv1_fake": [1, "Celeb-synthesis"],
  "CelebDFv2_real": [0, "real"],
  "CelebDFv2_fake": [1, "Celeb-synthesis"],
  "DFDCP_Real": [0, "real"],
  "DFDCP_FakeA": [1, "method_A"],
  "DFDCP_FakeB": [1, "method_B"],
  "DFDC_Real": [0, "real"],
  "DFDC_Fake": [1, "DFDC"],
  "DF_real": [0, "real"],
  "DF_fake": [1, "DeeperForensics"],
  "UADFV_Real": [0, "real"],
  "UADFV_Fake": [1, "UADFV"],
};

const SPLITS: Readonly<Record<string, Split>> = {
  train: "train",
  val: "validation",
  test: "test",
};

/** Where a video in several splits belongs: what is tested is not trained on. */
const STRONGER: readonly Split[] = ["train", "validation", "test"];

/** The folders that frames' paths have in common; what stands before is the writer's own machine. */
const DATA_SET_FOLDER =
  /(?:^|\/)((?:FaceForensics\+\+|Celeb-DF-v[12]|DFDCP|DFDC|DeeperForensics-1\.0|UADFV)\/.*)$/;

/** One video of the index. */
interface Indexed {
  readonly label: string;
  readonly split: Split;
  readonly name: string;
  readonly frames: readonly string[];
  readonly masks: readonly string[];
}

interface Options {
  readonly compression: Description["compression"];
  readonly onProblem: OnProblem;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** The index video by video; a few kilobytes of it are in memory at a time. */
async function* indexed(
  file: string,
  { compression, onProblem }: Options,
): AsyncGenerator<Indexed> {
  const parser = new JSONParser({ paths: ["$.*.*.*.*", "$.*.*.*.*.*"], keepStack: false });
  let ready: Indexed[] = [];
  parser.onValue = ({ value, key, parent, stack }) => {
    const [, , label, split, level] = stack.map((above) => above.key as string | undefined);
    if (stack.length === 4 && key === "frames" && isTexts(value)) {
      const message =
        `DeepfakeBench's script wrote one video over the list of ${label}'s "${split}" ` +
        `(rearrange.py, DFDC). Its ${value.length} frames have no name and are left out.`;
      onProblem({ kind: "malformed", path: `${label}.${split}.frames`, message });
      return;
    }
    const item = value as { frames?: unknown; masks?: unknown } | null;
    if (typeof item !== "object" || item === null || !isTexts(item.frames)) return;
    if (parent !== undefined) delete (parent as Record<string, unknown>)[key!]; // else it all stays
    if (level !== undefined && level !== compression) return;
    const known = SPLITS[split!];
    if (known === undefined || LABELS[label!] === undefined) {
      const path = `${label}.${split}.${String(key)}`;
      const message = known === undefined
        ? `there is no split "${split}": train, val or test.`
        : `"${label}" is none of DeepfakeBench's labels (${Object.keys(LABELS).join(", ")}).`;
      onProblem({ kind: "malformed", path, message });
      return;
    }
    const masks = isTexts(item.masks) ? item.masks : [];
    ready.push({ label: label!, split: known, name: String(key), frames: item.frames, masks });
  };
  using handle = await Deno.open(file);
  const buffer = new Uint8Array(1 << 16);
  try {
    for (let read = await handle.read(buffer); read !== null; read = await handle.read(buffer)) {
      parser.write(buffer.slice(0, read));
      yield* ready;
      ready = [];
    }
    if (!parser.isEnded) throw new Error("the file ends before its last bracket");
  } catch (cause) {
    throw new RangeError(
      `${JSON.stringify(file)} is not whole JSON: ${
        (cause as Error).message
      }. Write it again with ` +
        "DeepfakeBench's rearrange.py.",
      { cause },
    );
  }
}

/** A path as written there (also with "\", also absolute) below the root. */
function below(path: string): string {
  const slashes = path.replaceAll("\\", "/");
  return DATA_SET_FOLDER.exec(slashes)?.[1] ?? slashes.replace(/^(\.?\/)+/, "");
}

function identitiesOf(label: string, name: string): string[] {
  if (/^(FF-|DFD_)/.test(label)) return faceForensicsIdentities(name);
  return label.startsWith("CelebDF") ? celebIdentities(name) : [];
}

function* stills(video: Indexed, split: Split): Generator<StillEntry> {
  const [label, method] = LABELS[video.label]!;
  const masks = new Map(video.masks.map((path) => [path.split(/[\\/]/).at(-1)!, below(path)]));
  const sorted = video.frames.map(below).sort();
  for (const [index, path] of sorted.entries()) {
    const file = path.split("/").at(-1)!;
    const mask = masks.get(file);
    yield {
      kind: "still",
      path,
      frame: /^\d+$/.test(stem(file)) ? Number(stem(file)) : index,
      video: path.slice(0, path.lastIndexOf("/")), // the whole folder, not its last name alone
      label,
      method,
      split,
      identities: identitiesOf(video.label, video.name),
      ...(mask === undefined ? {} : { mask }),
    };
  }
}

const keyOf = ({ label, name, frames }: Indexed) =>
  frames.length === 0 ? `${label}/${name}` : below(frames[0]!).replace(/\/[^/]*$/, "");

async function* read(
  { root, splits, compression, file }: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const index = splits ?? await onlyJson(root, file);
  const strongest = new Map<string, Split>(), several = new Set<string>();
  for await (const video of indexed(index, { compression, onProblem: () => {} })) {
    const key = keyOf(video), before = strongest.get(key);
    if (before !== undefined && before !== video.split) several.add(key);
    if (before === undefined || STRONGER.indexOf(video.split) > STRONGER.indexOf(before)) {
      strongest.set(key, video.split);
    }
  }
  for (const key of several) {
    const split = strongest.get(key)!;
    const message = `the index has it in several splits. It is given in ${split} only, so that ` +
      "nothing that is tested is trained on.";
    onProblem({ kind: "contradiction", path: key, message });
  }
  for await (const video of indexed(index, { compression, onProblem })) {
    const key = keyOf(video);
    if (strongest.get(key) !== video.split) continue; // said above
    if (video.frames.length > 0) yield* stills(video, video.split);
    else {
      const message = "the index lists it without a single frame. It is left out.";
      onProblem({ kind: "absent", path: key, message });
    }
  }
}

/** The one JSON file in the root. */
async function onlyJson(root: string, description: string): Promise<string> {
  const items = await Array.fromAsync(Deno.readDir(root));
  const names = items.map(({ name }) => name).filter((name) => name.endsWith(".json"));
  if (names.length === 1) return join(root, names[0]!);
  throw new RangeError(
    `${
      JSON.stringify(description)
    }: name DeepfakeBench's JSON file as splits; in the root there are ` +
      `${names.length}.`,
  );
}

function facts(): Facts {
  return {
    published: [],
    obtain:
      "DeepfakeBench's README links to its processed frames and JSON files; the data sets' own " +
      "terms hold for them too.",
  };
}

/** Reads DeepfakeBench's JSON. */
export const DEEPFAKEBENCH_JSON: Reader = { read, facts };
