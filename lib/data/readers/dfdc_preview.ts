/**
 * DFDC-Preview: dataset.json names every video with label and set.
 */
import { join } from "node:path";
import { isRecord } from "lib/io/is_record.ts";
import { readNamedJson } from "lib/io/named_text.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { heldOut } from "./held_out.ts";
import { foldersBelow, stem, videosAmong, whatIs } from "./walk_folder.ts";

const REALS = "original_videos";
const FOLDERS = [REALS, "method_A", "method_B"];

interface Item {
  readonly label: "real" | "fake";
  readonly set: "train" | "test";
  readonly target_id?: string | number | null;
  readonly swapped_id?: string | number | null;
}

/** The list; of each item only that it is there is known. */
async function readList({ root, splits }: Description): Promise<Record<string, Partial<Item>>> {
  const file = splits ?? join(root, "dataset.json");
  try {
    const parsed = await readNamedJson(file);
    if (!isRecord(parsed)) {
      throw new RangeError(`${JSON.stringify(file)} is no {"<video>": {"label": …, "set": …}}.`);
    }
    const items = Object.entries(parsed);
    return Object.fromEntries(items.map(([key, item]) => [key, isRecord(item) ? item : {}]));
  } catch (cause) {
    throw new RangeError(
      `Cannot read DFDC-Preview's list, which is part of the download and lies beside original_videos, ` +
        `method_A and method_B: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** What is wrong with an item of the list, or undefined. */
function fault(key: string, { label, set }: Partial<Item>): string | undefined {
  if (label !== "real" && label !== "fake") {
    return `its label is ${JSON.stringify(label)}, neither "real" nor "fake".`;
  }
  if (set !== "train" && set !== "test") {
    return `its set is ${JSON.stringify(set)}, neither "train" nor "test".`;
  }
  const folder = key.split("/")[0]!;
  if (!FOLDERS.includes(folder)) return `it is in none of ${FOLDERS.join(", ")}.`;
  return undefined;
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, layout, validation } = description;
  const list = await readList(description);
  const listed = new Set<string>();
  for (const [key, item] of Object.entries(list)) {
    const wrong = fault(key, item);
    if (wrong !== undefined) {
      onProblem({
        kind: "malformed",
        path: `dataset.json, ${JSON.stringify(key)}`,
        message: wrong,
      });
      continue;
    }
    const [folder] = key.split("/");
    const label = item.label === "real" ? 0 : 1;
    if ((label === 0) !== (folder === REALS)) {
      const message =
        `dataset.json calls it ${item.label}, its folder says the opposite. It is left ` +
        "out; get dataset.json again.";
      onProblem({ kind: "contradiction", path: key, message });
      listed.add(key);
      continue;
    }
    const frames = `${folder}/frames/${stem(key.split("/").at(-1)!)}`;
    const video = layout === "frames" ? frames : key;
    listed.add(video);
    if (await whatIs(root, video) === undefined) {
      const message = `dataset.json names it (${item.set}), but it is not there. Get it again.`;
      onProblem({ kind: "absent", path: video, message });
      continue;
    }
    const people = label === 0 ? [item.target_id] : [item.target_id, item.swapped_id];
    const identities = people.flatMap((id) =>
      typeof id === "string" || typeof id === "number" ? [String(id)] : []
    );
    yield {
      kind: layout === "frames" ? "frames" : "video",
      video,
      label,
      method: label === 0 ? "real" : folder!,
      split: item.set === "test" ? "test" : heldOut(identities[0] ?? video, { validation }),
      identities,
    };
  }
  await reportUnlisted(description, listed, onProblem);
}

/** Tells of videos that the list does not name. */
async function reportUnlisted(
  { root, layout }: Description,
  listed: ReadonlySet<string>,
  onProblem: OnProblem,
): Promise<void> {
  const message = "dataset.json does not name it, so it has no label. It is left out.";
  for (const folder of FOLDERS) {
    if (layout === "frames") {
      for await (const { path, items } of foldersBelow(root, `${folder}/frames`, onProblem)) {
        if (path !== `${folder}/frames`) continue;
        for (const item of items) {
          if (!listed.has(item.path)) onProblem({ kind: "unlisted", path: item.path, message });
        }
      }
      continue;
    }
    for await (const { items } of foldersBelow(root, folder, onProblem)) {
      for (const { path } of videosAmong(items, { onProblem })) {
        if (!listed.has(path)) onProblem({ kind: "unlisted", path, message });
      }
    }
  }
}

function facts(): Facts {
  const source =
    "DeepfakeBench README.md, table of data sets (the paper, arXiv 1910.08854, says 5K)";
  return {
    published: [
      { of: { label: 0 }, videos: 1131, source },
      { of: { label: 1 }, videos: 4119, source },
    ],
    officialRealRepeats: 4,
    obtain: 'Agree to the terms on Meta AI\'s page "Deepfake Detection Challenge Dataset"; the ' +
      "preview is one archive there.",
  };
}

/** Reads DFDC-Preview. */
export const DFDC_PREVIEW: Reader = { read, facts };
