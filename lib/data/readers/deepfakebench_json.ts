/**
 * Data sets as DeepfakeBench lays them out: folders of frames, named by its JSON index. Reading the index
 * is left to deepfakebench_videos.ts.
 */
import { join } from "node:path";
import type { Description } from "../descriptions.ts";
import type { StillEntry, VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { celebIdentities } from "./celeb_df.ts";
import { INDEX_LABELS, type IndexedVideo, indexedVideos } from "./deepfakebench_videos.ts";
import { faceForensicsIdentities } from "./faceforensics.ts";
import { listFolder, stem } from "./walk_folder.ts";

/** Where a video in several splits belongs: what is tested is not trained on. */
const STRONGER: readonly Split[] = ["train", "validation", "test"];

/** The folders that frames' paths have in common; what stands before is the writer's own machine. */
const DATA_SET_FOLDER =
  /(?:^|\/)((?:FaceForensics\+\+|Celeb-DF-v[12]|DFDCP|DFDC|DeeperForensics-1\.0|UADFV)\/.*)$/;

/** A path as written there (also with "\", also absolute) below the root. */
function below(path: string): string {
  const slashes = path.replaceAll("\\", "/");
  return DATA_SET_FOLDER.exec(slashes)?.[1] ?? slashes.replace(/^(\.?\/)+/, "");
}

function identitiesOf(label: string, name: string): string[] {
  if (/^(FF-|DFD_)/.test(label)) return faceForensicsIdentities(name);
  return label.startsWith("CelebDF") ? celebIdentities(name) : [];
}

function* stills(video: IndexedVideo, split: Split): Generator<StillEntry> {
  const [label, method] = INDEX_LABELS[video.label]!;
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

const keyOf = ({ label, name, frames }: IndexedVideo) =>
  frames.length === 0 ? `${label}/${name}` : below(frames[0]!).replace(/\/[^/]*$/, "");

async function* read(
  { root, splits, compression, file }: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const index = splits ?? await onlyJson(root, file);
  const strongest = new Map<string, Split>(), several = new Set<string>();
  for await (const video of indexedVideos(index, { compression, onProblem: () => {} })) {
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
  for await (const video of indexedVideos(index, { compression, onProblem })) {
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
  const items = await listFolder(root, "", (problem) => {
    throw new RangeError(`${JSON.stringify(root)}: ${problem.message}`);
  }) ?? [];
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
