/**
 * Samples in memory as columns, for lists of a million: of each a path, and of names that many share one text.
 * Records are made when they are asked for, and kept by nobody.
 */
import type { Sample, Split } from "./samples.ts";

/** Nobody is known. */
const NOBODY: readonly string[] = Object.freeze([]);

/** One text for equal texts. */
class OneOfEach {
  readonly #texts = new Map<string, string>();
  of(text: string): string {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
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
  readonly #labels: (0 | 1)[] = [];
  readonly #datasets: string[] = [];
  readonly #methods: string[] = [];
  readonly #videos: string[] = [];
  readonly #splits: Split[] = [];
  readonly #frames: number[] = [];
  readonly #contents: (string | undefined)[] = [];
  readonly #names = new OneOfEach();

  /** How many there are. */
  get length(): number {
    return this.#paths.length;
  }

  /** Takes in one more. */
  add(sample: Omit<Sample, "identities">): void {
    const { path, label, dataset, method, video, split, frame, content } = sample;
    this.#paths.push(path);
    this.#labels.push(label);
    this.#datasets.push(this.#names.of(dataset));
    this.#methods.push(this.#names.of(method));
    this.#videos.push(video === path ? path : this.#names.of(video));
    this.#splits.push(this.#names.of(split) as Split);
    this.#frames.push(frame);
    this.#contents.push(content);
  }

  /** The path of the sample at a place. */
  path(place: number): string {
    return this.#paths[place];
  }

  /** The sample at a place; it names no people. */
  at(place: number): Sample {
    const content = this.#contents[place];
    return {
      path: this.#paths[place],
      label: this.#labels[place],
      dataset: this.#datasets[place],
      method: this.#methods[place],
      video: this.#videos[place],
      split: this.#splits[place],
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
