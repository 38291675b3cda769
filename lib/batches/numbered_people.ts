/** The people of a data set as numbers, for detectors that learn who is in a picture. */
import { labelsOf, sampleList, type Samples } from "lib/data/sample_list.ts";
import type { Sample } from "lib/data/samples.ts";

/** People by number. */
export interface NumberedPeople {
  /** Two numbers a sample, in the samples' order: whose face was changed, and by whose it was (target, source). */
  readonly peopleOf: Int32Array;
  /** The number of the person whose face a sample shows: the first that it names. */
  numberOf(sample: Pick<Sample, "dataset" | "identities">): number;
}

/** Equal names in two data sets are two people. */
const keyOf = (dataset: string, identity: string) => JSON.stringify([dataset, identity]);

/**
 * Numbers everyone whom the samples name, from 0, in alphabetical order of data sets and names.
 *
 * @param most As many as can be told apart. Default: any number.
 * @throws RangeError for a sample that names nobody, or when there are more people.
 *
 * @example A real picture shows one person, a fake one person with another's face
 * ```ts
 * import { numberedPeople } from "lib/batches/numbered_people.ts";
 * import assert from "node:assert/strict";
 *
 * const real = {
 *   path: "a.png", label: 0 as const, dataset: "mine", method: "real", video: "a",
 *   split: "train" as const, frame: 0, identities: ["ann"],
 * };
 * const fake = { ...real, path: "b.png", label: 1 as const, method: "DF", identities: ["ann", "bob"] };
 * assert.deepEqual([...numberedPeople([real, fake]).peopleOf], [0, 0, 0, 1]);
 * assert.throws(() => numberedPeople([real, fake], 1), /2 people/);
 * assert.throws(() => numberedPeople([{ ...real, identities: [] }]), /"a.png" names nobody/);
 * ```
 */
export function numberedPeople(samples: Samples, most = Infinity): NumberedPeople {
  const list = sampleList(samples), keys = new Set<string>();
  for (const { path, dataset, identities } of list) {
    if (identities.length === 0) {
      throw new RangeError(
        `The detector learns who is in a picture, and ${
          JSON.stringify(path)
        } names nobody. Fill the ` +
          'column "identities" of the manifest (target first, then source), leave the sample out, or ' +
          "choose another detector.",
      );
    }
    for (const identity of identities) keys.add(keyOf(dataset, identity));
  }
  if (keys.size > most) {
    throw new RangeError(
      `The samples name ${keys.size} people, and the detector tells ${most} apart: set more of them ` +
        "(--set people=…), or take fewer samples.",
    );
  }
  const numbers = new Map([...keys].sort().map((key, number) => [key, number]));
  const number = (dataset: string, identity: string) => numbers.get(keyOf(dataset, identity))!;
  const labels = labelsOf(list), peopleOf = new Int32Array(2 * list.length);
  let place = 0;
  for (const { dataset, identities: [target, source = target] } of list) {
    const own = number(dataset, target);
    peopleOf.set([own, labels[place] === 1 ? number(dataset, source) : own], 2 * place++);
  }
  return {
    peopleOf,
    numberOf: ({ dataset, identities: [target] }) => number(dataset, target),
  };
}
