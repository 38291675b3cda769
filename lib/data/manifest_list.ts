/**
 * A manifest as a list of samples that are not held in memory: one pass notes where each row stands and a
 * few numbers of it (`manifest_columns.ts`), and rows are read again when they are asked for.
 */
import { cellsOf } from "lib/io/csv_records.ts";
import { csvBlocks, rowOf } from "lib/io/csv_rows.ts";
import { MANIFEST_COLUMNS, sampleOf } from "./manifest.ts";
import { ManifestColumns } from "./manifest_columns.ts";
import { ManifestFile } from "./manifest_file.ts";
import { placesWhere, type SampleList } from "./sample_list.ts";
import type { Sample, Split } from "./samples.ts";

/** Rows of a manifest, as `openManifestList` and `where` give them. */
export class ManifestList implements SampleList, Disposable {
  readonly #file: ManifestFile;
  readonly #heading: readonly string[];
  readonly #columns: ManifestColumns;
  /** The number of each sample's row; undefined where it is its place. */
  readonly #rows: Int32Array | undefined;
  /** How many samples there are. */
  readonly length: number;

  /** `openManifestList` is the way to make one. */
  constructor(
    { file, heading, columns, rows }: {
      file: ManifestFile;
      heading: readonly string[];
      columns: ManifestColumns;
      rows?: Int32Array;
    },
  ) {
    this.#file = file;
    this.#heading = heading;
    this.#columns = columns;
    this.#rows = rows;
    this.length = rows?.length ?? columns.length;
  }

  #row(place: number): number {
    return this.#rows ? this.#rows[place] : place;
  }

  /**
   * The samples of a data set, of a split, of a label, with landmarks, but for some methods, or all that at
   * once; they are there as long as this list is.
   */
  where({ dataset, split, label, landmarks = false, without = [] }: {
    dataset?: string | undefined;
    split?: Split;
    label?: 0 | 1;
    landmarks?: boolean;
    without?: readonly string[];
  }): ManifestList {
    const columns = this.#columns;
    const places = placesWhere(this.length, (place) => {
      const row = this.#row(place);
      return (dataset === undefined || columns.dataset(row) === dataset) &&
        (split === undefined || columns.split(row) === split) &&
        (label === undefined || columns.label(row) === label) &&
        (!landmarks || columns.hasLandmarks(row)) &&
        (without.length === 0 || !without.includes(columns.method(row)));
    });
    const rows = this.#rows ? places.map((place) => this.#row(place)) : places;
    return new ManifestList({ file: this.#file, heading: this.#heading, columns, rows });
  }

  /**
   * The sample at a place, read from the file.
   *
   * @throws Error when the file was changed since it was opened.
   */
  sample(place: number): Sample {
    const row = this.#row(place), { offsets } = this.#columns;
    const bytes = this.#file.read(offsets[row], offsets[row + 1]);
    const line = row + 2; // as far as no cell holds a line's end; no message is expected to say it
    return sampleOf(this.#file.path, rowOf(this.#heading, { line, cells: cellsOf(bytes) }));
  }

  label(place: number): 0 | 1 {
    return this.#columns.label(this.#row(place));
  }

  split(place: number): Split {
    return this.#columns.split(this.#row(place));
  }

  method(place: number): string {
    return this.#columns.method(this.#row(place));
  }

  hasMask(place: number): boolean {
    return this.#columns.hasMask(this.#row(place));
  }

  hasContent(place: number): boolean {
    return this.#columns.hasContent(this.#row(place));
  }

  hasLandmarks(place: number): boolean {
    return this.#columns.hasLandmarks(this.#row(place));
  }

  sources(): Int32Array {
    const { paths, pathCount } = this.#columns, reals = new Int32Array(pathCount).fill(-1);
    const sources = new Int32Array(this.length).fill(-1);
    for (let place = 0; place < this.length; place++) {
      if (this.label(place) === 0 && pathCount > 0) reals[paths[this.#row(place)]] = place;
    }
    for (let place = 0; place < this.length; place++) {
      const source = paths[this.#row(place)];
      if (this.label(place) === 1 && source >= 0) sources[place] = reals[source];
    }
    return sources;
  }

  /** The first sample of each video with the same label, split and people: all that apartness is about. */
  *origins(): Generator<Sample> {
    const { origins, originCount } = this.#columns, seen = new Uint8Array(originCount);
    for (let place = 0; place < this.length; place++) {
      const origin = origins[this.#row(place)];
      if (seen[origin] === 1) continue;
      seen[origin] = 1;
      yield this.sample(place);
    }
  }

  /** All samples in order, read some at a time. */
  *[Symbol.iterator](): Generator<Sample> {
    for (let place = 0; place < this.length; place++) yield this.sample(place);
  }

  /** Closes the file, for this list and all that were made of it. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * A manifest as a list that takes about twenty bytes a row, whatever stands in it, and about a hundred for
 * each video and, where pairs are known, each real picture. The caller ends it with `using`.
 *
 * @param path As `manifestRows` takes it. The file stays open; changing it meanwhile is found and refused.
 * @param options `each` is called for every sample of the file as it is read.
 * @throws RangeError as `manifestRows` does.
 *
 * @example
 * ```ts
 * import { writeManifest } from "lib/data/manifest.ts";
 * import { openManifestList } from "lib/data/manifest_list.ts";
 * import type { Sample } from "lib/data/samples.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const real: Sample = {
 *   path: "a.png", label: 0, dataset: "mine", method: "real", video: "a", split: "train", frame: 0,
 *   identities: [],
 * };
 * const fake: Sample = { ...real, path: "b.png", label: 1, method: "DF", video: "b", split: "test" };
 * await writeManifest(path, [real, fake]);
 * {
 *   using list = await openManifestList(path);
 *   assert.deepEqual([list.length, list.label(1), list.sample(1)], [2, 1, fake]);
 *   assert.deepEqual([...list.where({ split: "train" })], [real]);
 * }
 * await Deno.remove(path);
 * ```
 */
export async function openManifestList(
  path: string,
  { each = () => {} }: { each?: (sample: Sample) => void } = {},
): Promise<ManifestList> {
  const file = new ManifestFile(path);
  try {
    let heading: readonly string[] = [], columns: ManifestColumns | undefined;
    for await (const block of csvBlocks(path, MANIFEST_COLUMNS)) {
      heading = block.heading;
      columns ??= new ManifestColumns(heading.includes("source"));
      for (const record of block.records) {
        const sample = sampleOf(path, rowOf(heading, record));
        each(sample);
        columns.add(sample, record.offset);
      }
    }
    file.assertUnchanged(await Deno.stat(path));
    columns!.finish(file.size);
    return new ManifestList({ file, heading, columns: columns! });
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}
