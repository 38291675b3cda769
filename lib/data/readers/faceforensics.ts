/**
 * FaceForensics++ with its four methods, FaceShifter and DeepFakeDetection, as the download script and
 * DeepfakeBench lay it out.
 */
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Facts, OnProblem, PublishedCount, Reader } from "./data_set_reader.ts";
import { FACEFORENSICS_SPLITS, type PairSplits, readPairSplits } from "./pair_splits.ts";
import { type FolderItem, listFolder, stem, videosAmong } from "./walk_folder.ts";

/** Where the videos of each method lie, and whether they are made of the YouTube or the actors' videos. */
const PLACES: Readonly<Record<string, { folder: string; from: "youtube" | "actors" }>> = {
  DF: { folder: "manipulated_sequences/Deepfakes", from: "youtube" },
  F2F: { folder: "manipulated_sequences/Face2Face", from: "youtube" },
  FS: { folder: "manipulated_sequences/FaceSwap", from: "youtube" },
  NT: { folder: "manipulated_sequences/NeuralTextures", from: "youtube" },
  FaceShifter: { folder: "manipulated_sequences/FaceShifter", from: "youtube" },
  DeepFakeDetection: { folder: "manipulated_sequences/DeepFakeDetection", from: "actors" },
};

const ORIGINALS = {
  youtube: "original_sequences/youtube",
  actors: "original_sequences/actors",
} as const;

const PAPERS_FOUR = ["DF", "F2F", "FS", "NT"];

/** What the download script calls each folder after `-d`. */
const DOWNLOAD: Readonly<Record<string, string>> = {
  [ORIGINALS.youtube]: "original",
  [ORIGINALS.actors]: "DeepFakeDetection_original",
};

const SOURCE = "FaceForensics repository, dataset/README.md (sections 1 and 3)";
const ACTORS = { real: 363, fake: 3068 };

/** Folders to read, originals before what was made of them. */
function places({ methods = PAPERS_FOUR, file }: Description) {
  const unknown = methods.find((method) => !Object.hasOwn(PLACES, method));
  if (unknown !== undefined) {
    throw new RangeError(
      `${JSON.stringify(file)}: FaceForensics++ has no method "${unknown}". It has ` +
        `${Object.keys(PLACES).join(", ")}.`,
    );
  }
  const chosen = methods.map((method) => ({ method, ...PLACES[method]! }));
  const sources = (["youtube", "actors"] as const).filter((from) =>
    chosen.some((place) => place.from === from)
  );
  return [...sources.map((from) => ({ method: "real", folder: ORIGINALS[from], from })), ...chosen];
}

/**
 * Who is in a video, from its name: target, then donor. "071" and "071_054" (YouTube),
 * "01__walking" and "01_02__walking__ABCDEFGH" (actors; their numbers are not YouTube's).
 */
export function faceForensicsIdentities(name: string): string[] {
  const actors = /^(\d+)(?:_(\d+))?__/.exec(name);
  if (actors !== null) {
    return actors.slice(1).filter((id) => id !== undefined).map((id) => `actor ${id}`);
  }
  return name.split("_");
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, layout, compression } = description;
  const splits = await readPairSplits(description);
  for (const place of places(description)) {
    const folder = `${place.folder}/${compression}/${layout}`;
    const items = await listFolder(root, folder, onProblem);
    const listed = place.from === "actors" ? undefined : listedNames(splits, place.method);
    if (items === undefined) {
      const videos = listed?.size ?? (place.method === "real" ? ACTORS.real : ACTORS.fake);
      const name = DOWNLOAD[place.folder] ?? place.folder.split("/")[1];
      onProblem({
        kind: "absent",
        path: folder,
        message: layout === "frames"
          ? `there is no such folder of ${videos} videos as frames.`
          : `there is no such folder of ${videos} videos. The publisher's script gets it with ` +
            `-d ${name} -c ${compression} -t videos.`,
        videos,
      });
      continue;
    }
    const { method } = place;
    yield* entriesOf(items, { description, method, folder, listed, splits, onProblem });
  }
}

