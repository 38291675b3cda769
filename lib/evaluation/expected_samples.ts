/** The samples that scores are expected for, and how they are found by a path that others wrote. */
import { SampleColumns } from "lib/data/sample_columns.ts";
import type { Sample } from "lib/data/samples.ts";

/** What a row of scores is about: one sample by its path, or a whole video. */
export type JoinBy = "path" | "video";

/** Where a path leads. */
export interface FoundSample {
  /** The sample's place in the list. */
  readonly place: number;
  /** How many others it may be as well. */
  readonly others: number;
  /** Whether only the end of the path is the same. */
  readonly byEnd: boolean;
}

/** With "/" between folders, and no "./" before it. */
const plain = (path: string) => path.replaceAll("\\", "/").replace(/^(\.\/)+/, "");

/** Without the ending of the file's name. */
const withoutEnding = (path: string) => path.replace(/(?<=[^/])\.\w{1,5}$/, "");

const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Samples by their paths, or by their videos. */
export class ExpectedSamples {
  readonly #places = new Map<string, number>();
  /** By the last part of the path without its ending; made when it is first needed. */
  #byLastPart: Map<string, number[]> | undefined;

  private constructor(
    /** The samples; where videos are joined the first one of each, with the video's path. */
    readonly samples: SampleColumns,
  ) {
    for (let i = 0; i < samples.length; i++) this.#places.set(plain(samples.path(i)), i);
  }

  /**
   * Takes in all samples.
   *
   * @throws RangeError when there are none, or two have one path, or two data sets one video.
   */
  static async of(
    samples: Iterable<Sample> | AsyncIterable<Sample>,
    by: JoinBy,
  ): Promise<ExpectedSamples> {
    const list = new SampleColumns(), seen = new Map<string, string>();
    for await (const sample of samples) {
      const name = plain(sample[by]), dataset = seen.get(name);
      if (dataset === undefined) {
        list.add(by === "video" ? { ...sample, path: sample.video } : sample);
        seen.set(name, sample.dataset);
      } else if (by === "path" || dataset !== sample.dataset) {
        throw new RangeError(
          `The data has the ${by} ${
            JSON.stringify(sample[by])
          } twice. Name each one once, by a path ` +
            "of its own.",
        );
      }
    }
    if (list.length === 0) throw new RangeError("The data has no samples.");
    return new ExpectedSamples(list);
  }

  /** What the sample at a place is called. */
  nameOf(place: number): string {
    return this.samples.path(place);
  }

  /** Where a path leads: the sample of that path, else the one whose path ends as this one does. */
  find(path: string): FoundSample | undefined {
    let rest = plain(path);
    const exact = this.#places.get(rest);
    if (exact !== undefined) return { place: exact, others: 0, byEnd: false };
    while (rest.includes("/")) { // other folders stand before it
      rest = rest.slice(rest.indexOf("/") + 1);
      const place = this.#places.get(rest);
      if (place !== undefined) return { place, others: 0, byEnd: true };
    }
    const end = `/${plain(path)}`;
    const fitting = this.#called(withoutEnding(lastPart(end))).filter((place) => {
      const whole = `/${plain(this.nameOf(place))}`;
      return whole.endsWith(end) || withoutEnding(whole).endsWith(end);
    });
    if (fitting.length === 0) return undefined;
    return { place: fitting[0], others: fitting.length - 1, byEnd: true };
  }

  #called(name: string): readonly number[] {
    if (this.#byLastPart === undefined) {
      this.#byLastPart = new Map();
      for (let place = 0; place < this.samples.length; place++) {
        const own = withoutEnding(lastPart(plain(this.nameOf(place))));
        const places = this.#byLastPart.get(own);
        if (places === undefined) this.#byLastPart.set(own, [place]);
        else places.push(place);
      }
    }
    return this.#byLastPart.get(name) ?? [];
  }
}
