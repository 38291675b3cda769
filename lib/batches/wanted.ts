/**
 * What detectors want of samples besides pictures and labels: which method made each, which sample is its
 * partner, and whether every fake has a mask. Looked up once for a list; masks themselves are read with
 * the pictures.
 */
import type { Sample } from "lib/data/samples.ts";
import type { Want } from "./batches.ts";

/** What is known of a list of samples for the wants of a detector; undefined is what nobody wants. */
export interface Wanted {
  /** The methods of the fakes in alphabetical order; a sample's number is its place from 1, real is 0. */
  readonly methods?: readonly string[];
  /** The method's number of each sample. */
  readonly methodOf?: Uint16Array;
  /** For each fake the place of the real picture that it was made from; −1 for real ones. */
  readonly sourceOf?: Int32Array;
  /** Whether batches carry masks. */
  readonly masks: boolean;
}

/** Place of every real sample by its path. */
function placesOfReals(samples: readonly Sample[]): Map<string, number> {
  return new Map(
    samples.flatMap(({ path, label }, i): [string, number][] => label === 0 ? [[path, i]] : []),
  );
}

/**
 * Looks up what is wanted.
 *
 * @param hasMask Whether the sample's mask is to be had; default: whether it names one.
 * @throws RangeError when a fake has no mask, or no real source among the samples, and that is wanted.
 */
export function lookUpWanted(
  samples: readonly Sample[],
  wants: readonly Want[],
  hasMask: (place: number) => boolean = (place) => samples[place].mask !== undefined,
): Wanted {
  if (wants.includes("mask")) {
    const without = samples.findIndex(({ label }, place) => label === 1 && !hasMask(place));
    if (without >= 0) {
      throw new RangeError(
        `The detector learns from masks, and ${
          JSON.stringify(samples[without].path)
        } has none. Prepare ` +
          "data with masks, or forgeries of your own; or choose another detector.",
      );
    }
  }
  const names = [...new Set(samples.filter(({ label }) => label === 1).map(({ method }) => method))]
    .sort();
  const reals = wants.includes("pair") ? placesOfReals(samples) : undefined;
  const sourceOf = reals && Int32Array.from(
    samples,
    ({ source, label }) => label === 1 && source !== undefined ? reals.get(source) ?? -1 : -1,
  );
  const alone = sourceOf?.findIndex((place, i) => place < 0 && samples[i].label === 1) ?? -1;
  if (alone >= 0) {
    throw new RangeError(
      `The detector learns from pairs, and the real picture that ${
        JSON.stringify(samples[alone].path)
      } was made from (column "source") is ` +
        `${
          samples[alone].source === undefined ? "not named" : "not among the samples"
        }. Name and list ` +
        "it in the manifest, or leave the fake out; or choose another detector.",
    );
  }
  return {
    ...wants.includes("method")
      ? {
        methods: names,
        methodOf: Uint16Array.from(
          samples,
          ({ label, method }) => label === 0 ? 0 : names.indexOf(method) + 1,
        ),
      }
      : {},
    ...sourceOf ? { sourceOf } : {},
    masks: wants.includes("mask"),
  };
}