/** Names that the split lists promise: ids, or pairs in both directions. */
function listedNames(splits: PairSplits, method: string): Set<string> {
  return method === "real" ? splits.ids() : splits.pairs();
}

interface Place {
  readonly description: Description;
  readonly method: string;
  readonly folder: string;
  readonly listed: Set<string> | undefined;
  readonly splits: PairSplits;
  readonly onProblem: OnProblem;
}

async function* entriesOf(
  items: readonly FolderItem[],
  { description, method, folder, listed, splits, onProblem }: Place,
): AsyncGenerator<VideoEntry> {
  const frames = description.layout === "frames";
  const masks = method === "real"
    ? new Map<string, string>()
    : await findMasks(folder, description);
  const awaited = new Set(listed);
  const videos = frames
    ? items.filter(({ isFolder }) => isFolder)
    : videosAmong(items, { onProblem });
  for (const item of videos) {
    const name = frames ? item.name : stem(item.name);
    awaited.delete(name);
    if (listed !== undefined && !listed.has(name)) {
      const message = "no split list names it, so it is in no split. Is it misnamed?";
      onProblem({ kind: "unlisted", path: item.path, message });
      continue;
    }
    const identities = faceForensicsIdentities(name);
    const mask = masks.get(name);
    yield {
      kind: frames ? "frames" : "video",
      video: item.path,
      label: method === "real" ? 0 : 1,
      method,
      // DeepFakeDetection has no published split: it is a test set, never one of training too.
      split: listed === undefined ? "test" : splits.splitOf(identities[0]!)!,
      identities,
      ...(mask === undefined ? {} : { mask }),
    };
  }
  for (const name of awaited) {
    const path = `${folder}/${name}${frames ? "" : ".mp4"}`;
    const message = `the split list names it (${splits.splitOf(name.split("_")[0]!)}), but it is ` +
      "not there. Get it again.";
    onProblem({ kind: "absent", path, message });
  }
}

/** Masks by video. The script puts them beside the compressions; DeepfakeBench into c23. */
async function findMasks(folder: string, { root, compression, layout }: Description) {
  const method = folder.split("/").slice(0, 2).join("/");
  const places = layout === "frames"
    ? [`${method}/${compression}/masks`, `${method}/c23/masks`]
    : [`${method}/masks/videos`, `${method}/masks`];
  const masks = new Map<string, string>();
  for (const place of places.reverse()) { // the first place has the last word
    for (const item of await listFolder(root, place, () => {}) ?? []) {
      if (item.isFolder === (layout === "frames")) masks.set(stem(item.name), item.path);
    }
  }
  return masks;
}

function facts(description: Description): Facts {
  const published = places(description).flatMap(({ method, from }): PublishedCount[] => {
    if (from === "actors") {
      // Real videos of both kinds share the method "real": only the fakes can be told apart.
      const videos = ACTORS.fake;
      return method === "real" ? [] : [{ of: { method }, videos, source: SOURCE }];
    }
    const withActors = method === "real" &&
      description.methods?.includes("DeepFakeDetection") === true;
    const source = `${SOURCE}; dataset/splits`;
    return Object.entries(FACEFORENSICS_SPLITS).map(([split, videos]) => ({
      of: { method, split: split as keyof typeof FACEFORENSICS_SPLITS },
      videos: withActors && split === "test" ? videos + ACTORS.real : videos,
      source,
    }));
  });
  return {
    published,
    officialRealRepeats: 4,
    obtain:
      "Fill in the form that the FaceForensics repository links to (dataset/README.md). The " +
      "publishers send a download script: python download-FaceForensics.py <root> -d all -c " +
      `${description.compression} -t videos; -t masks for masks; -d FaceShifter, ` +
      "DeepFakeDetection and DeepFakeDetection_original for those.",
  };
}

/** Reads FaceForensics++. */
export const FACEFORENSICS: Reader = { read, facts };
