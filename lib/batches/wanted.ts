/**
 * What detectors want of samples besides pictures and labels: which method made each, which sample is its
 * partner, who is in it, and whether every fake has a mask. Looked up once for a list; masks themselves are read with
 * the pictures.
 */
import { placesWhere, type SampleList, sampleList, type Samples } from "lib/data/sample_list.ts";
import type { BatchSettings, Want } from "./batches.ts";
import { numberedPeople } from "./numbered_people.ts";

/** What is known of a list of samples for the wants of a detector; undefined is what nobody wants. */
export interface Wanted {
  /** The methods of the fakes in alphabetical order; a sample's number is its place from 1, real is 0. */
  readonly methods?: readonly string[];
  /** The method's number of each sample. */
  readonly methodOf?: Uint16Array;
  /** For each fake the place of the real picture that it was made from; −1 for real ones. */
  readonly sourceOf?: Int32Array;
  /** The numbers of each sample's people, target and source, one after the other. */
  readonly peopleOf?: Int32Array;
  /** Whether batches carry masks. */
  readonly masks: boolean;
}

/** The names of the fakes' methods, and each sample's number. */
function numberedMethods(list: SampleList, fakes: Int32Array) {
  const found = new Set<string>();
  for (const place of fakes) found.add(list.method(place));
  const methods = [...found].sort(), methodOf = new Uint16Array(list.length);
  for (const place of fakes) methodOf[place] = methods.indexOf(list.method(place)) + 1;
  return { methods, methodOf };
}

/** What is wanted of samples: what the detector wants, and pairs where the data's settings say so. */
export function wantsOf({ data, detector }: BatchSettings): Want[] {
  return [...new Set([...detector.wants, ...data.balance === "pairs" ? ["pair" as const] : []])];
}

/**
 * Looks up what is wanted.
 *
 * @param options `hasMask`: whether the sample's mask is to be had; default: whether it names one.
 * `mostPeople`: as many people as the detector tells apart.
 * @throws RangeError when a fake has no mask, or no real source among the samples, when a sample names nobody,
 * or all name too many, and that is wanted.
 */
export function lookUpWanted(
  samples: Samples,
  wants: readonly Want[],
  { hasMask, mostPeople }: {
    hasMask?: (place: number) => boolean;
    mostPeople?: number | undefined;
  } = {},
): Wanted {
  const list = sampleList(samples), { length } = list;
  const fakes = placesWhere(length, (place) => list.label(place) === 1);
  if (wants.includes("mask")) {
    const masked = hasMask ?? ((place: number) => list.hasMask(place));
    const without = fakes.find((place) => !masked(place));
    if (without !== undefined) {
      throw new RangeError(
        `The detector learns from masks, and ${
          JSON.stringify(list.sample(without).path)
        } has none. Prepare ` +
          "data with masks, or forgeries of your own; or choose another detector.",
      );
    }
  }
  const sourceOf = wants.includes("pair") ? list.sources() : undefined;
  const alone = sourceOf && fakes.find((place) => sourceOf[place] < 0);
  if (alone !== undefined) {
    const { path, source } = list.sample(alone);
    throw new RangeError(
      `Batches are of pairs, and the real picture that ${JSON.stringify(path)} was made from ` +
        `(column "source") is ${
          source === undefined ? "not named" : "not among the samples"
        }. Name and ` +
        "list it in the manifest, or leave the fake out; or choose another balance or detector.",
    );
  }
  return {
    ...wants.includes("method") ? numberedMethods(list, fakes) : {},
    ...sourceOf ? { sourceOf } : {},
    ...wants.includes("identity") ? { peopleOf: numberedPeople(list, mostPeople).peopleOf } : {},
    masks: wants.includes("mask"),
  };
}
