/**
 * A folder of one's own: `real/` and `fake/`, or those in `train/`, `validation/` and `test/`.
 */
import { isPictureName, isUnreadName, isVideoName } from "lib/media/file_endings.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { clipOf, ClipsOfPictures } from "./frames_of_clips.ts";
import { heldOut } from "./held_out.ts";
import { type FolderItem, foldersBelow, listFolder, NO_MEDIUM, stem } from "./walk_folder.ts";

const CLASSES = [["real", 0], ["fake", 1]] as const;
const SPLITS: readonly (readonly [string, Split])[] = [
  ["train", "train"],
  ["validation", "validation"],
  ["val", "validation"],
  ["test", "test"],
];

interface Place {
  readonly folder: string;
  readonly label: 0 | 1;
  /** undefined: by the description's rule. */
  readonly split: Split | undefined;
}

/** Tells of what lies beside the folders that are read: it has no label. */
function tellOthers(items: readonly FolderItem[], isTop: boolean, onProblem: OnProblem): void {
  const read = [...CLASSES.map(([name]) => name), ...isTop ? SPLITS.map(([name]) => name) : []];
  for (const { name, path, isFolder } of items) {
    if (isFolder ? read.includes(name) : !isPictureName(name) && !isVideoName(name)) continue;
    const message = `it lies in none of ${read.join("/, ")}/, so it has no label. It is left out.`;
    onProblem({ kind: "unlisted", path, message });
  }
}

async function places(root: string, onProblem: OnProblem): Promise<Place[]> {
  const found: Place[] = [];
  const look = async (parent: string, split: Split | undefined) => {
    const items = await listFolder(root, parent, onProblem) ?? [];
    const names = items.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    for (const [name, label] of CLASSES) {
      if (!names.includes(name)) continue;
      found.push({ folder: parent === "" ? name : `${parent}/${name}`, label, split });
    }
    tellOthers(items, parent === "", onProblem);
    return names;
  };
  const top = await look("", undefined);
  for (const [name, split] of SPLITS) if (top.includes(name)) await look(name, split);
  return found;
}

async function* read(
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const found = await places(description.root, onProblem);
  if (found.length === 0) {
    throw new RangeError(
      `${
        JSON.stringify(description.root)
      } has neither real/ nor fake/, nor train/, validation/ or ` +
        "test/ with these in them. Arrange it so, or list its files in a CSV.",
    );
  }
  const clips = new ClipsOfPictures();
  for (const place of found) yield* entriesOf(place, { description, clips, onProblem });
  clips.assertApart(description);
  clips.tell(onProblem);
}

/** What follows a path below its class, or below its method, without its ending. */
function afterClass(path: string, { folder, label }: Place): string {
  const inner = path.slice(folder.length + 1).split("/");
  return stem((label === 1 && inner.length > 1 ? inner.slice(1) : inner).join("/"));
}

/** Whether all pictures in a folder are called as frames of one clip are. */
function isOneClip(pictures: readonly FolderItem[]): boolean {
  const clips = new Set(pictures.map(({ path }) => clipOf(path, "name").video));
  return clips.size === 1 && pictures.length > 1;
}

async function* entriesOf(
  place: Place,
  { description, clips, onProblem }: {
    description: Description;
    clips: ClipsOfPictures;
    onProblem: OnProblem;
  },
): AsyncGenerator<VideoEntry> {
  const { folder, label } = place, { root, layout, group } = description;
  const splitOf = (video: string): Split =>
    place.split ?? (description.split === "train"
      // A fake and the real video that it is called after stay together.
      ? heldOut(afterClass(video, place), description)
      : description.split);
  for await (const { path, items } of foldersBelow(root, folder, onProblem)) {
    const inner = path.slice(folder.length + 1).split("/").filter((part) => part !== "");
    const pictures = items.filter(({ name, isFolder }) => !isFolder && isPictureName(name));
    const asVideo = layout === "frames" && inner.length > 0;
    // The first folder inside is the method; a folder of frames is not its own method.
    const methodFolder = asVideo ? inner.slice(0, -1)[0] : inner[0];
    const method = label === 0 ? "real" : methodFolder ?? "fake";
    const shared = { label, method, identities: [] };
    if (asVideo && pictures.length > 0) {
      const entry = { video: path, split: splitOf(path) };
      for (const { path: file } of pictures) clips.add(file, { ...entry, assumed: false });
      yield { kind: "frames", ...entry, ...shared };
    }
    const rule = group ??
      (inner.length > label || inner.length > 0 && isOneClip(pictures) ? "folder" : "name");
    for (const { name, path: file, isFolder } of items) {
      if (isFolder) continue;
      if (isVideoName(name)) yield { kind: "video", video: file, split: splitOf(file), ...shared };
      else if (!isPictureName(name) && !isUnreadName(name)) {
        onProblem({ kind: "unlisted", path: file, message: NO_MEDIUM });
      } else if (!asVideo) {
        const clip = clipOf(file, rule), split = splitOf(clip.video);
        clips.add(file, { video: clip.video, split, assumed: group === undefined });
        yield { kind: "still", path: file, ...clip, split, ...shared };
      }
    }
  }
}

function facts({ root }: Description): Facts {
  return { published: [], obtain: `It is your own: ${JSON.stringify(root)}.` };
}

/**
 * Reads real/ and fake/. A folder inside fake/ is the method of what is in it. The pictures in any other folder
 * in real/ or in a method's are frames of one clip; of pictures that lie directly in real/, fake/ or a method's
 * folder the names decide, by the rule `name` of frames_of_clips.ts, and where that makes a single clip of a
 * folder, the clip is the folder. The description's `group` puts one rule in place of these.
 */
export const FOLDERS: Reader = { read, facts };
