/**
 * Lists of samples, wherever they are kept: an array in memory, or a manifest whose rows are read when
 * they are asked for (`manifest_list.ts`). What is asked of every sample at once comes without the samples.
 */
import type { Sample, Split } from "./samples.ts";

/** Samples in a fixed order. */
export interface SampleList extends Iterable<Sample> {
  /** How many there are. */
  readonly length: number;
  /** The sample at a place, from 0. */
  sample(place: number): Sample;
  /** Its label. */
  label(place: number): 0 | 1;
  /** Its split. */
  split(place: number): Split;
  /** Its method. */
  method(place: number): string;
  /** Whether it names a mask. */
  hasMask(place: number): boolean;
  /** Whether the content of its file is written down. */
  hasContent(place: number): boolean;
  /** Whether it names a file with its face's landmarks. */
  hasLandmarks(place: number): boolean;
  /** For each sample the place of the real one that it was made from, or −1: of reals, and where that is none of these. */
  sources(): Int32Array;
}

/** Samples, as functions take them: mostly an array. */
export type Samples = readonly Sample[] | SampleList;

/** For each sample of an array the place of its source, or −1. */
function sourcesOf(samples: readonly Sample[]): Int32Array {
  const reals = new Map<string, number>();
  samples.forEach(({ path, label }, place) => label === 0 && reals.set(path, place));
  return Int32Array.from(
    samples,
    ({ source, label }) => label === 1 && source !== undefined ? reals.get(source) ?? -1 : -1,
  );
}

/**
 * An array as a list; a list is one already.
 *
 * @example
 * ```ts
 * import { sampleList } from "lib/data/sample_list.ts";
 * import assert from "node:assert/strict";
 *
 * const real = {
 *   path: "a.png", label: 0 as const, dataset: "mine", method: "real", video: "a",
 *   split: "train" as const, frame: 0, identities: [],
 * };
 * const fake = { ...real, path: "b.png", label: 1 as const, method: "DF", source: "a.png" };
 * const list = sampleList([real, fake]);
 * assert.deepEqual([list.label(1), list.method(1), ...list.sources()], [1, "DF", -1, 0]);
 * assert.equal(sampleList(list), list);
 * ```
 */
export function sampleList(samples: Samples): SampleList {
  if ("sources" in samples) return samples;
  return {
    length: samples.length,
    sample: (place) => samples[place],
    label: (place) => samples[place].label,
    split: (place) => samples[place].split,
    method: (place) => samples[place].method,
    hasMask: (place) => samples[place].mask !== undefined,
    hasContent: (place) => samples[place].content !== undefined,
    hasLandmarks: (place) => samples[place].landmarks !== undefined,
    sources: () => sourcesOf(samples),
    [Symbol.iterator]: () => samples[Symbol.iterator](),
  };
}

/** The label of every sample. */
export function labelsOf(list: SampleList): Uint8Array {
  const labels = new Uint8Array(list.length);
  for (let place = 0; place < list.length; place++) labels[place] = list.label(place);
  return labels;
}

/** The places of the samples for which something holds, in order. */
export function placesWhere(length: number, holds: (place: number) => boolean): Int32Array {
  let count = 0;
  for (let place = 0; place < length; place++) if (holds(place)) count++;
  const places = new Int32Array(count);
  for (let place = 0, at = 0; place < length; place++) if (holds(place)) places[at++] = place;
  return places;
}
