/**
 * A folder of one's own: `real/` and `fake/`, or those in `train/`, `validation/` and `test/`.
 */
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { heldOut } from "./held_out.ts";
import { foldersBelow, isPicture, isVideo, listFolder } from "./walk_folder.ts";

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

async function places(root: string, onProblem: OnProblem): Promise<Place[]> {
  const found: Place[] = [];
  const look = async (parent: string, split: Split | undefined) => {
    const items = await listFolder(root, parent, onProblem) ?? [];
    const names = items.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    for (const [name, label] of CLASSES) {
      if (!names.includes(name)) continue;
      found.push({ folder: parent === "" ? name : `${parent}/${name}`, label, split });
    }
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
  for (const place of found) yield* entriesOf(place, description, onProblem);
}

async function* entriesOf(
  { folder, label, split }: Place,
  description: Description,
  onProblem: OnProblem,
): AsyncGenerator<VideoEntry> {
  const { root, layout, validation } = description;
  const splitOf = (video: string): Split =>
    split ?? (description.split === "train" ? heldOut(video, validation) : description.split);
  for await (const { path, items } of foldersBelow(root, folder, onProblem)) {
    const inner = path.slice(folder.length + 1).split("/").filter((part) => part !== "");
    const pictures = items.filter(({ name, isFolder }) => !isFolder && isPicture(name));
    const asVideo = layout === "frames" && inner.length > 0;
    // The first folder inside is the method; a folder of frames is not its own method.
    const methodFolder = asVideo ? inner.slice(0, -1)[0] : inner[0];
    const method = label === 0 ? "real" : methodFolder ?? "fake";
    const shared = { label, method, identities: [] };
    if (asVideo && pictures.length > 0) {
      yield { kind: "frames", video: path, split: splitOf(path), ...shared };
    }
    for (const { name, path: file, isFolder } of items) {
      const entry = { video: file, split: splitOf(file), ...shared };
      if (isFolder) continue;
      if (isVideo(name)) yield { kind: "video", ...entry };
      else if (!isPicture(name)) {
        const message = "it is neither a picture nor a video by its name. It is left out.";
        onProblem({ kind: "unlisted", path: file, message });
      } else if (!asVideo) yield { kind: "still", path: file, frame: 0, ...entry };
    }
  }
}

function facts({ root }: Description): Facts {
  return { published: [], obtain: `It is your own: ${JSON.stringify(root)}.` };
}

/** Reads real/ and fake/. A folder inside fake/ is the method of what is in it. */
export const FOLDERS: Reader = { read, facts };
