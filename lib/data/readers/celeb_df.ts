/**
 * Celeb-DF, version 1 and 2. Its test list's labels are the other way round (1 real, 0 fake); which
 * folder a video lies in says the same, and both must agree.
 */
import { join } from "node:path";
import { readNamedText } from "lib/io/named_text.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Facts, OnProblem, PublishedCount, Reader } from "./data_set_reader.ts";
import { heldOut } from "./held_out.ts";
import { listFolder, stem, videosAmong } from "./walk_folder.ts";

const FOLDERS = ["Celeb-real", "YouTube-real", "Celeb-synthesis"] as const;
const FAKES = "Celeb-synthesis";
const LIST = "List_of_testing_videos.txt";

/**
 * Who is in a video, from its name: "id0_0001" is id0; "id0_id1_0001" is id0's clip with id1's face.
 * YouTube-real's videos ("00001") tell nobody.
 */
export function celebIdentities(name: string): string[] {
  const ids = /^(id\d+)(?:_(id\d+))?_\d+$/.exec(name);
  return ids === null ? [] : ids.slice(1).filter((id) => id !== undefined);
}

/** Test videos as "folder/name" without extension; labels in the list are checked against folders. */
async function testVideos({ root, splits }: Description, onProblem: OnProblem) {
  const file = splits ?? join(root, LIST);
  const text = await readNamedText(file).catch((cause) => {
    throw new RangeError(
      `Cannot read Celeb-DF's list of test videos, which is part of the download: ${
        (cause as Error).message
      }`,
      { cause },
    );
  });
  const test = new Set<string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const path = `${LIST}, line ${index + 1}`;
    const [, labelOfList, folder, name] = /^([01])\s+([^/]+)\/(.+)$/.exec(line.trim()) ?? [];
    if (folder === undefined || !FOLDERS.includes(folder as typeof FOLDERS[number])) {
      const message =
        `${JSON.stringify(line)} is not "<1 or 0> <folder>/<video>.mp4" with one of ` +
        `${FOLDERS.join(", ")}.`;
      onProblem({ kind: "malformed", path, message });
      continue;
    }
    if ((labelOfList === "1") !== (folder !== FAKES)) {
      const message =
        `${JSON.stringify(line)}: in this list 1 is real and 0 fake, the folder says ` +
        "the opposite. The folder is believed; get the list again.";
      onProblem({ kind: "contradiction", path, message });
    }
    test.add(`${folder}/${stem(name!)}`);
  }
  return test;
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, layout, validation } = description;
  const test = await testVideos(description, onProblem);
  const awaited = new Set(test);
  for (const folder of FOLDERS) {
    const found = await videosOf(folder, description, onProblem);
    if (found === undefined) {
      const message = `there is no such folder of ${layout}. It is part of the download.`;
      onProblem({ kind: "absent", path: folder, message });
      continue;
    }
    for (const { name, path } of found) {
      const key = `${folder}/${name}`;
      awaited.delete(key);
      const identities = celebIdentities(name);
      yield {
        kind: layout === "frames" ? "frames" : "video",
        video: path,
        label: folder === FAKES ? 1 : 0,
        method: folder === FAKES ? FAKES : "real",
        split: test.has(key) ? "test" : heldOut(identities[0] ?? key, { validation }),
        identities,
      };
    }
  }
  for (const key of awaited) {
    const message = `${LIST} names it, but it is not in ${JSON.stringify(root)}. Get it again.`;
    onProblem({ kind: "absent", path: key, message });
  }
}

/** Videos directly in the folder as published, or in its folder "videos" or "frames" (DeepfakeBench). */
async function videosOf(folder: string, { root, layout }: Description, onProblem: OnProblem) {
  const inner = await listFolder(root, `${folder}/${layout}`, onProblem);
  const items = inner ??
    (layout === "videos" ? await listFolder(root, folder, onProblem) : undefined);
  if (layout === "frames") return items?.filter(({ isFolder }) => isFolder);
  return items &&
    videosAmong(items, { onProblem }).map(({ name, path }) => ({ name: stem(name), path }));
}

function published({ reader }: Description): PublishedCount[] {
  if (reader === "celeb-df-v1") {
    const source = "celeb-deepfakeforensics repository, Celeb-DF-v1/README.md";
    return [
      { of: { label: 0 }, videos: 408, source },
      { of: { label: 1 }, videos: 795, source },
    ];
  }
  const source = "celeb-deepfakeforensics repository, README.md";
  return [
    { of: { label: 0 }, videos: 590 + 300, source },
    { of: { label: 1 }, videos: 5639, source },
    { of: { split: "test" }, videos: 518, source },
  ];
}

function facts(description: Description): Facts {
  return {
    published: published(description),
    officialRealRepeats: description.reader === "celeb-df-v2" ? 6 : 1,
    obtain:
      "Fill in the form that the celeb-deepfakeforensics repository links to (README.md); the " +
      "publishers send a link to one archive.",
    sharedIdentities:
      "Celeb-DF's test list was made by video: most celebrities are in training too.",
  };
}

/** Reads Celeb-DF, version 1 and 2. */
export const CELEB_DF: Reader = { read, facts };
