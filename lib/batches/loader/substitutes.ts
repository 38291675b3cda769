/** What stands in for samples that cannot be read, by a rule that looks at the list and the files alone. */
import { ImageError } from "lib/media/image_error.ts";
import type { SampleList } from "lib/data/sample_list.ts";
import type { Sample } from "lib/data/samples.ts";

/** A sample that was left out. */
export interface Unreadable {
  /** The sample whose file cannot be read, or of which no fake can be made. */
  readonly sample: Sample;
  /** Why not: an ImageError where its picture, or its mask, cannot be read. */
  readonly error: Error;
  /** What its places in batches go to: the next one of its class in the list; for a donor, another one. */
  readonly instead: Sample;
}

/** What is said of a sample that was left out. */
export function leftOutWords({ error, instead }: Unreadable): string {
  return `Left out: ${error.message} Its places go to ${JSON.stringify(instead.path)}.`;
}

/** The substitutes that are known so far. */
export interface Substitutes {
  /** What was left out, in the order in which it was met. */
  readonly found: readonly Unreadable[];
  /** The place that stands in for a place; itself as long as nothing is known against it. */
  known(place: number): number;
  /**
   * Finds what stands in for a place that cannot be read; the last of the list is followed by the first.
   *
   * @throws RangeError when no sample of its class can be read.
   */
  find(place: number, error: Error): Promise<void>;
}

/**
 * Substitutes for samples of this list.
 *
 * @param options `failure` says why the file at a place cannot be read, undefined where it can.
 */
export function openSubstitutes(
  samples: SampleList,
  { failure, notice }: {
    failure: (place: number) => Promise<Error | undefined>;
    notice: ((line: string) => void) | undefined;
  },
): Substitutes {
  const instead = new Map<number, number>();
  const found: Unreadable[] = [];
  const next = (place: number, label: 0 | 1): number => {
    do place = (place + 1) % samples.length; while (samples.label(place) !== label);
    return place;
  };
  const settle = (place: number, error: Error, by: number) => {
    if (instead.has(place) || !(error instanceof ImageError)) return;
    instead.set(place, by);
    const leftOut = { sample: samples.sample(place), error, instead: samples.sample(by) };
    found.push(leftOut);
    notice?.(leftOutWords(leftOut));
  };
  const find = async (place: number, error: Error) => {
    const label = samples.label(place), passed = new Map([[place, error]]);
    for (let other = next(place, label);; other = next(other, label)) {
      const by = instead.get(other) ?? other;
      if (passed.has(by)) {
        const kind = label === 0 ? "real" : "fake";
        throw new RangeError(`No ${kind} sample can be read. The first error: ${error.message}`);
      }
      const failed = await failure(by);
      if (!failed) return passed.forEach((error, place) => settle(place, error, by));
      if (!(failed instanceof ImageError)) throw failed;
      passed.set(by, failed);
    }
  };
  return { found, known: (place) => instead.get(place) ?? place, find };
}
