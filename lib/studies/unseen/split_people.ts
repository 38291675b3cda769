/** Which people are trained on, chosen on, and tested on: a person is on one side only. */
import type { Split } from "lib/data/samples.ts";
import { createRandom } from "lib/random.ts";

/** Shares of the people; the rest trains. */
const TEST = 0.3, VALIDATION = 0.1;
/** A donor is another person of the same split, so each has this many or more. */
const LEAST = 2;

/**
 * A split for each person.
 *
 * @param people Names, each once or more often.
 * @param seed Decides who is where.
 * @throws RangeError for fewer than six people: each of the three splits needs two.
 *
 * @example
 * ```ts
 * import { splitPeople } from "lib/studies/unseen/split_people.ts";
 * import assert from "node:assert/strict";
 *
 * const people = Array.from({ length: 20 }, (_, i) => `person ${i}`);
 * const splits = [...splitPeople(people, 1).values()];
 * const count = (split: string) => splits.filter((of) => of === split).length;
 * assert.deepEqual([count("train"), count("validation"), count("test")], [12, 2, 6]);
 * ```
 */
export function splitPeople(people: Iterable<string>, seed: number): Map<string, Split> {
  const names = [...new Set(people)].sort();
  if (names.length < 3 * LEAST) {
    throw new RangeError(
      `There are ${names.length} people, but unseen people need ${
        3 * LEAST
      } or more: two to train on, ` +
        "two to choose on, two to test on. Give more photographs, or tell people apart by --people.",
    );
  }
  const test = Math.max(LEAST, Math.round(TEST * names.length));
  const validation = Math.max(LEAST, Math.round(VALIDATION * names.length));
  const order = createRandom(seed, "people").shuffle(names);
  return new Map(order.map((name, i) => {
    const split = i < test ? "test" : i < test + validation ? "validation" : "train";
    return [name, split];
  }));
}
