/**
 * From a description to its entries: which reader reads what.
 */
import { dirname } from "node:path";
import type { ReaderName } from "../description_fields.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import { CELEB_DF } from "./celeb_df.ts";
import { CSV_LIST } from "./own_csv_list.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { DEEPFAKEBENCH_JSON } from "./deepfakebench_json.ts";
import { DFDC } from "./dfdc.ts";
import { DFDC_PREVIEW } from "./dfdc_preview.ts";
import { FACEFORENSICS } from "./faceforensics.ts";
import { FOLDERS } from "./own_folders.ts";
import { OFFICIAL_LISTS } from "./official_lists.ts";

const READERS: Readonly<Record<ReaderName, Reader>> = {
  "faceforensics": FACEFORENSICS,
  "celeb-df-v1": CELEB_DF,
  "celeb-df-v2": CELEB_DF,
  "dfdc-preview": DFDC_PREVIEW,
  "dfdc": DFDC,
  "deepfakebench-json": DEEPFAKEBENCH_JSON,
  "official-lists": OFFICIAL_LISTS,
  "folders": FOLDERS,
  "csv": CSV_LIST,
};

/** A data set that can be read. */
export interface DataSet {
  /** Its name, as in manifests. */
  readonly name: string;
  /** Folder that the entries' paths are below. Absolute. */
  readonly root: string;
  /** What its description says. */
  readonly description: Description;
  /** What its publisher states. */
  readonly facts: Facts;
  /**
   * Its videos and stills, in an order that is always the same.
   *
   * @param onProblem Called for whatever is not given as an entry, and why.
   * @throws RangeError or Error when nothing can be read at all.
   */
  entries(onProblem: OnProblem): AsyncGenerator<VideoEntry>;
}

/**
 * The data set of a description. Nothing is read before `entries` is asked for.
 *
 * @throws RangeError when the root is not there.
 *
 * @example A folder with real/ and fake/
 * ```ts
 * import { parseDescription } from "lib/data/descriptions.ts";
 * import { openDataSet } from "lib/data/readers/open_data_set.ts";
 * import assert from "node:assert/strict";
 *
 * const root = await Deno.makeTempDir();
 * await Deno.mkdir(`${root}/fake`);
 * await Deno.writeTextFile(`${root}/fake/a.mp4`, "");
 * const text = JSON.stringify({ name: "mine", reader: "folders", root });
 * const dataSet = await openDataSet(parseDescription(text, `${root}/mine.yaml`));
 * const entries = await Array.fromAsync(dataSet.entries((problem) => assert.fail(problem.message)));
 * assert.equal(entries[0]!.video, "fake/a.mp4");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function openDataSet(description: Description): Promise<DataSet> {
  const { name, reader, root, file } = description;
  const isList = reader === "csv";
  const found = await Deno.stat(root).catch(() => undefined);
  const facts = READERS[reader].facts(description);
  if (found === undefined || found.isFile !== isList) {
    throw new RangeError(
      `${JSON.stringify(file)}: root is ${JSON.stringify(root)}, and there is no such ` +
        `${isList ? "file" : "folder"}. Correct it, or get the data set: ${facts.obtain}`,
    );
  }
  return {
    name,
    root: isList ? dirname(root) : root,
    description,
    facts,
    entries: (onProblem) => READERS[reader].read(description, onProblem),
  };
}
