import assert from "node:assert/strict";
import { assertDisjoint, METHODS, type Sample } from "lib/data/samples.ts";

const sample = (changes: Partial<Sample>): Sample => ({
  path: "x.png",
  label: 1,
  dataset: "d",
  method: "DF",
  video: "DF/000_003",
  split: "train",
  frame: 0,
  identities: ["000", "003"],
  ...changes,
});

Deno.test("assertDisjoint lets videos of one name in other folders and data sets be", () => {
  assertDisjoint([
    sample({}),
    sample({ frame: 5 }),
    sample({ video: "F2F/000_003" }),
    sample({ dataset: "other", split: "test" }),
    sample({ video: "DF/007_008", identities: ["007", "008"], split: "validation" }),
  ]);
});

Deno.test("assertDisjoint names a video or identity that is in two splits", () => {
  assert.throws(
    () => assertDisjoint([sample({ identities: [] }), sample({ identities: [], split: "test" })]),
    /video "DF\/000_003" of d is in train and test/,
  );
  assert.throws(
    () =>
      assertDisjoint([
        sample({}),
        sample({ video: "DF/003_900", identities: ["003"], split: "validation" }),
      ]),
    /1 do: identity "003" of d is in train and validation/,
  );
});

Deno.test("assertDisjoint that allows shared identities lists them, and still refuses shared videos", () => {
  const shared = [sample({}), sample({ video: "DF/000_900", split: "test" })];
  assert.throws(() => assertDisjoint(shared), /2 do: .*or allow shared identities/);
  assert.deepEqual(assertDisjoint(shared, { allowSharedIdentities: true }), [
    'identity "000" of d is in train and test',
    'identity "003" of d is in train and test',
  ]);
  assert.throws(
    () =>
      assertDisjoint([...shared, sample({ split: "validation" })], { allowSharedIdentities: true }),
    /1 do: video "DF\/000_003" of d is in train and validation\. Move all samples of each to one split\.$/,
  );
});

Deno.test("METHODS spells out the four manipulations, the real ones, and what is made from these", () => {
  assert.deepEqual(Object.keys(METHODS), [
    "real",
    "DF",
    "F2F",
    "FS",
    "NT",
    "SBI",
    "BI",
    "I2G",
    "FWA",
  ]);
});
