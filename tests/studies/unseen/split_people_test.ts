import assert from "node:assert/strict";
import fc from "fast-check";
import { personOf } from "lib/studies/unseen/portraits.ts";
import { splitPeople } from "lib/studies/unseen/split_people.ts";

Deno.test("splitPeople gives each person one split, two people or more to each, whatever the order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 60 }), fc.integer(), (count, seed) => {
      const people = Array.from({ length: count }, (_, i) => `person ${i}`);
      const splits = splitPeople([...people, ...people], seed);
      assert.equal(splits.size, count);
      for (const split of ["train", "validation", "test"]) {
        assert.ok([...splits.values()].filter((of) => of === split).length >= 2, split);
      }
      const turned = splitPeople(people.toReversed(), seed);
      for (const name of people) assert.equal(turned.get(name), splits.get(name));
    }),
    { numRuns: 50 },
  );
  assert.throws(() => splitPeople(["a", "b", "c", "d", "e"], 1), /5 people.*6 or more/);
});

Deno.test("personOf goes by the file's name or by the folder", () => {
  assert.equal(personOf("smiling/017.jpg", "names"), "017");
  assert.equal(personOf("lfw/Ada/Ada_0001.jpg", "folders"), "lfw/Ada");
  assert.throws(() => personOf("017.jpg", "folders"), /lies in no folder/);
});
