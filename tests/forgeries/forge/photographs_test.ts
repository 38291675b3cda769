import assert from "node:assert/strict";
import { join } from "node:path";
import type { StillEntry } from "lib/data/data_set_entries.ts";
import { unitsOf } from "lib/data/prepare/prepared_units.ts";
import { commitUnit, type CropRecord } from "lib/data/prepare/unit_records.ts";
import type { ReadProblem } from "lib/data/readers/data_set_reader.ts";
import { landmarkFile } from "lib/faces/landmark_file.ts";
import { photographFaces } from "lib/forgeries/forge/found_faces.ts";
import { openPhotographs, splitPeople } from "lib/forgeries/forge/photographs.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { inFolder } from "../../in_folder.ts";

const RULE = { people: "name", seed: 1, validation: 0, test: 0.5 };

/** Empty files by these names. */
async function lay(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await writeWhole(join(root, path), new Uint8Array());
}

async function read(root: string, people: string) {
  const problems: ReadProblem[] = [];
  const source = await openPhotographs(root, { ...RULE, people });
  const entries = await Array.fromAsync(source.entries((problem) => problems.push(problem)));
  return {
    source,
    people: Object.fromEntries(entries.map(({ video, identities }) => [video, identities.join()])),
    splits: Object.fromEntries(entries.map(({ identities, split }) => [identities[0], split])),
    entries: entries as StillEntry[],
    problems: problems.map(({ kind, path }) => `${kind} ${path}`),
  };
}

Deno.test("splitPeople gives shares of any crowd, the same for a seed in whatever order", () => {
  for (const count of [1, 2, 3, 7, 102]) {
    const people = Array.from({ length: count }, (_, i) => `p${i}`);
    const of = (list: readonly string[], seed = 4) =>
      splitPeople(list, { seed, validation: 0.1, test: 0.2 });
    const splits = of(people),
      size = (split: string) => [...splits.values()].filter((one) => one === split).length;
    assert.equal(splits.size, count);
    assert.ok(size("train") >= 1);
    if (count > 2) assert.ok(size("test") >= 1 && size("validation") >= 1);
    if (count === 102) assert.deepEqual([size("test"), size("validation")], [20, 10]);
    for (const [person, split] of of(people.toReversed())) assert.equal(split, splits.get(person));
    if (count === 102) assert.notDeepEqual([...of(people, 5)], [...splits]);
    const none = splitPeople(people, { seed: 4, validation: 0, test: 0 });
    assert.ok([...none.values()].every((split) => split === "train"));
  }
});

Deno.test("openPhotographs tells who is who by name, by folder or by a list, and what it passes over", () =>
  inFolder(async (folder) => {
    const root = join(folder, "set");
    await lay(root, ["b/01.jpg", "a/01.png", "a/x+y.jpg", "c/d/2.heic", "notes.txt", "top.jpg"]);
    const byName = await read(root, "name");
    assert.deepEqual(byName.people, {
      "a/01.png": "01",
      "a/x+y.jpg": "x_y",
      "b/01.jpg": "01",
      "c/d/2.heic": "2",
      "top.jpg": "top",
    });
    assert.deepEqual(byName.problems, ["unlisted notes.txt"]);
    assert.deepEqual(Object.values(byName.splits).sort(), ["test", "test", "train", "train"]);
    assert.deepEqual((await read(root, "folder")).people, {
      "a/01.png": "a",
      "a/x+y.jpg": "a",
      "b/01.jpg": "b",
      "c/d/2.heic": "c/d",
      "top.jpg": "top",
    });
    const list = join(folder, "people.csv");
    await Deno.writeTextFile(list, "path,person\n./a/01.png,Ada\nb/01.jpg,Ada\nb/02.jpg,Bo\n");
    const listed = await read(root, list);
    assert.deepEqual(listed.people, { "a/01.png": "Ada", "b/01.jpg": "Ada" });
    assert.deepEqual(listed.problems.sort(), [
      "absent b/02.jpg",
      "unlisted a/x+y.jpg",
      "unlisted c/d/2.heic",
      "unlisted notes.txt",
      "unlisted top.jpg",
    ]);
    await Deno.writeTextFile(list, "path,person\na/01.png,Ada\na/01.png,Bo\n");
    await assert.rejects(
      read(root, list),
      /people.csv", line 3: "a\/01.png" is "Ada" in a line above/,
    );
    await Deno.writeTextFile(list, "path,person\na/01.png,\n");
    await assert.rejects(read(root, list), /line 2: the cell "person" is empty/);
    await Deno.writeTextFile(list, "path,person\nz.png,Z\n");
    await assert.rejects(read(root, list), /no photographs that the list names/);
  }));

Deno.test("photographFaces tells faces apart from the left, and is careful where it cannot", () =>
  inFolder(async (folder) => {
    const root = join(folder, "set"), out = join(folder, "faces");
    // One face; two in both pictures of a person; one and two; a picture that is there twice.
    const lefts: Record<string, readonly number[]> = {
      "a/one.jpg": [5],
      "a/two.jpg": [70, 5],
      "b/two.jpg": [5, 70],
      "a/odd.jpg": [5],
      "b/odd.jpg": [70, 5],
      "c/copy.jpg": [5],
    };
    await lay(root, Object.keys(lefts));
    const source = await openPhotographs(root, RULE);
    for await (const { entry: { video }, folder: own } of unitsOf(source.entries(() => {}))) {
      const crops: CropRecord[] = [], staged = join(folder, "staged");
      for (const [i, left] of lefts[video].entries()) {
        const landmarks = Array.from({ length: 68 }, (_, j) => [left, j] as const);
        const file = landmarkFile(`${i}`, { finder: "here", box: [0, 0, 9, 9], landmarks });
        await writeWhole(join(staged, file.name), file.bytes);
        const content = video === "c/copy.jpg" ? "a/one.jpg 0" : `${video} ${i}`;
        const box = [left, 0, left + 9, 9];
        crops.push({ file: `${i}.png`, content, frame: 0, box, score: 1, landmarks: file.name });
      }
      const record = { source: "", looked: 1, crops, remarks: [] };
      await commitUnit(staged, { folder: join(out, own), record });
    }
    const { faces, remarks } = await photographFaces(source, { folder: out, size: 32 });
    const said = faces.map(({ name, people, landmarks: [[left]] }) => [name, ...people, left]);
    assert.deepEqual(said, [
      ["a/odd.jpg", "odd", 5],
      ["a/one.jpg", "one", 5],
      ["a/two.jpg/1", "two/1", 5],
      ["a/two.jpg/2", "two/2", 70],
      ["b/odd.jpg/1", "odd", 5],
      ["b/odd.jpg/2", "odd", 70],
      ["b/two.jpg/1", "two/1", 5],
      ["b/two.jpg/2", "two/2", 70],
    ]);
    assert.deepEqual(remarks.map(({ video, what }) => [video, what]), [
      ["b/odd.jpg", "who is who"],
      ["c/copy.jpg", "twice"],
    ]);
  }));
