import assert from "node:assert/strict";
import type { Sample } from "lib/data/samples.ts";
import { assertApart, sharedWithTraining, writeTrainedOn } from "lib/training/trained_on.ts";
import { inFolder } from "../in_folder.ts";

const sample = (video: string, identities: string[], dataset = "mine"): Sample => ({
  path: `${video}.png`,
  label: 0,
  dataset,
  method: "real",
  video,
  split: "train",
  frame: 0,
  identities,
});

Deno.test("sharedWithTraining finds videos and people of the same data set on both sides", async () => {
  await inFolder(async (folder) => {
    assert.equal(await sharedWithTraining(folder, []), undefined);
    const lessons = [sample("a", ["1", "2"]), sample("a", ["1", "2"]), sample("b, c", ["3"])];
    await writeTrainedOn(folder, lessons);
    const tests = [sample("b, c", []), sample("d", ["2"]), sample("a", ["1"], "other")];
    const shared = await sharedWithTraining(folder, tests);
    assert.deepEqual(shared, {
      videos: ['"b, c" of mine'],
      videoCount: 1,
      identities: ['"2" of mine'],
      identityCount: 1,
    });
  });
});

Deno.test("assertApart refuses shared videos always, shared people unless they are allowed", () => {
  const none = { videos: [], videoCount: 0, identities: [], identityCount: 0 };
  assert.equal(assertApart(none, { allowSharedIdentities: false }), undefined);
  const videos = { ...none, videos: ['"a" of mine'], videoCount: 7 };
  assert.throws(
    () => assertApart(videos, { allowSharedIdentities: true }),
    /trained or chosen on 7 of these videos: "a" of mine, …/,
  );
  const people = { ...none, identities: ['"2" of mine'], identityCount: 1 };
  assert.throws(
    () => assertApart(people, { allowSharedIdentities: false }),
    /--allow-shared-identities/,
  );
  const said = assertApart(people, { allowSharedIdentities: true });
  assert.match(said!, /^1 people .*"2" of mine\.$/);
});
