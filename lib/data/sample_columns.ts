/**
 * Samples in memory as columns, for lists of a million: of each a path, and of names that many share one text.
 * Records are made when they are asked for, and kept by nobody.
 */
import { resized } from "./resized.ts";
import type { Sample, Split } from "./samples.ts";

/** Texts that many samples share, of each: data set, method, split and video. */
const TEXTS = 4;

/** Nobody is known. */
const NOBODY: readonly string[] = Object.freeze([]);

/** Numbers for texts, from 0 in the order in which they come. */
class Names {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/**
 * What is listed and measured of samples: all but people, masks, landmarks and other files beside them.
 *
 * @example
 * ```ts
 * import { SampleColumns } from "lib/data/sample_columns.ts";
 * import assert from "node:assert/strict";
 *
 * const columns = new SampleColumns();
 * columns.add({
 *   path: "a.png", label: 1, dataset: "mine", method: "DF", video: "DF/a", split: "test", frame: 5,
 * });
 * assert.equal(columns.length, 1);
 * assert.equal([...columns][0].video, "DF/a");
 * ```
 */
export class SampleColumns implements Iterable<Sample> {
  readonly #paths: string[] = [];
  readonly #contents: (string | undefined)[] = [];
  readonly #names = new Names();
  /** Of each sample its label, and the numbers of its texts. */
  #labels = new Uint8Array(1 << 10);
  #frames = new Float64Array(1 << 10);
  #texts = new Int32Array(TEXTS << 10);

  /** How many there are. */
  get length(): number {
    return this.#paths.length;
  }

  /** Takes in one more. */
  add(sample: Omit<Sample, "identities">): void {
    const { path, label, dataset, method, video, split, frame, content } = sample;
    const place = this.length;
    if (place === this.#labels.length) {
      this.#labels = resized(this.#labels, 2 * place);
      this.#frames = resized(this.#frames, 2 * place);
      this.#texts = resized(this.#texts, 2 * TEXTS * place);
    }
    this.#paths.push(path);
    if (content !== undefined) this.#contents[place] = content;
    this.#labels[place] = label;
    this.#frames[place] = frame;
    [dataset, method, split].forEach((text, i) => {
      this.#texts[TEXTS * place + i] = this.#names.numberOf(text);
    });
    this.#texts[TEXTS * place + 3] = video === path ? -1 : this.#names.numberOf(video);
  }

  /** The path of the sample at a place. */
  path(place: number): string {
    return this.#paths[place];
  }

  /** The sample at a place; it names no people. */
  at(place: number): Sample {
    const path = this.#paths[place], content = this.#contents[place];
    const text = (i: number) => this.#names.texts[this.#texts[TEXTS * place + i]];
    return {
      path,
      label: this.#labels[place] as 0 | 1,
      dataset: text(0),
      method: text(1),
      video: text(3) ?? path,
      split: text(2) as Split,
      frame: this.#frames[place],
      identities: NOBODY,
      ...content === undefined ? {} : { content },
    };
  }

  /** All, in the order in which they came. */
  *[Symbol.iterator](): Generator<Sample, void, void> {
    for (let place = 0; place < this.length; place++) yield this.at(place);
  }
}
