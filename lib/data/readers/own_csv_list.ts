/**
 * A CSV of one's own: `path` and `label`, and of a manifest's other columns those that there are. A
 * manifest is such a CSV too.
 */
import { dirname, isAbsolute, join, relative } from "node:path";
import { csvRows } from "lib/io/csv_rows.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import { sampleOf } from "../manifest.ts";
import type { Facts, Reader } from "./data_set_reader.ts";
import { heldOut } from "./held_out.ts";
import { isVideo } from "./walk_folder.ts";

/** A CSV's paths are relative to its folder; entries' paths are below it too. */
function below(file: string, path: string): string {
  return isAbsolute(path) ? relative(dirname(file), path) : path;
}

async function* read(description: Description): AsyncGenerator<VideoEntry> {
  const { root: file, name, split, validation } = description;
  for await (const { line, cells } of csvRows(file, ["path", "label"])) {
    const path = cells.path!;
    const sample = sampleOf(file, {
      line,
      cells: {
        dataset: name,
        method: cells.label === "0" ? "real" : "fake",
        video: path,
        split: split === "train" ? heldOut(cells.video ?? path, validation) : split,
        frame: "0",
        identities: "",
        mask: "",
        ...cells,
      },
    });
    const shared = {
      label: sample.label,
      method: sample.method,
      split: sample.split,
      identities: sample.identities,
      ...(sample.mask === undefined ? {} : { mask: below(file, sample.mask) }),
    };
    if (isVideo(path)) yield { kind: "video", video: below(file, path), ...shared };
    else {
      const video = sample.video === path ? below(file, path) : sample.video;
      yield { kind: "still", path: below(file, path), video, frame: sample.frame, ...shared };
    }
  }
}

function facts({ root }: Description): Facts {
  return { published: [], obtain: `It is your own list: ${JSON.stringify(join(root))}.` };
}

/** Reads a CSV of paths. */
export const CSV_LIST: Reader = { read, facts };
