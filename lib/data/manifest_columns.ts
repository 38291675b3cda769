/**
 * What is kept in memory of each row of a manifest: about twenty bytes of numbers. The rows themselves
 * are read again when they are wanted (`manifest_list.ts`).
 */
import { NameTable } from "./name_table.ts";
import { resized } from "./resized.ts";
import type { Sample, Split } from "./samples.ts";

const SPLITS: readonly Split[] = ["train", "validation", "test"];

/** Bits of a row's flags; the split's number stands in the two above them. */
const FAKE = 1, MASK = 2, CONTENT = 4, LANDMARKS = 8, SPLIT = 4;

/** So many methods, or data sets, can be told apart. */
const MOST = 1 << 16;

/** Names that are few. */
class FewNames {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    const found = this.#numbers.get(name);
    if (found !== undefined) return found;
    if (this.names.length === MOST) {
      throw new RangeError(
        `There are more than ${MOST} methods or data sets. Does the column hold videos?`,
      );
    }
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

const sameOrigin = (a: Sample, b: Sample) =>
  a.video === b.video && a.label === b.label && a.split === b.split && a.dataset === b.dataset &&
  a.identities.length === b.identities.length &&
  a.identities.every((identity, i) => identity === b.identities[i]);

/** Rows of a manifest as columns of numbers. */
export class ManifestColumns {
  /** Rows that were added. */
  length = 0;
  /** Different origins: groups of rows of one data set, video, label and split and the same people. */
  originCount = 0;
  /** Different paths of reals and sources. */
  pathCount = 0;
  /** Where each row begins in the file, in bytes; behind the last one, the file's end. */
  offsets = new Float64Array(1 << 10);
  /** The number of each row's origin. */
  origins = new Int32Array(1 << 10);
  /** Of a real row its path's number; of a fake one its source's, or −1. */
  paths = new Int32Array(1 << 10);
  #flags = new Uint8Array(1 << 10);
  #methods = new Uint16Array(1 << 10);
  #datasets = new Uint16Array(1 << 10);
  readonly #methodNames = new FewNames();
  readonly #datasetNames = new FewNames();
  readonly #originTable = new NameTable();
  readonly #pathTable = new NameTable();
  #before: Sample | undefined;

  /** Columns without rows; `sourced`: whether the manifest has the column `source`. */
  constructor(readonly sourced: boolean) {}

  /** Takes in the next row's sample, which begins at this byte. */
  add(sample: Sample, offset: number): void {
    const row = this.length++, { label, mask, content, landmarks, split, source } = sample;
    if (row + 1 === this.offsets.length) this.#resize(2 * this.offsets.length);
    this.offsets[row] = offset;
    this.origins[row] = this.#originOf(sample);
    const named = this.sourced ? label === 0 ? sample.path : source : undefined;
    this.paths[row] = named === undefined ? -1 : this.#pathTable.numberOf(named);
    this.#flags[row] = (label === 1 ? FAKE : 0) | (mask === undefined ? 0 : MASK) |
      (content === undefined ? 0 : CONTENT) | (landmarks === undefined ? 0 : LANDMARKS) |
      SPLITS.indexOf(split) << SPLIT;
    this.#methods[row] = this.#methodNames.numberOf(sample.method);
    this.#datasets[row] = this.#datasetNames.numberOf(sample.dataset);
    this.#before = sample;
  }

  /** Ends the adding: the names' letters, and room for more rows, are not wanted any more. */
  finish(end: number): void {
    this.originCount = this.#originTable.size;
    this.pathCount = this.#pathTable.size;
    this.#originTable.free();
    this.#pathTable.free();
    this.#before = undefined;
    this.offsets[this.length] = end;
    this.#resize(this.length + 1);
  }

  #resize(length: number): void {
    this.offsets = resized(this.offsets, length);
    this.origins = resized(this.origins, length);
    this.paths = resized(this.paths, length);
    this.#flags = resized(this.#flags, length);
    this.#methods = resized(this.#methods, length);
    this.#datasets = resized(this.#datasets, length);
  }

  /** A row's label. */
  label(row: number): 0 | 1 {
    return (this.#flags[row] & FAKE) as 0 | 1;
  }

  /** A row's split. */
  split(row: number): Split {
    return SPLITS[this.#flags[row] >> SPLIT];
  }

  /** A row's method. */
  method(row: number): string {
    return this.#methodNames.names[this.#methods[row]];
  }

  /** A row's data set. */
  dataset(row: number): string {
    return this.#datasetNames.names[this.#datasets[row]];
  }

  /** Whether a row names a mask. */
  hasMask(row: number): boolean {
    return (this.#flags[row] & MASK) > 0;
  }

  /** Whether a row has its file's content. */
  hasContent(row: number): boolean {
    return (this.#flags[row] & CONTENT) > 0;
  }

  /** Whether a row names a landmarks file. */
  hasLandmarks(row: number): boolean {
    return (this.#flags[row] & LANDMARKS) > 0;
  }

  #originOf(sample: Sample): number {
    if (this.#before && sameOrigin(this.#before, sample)) return this.origins[this.length - 2];
    const { dataset, video, label, split, identities } = sample;
    return this.#originTable.numberOf(
      JSON.stringify([dataset, video, label, split, ...identities]),
    );
  }
}
