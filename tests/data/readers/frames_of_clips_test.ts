import assert from "node:assert/strict";
import { join } from "node:path";
import { clipOf } from "lib/data/readers/frames_of_clips.ts";
import { inFolder } from "../../in_folder.ts";
import { described, readAll, told, writeFiles } from "./made_data_sets.ts";

const numbered = (folder: string, name: string, from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, i) => `${folder}/${name}${String(from + i).padStart(4, "0")}.jpg`,
  );

Deno.test("clipOf by name: the last number runs, faces' numbers and what follows aside", () => {
  const cases: [path: string, video: string, frame: number][] = [
    ["real/clip_0001.jpg", "real/clip", 1],
    ["real/clip-12.frame.0003.png", "real/clip-12.frame", 3],
    ["real/clip (7).png", "real/clip", 7],
    ["real/0001.png", "real", 1],
    ["0001.png", ".", 1],
    ["real/clip_0012_face1.png", "real/clip", 12],
    ["real/0012_face1.png", "real", 12],
    ["real/face12.png", "real/face", 12],
    ["real/portrait.png", "real/portrait.png", 0],
    ["real/12345678901234567890.png", "real/12345678901234567890.png", 0],
  ];
  for (const [path, video, frame] of cases) {
    assert.deepEqual(clipOf(path, "name"), { video, frame }, path);
  }
  assert.deepEqual(clipOf("real/a/b_3.png", "folder"), { video: "real/a", frame: 3 });
  assert.deepEqual(clipOf("real/a/b_3.png", "none"), { video: "real/a/b_3.png", frame: 0 });
});

Deno.test("folders: frames of one clip are one video, stay in one split, and what was assumed is told", async () => {
  await inFolder(async (root) => {
    const clips = Array.from(
      { length: 30 },
      (_, i) => `clip${String.fromCharCode(97 + i % 26)}${i}`,
    );
    await writeFiles(
      root,
      clips.flatMap((clip) => [
        ...numbered(`real`, `${clip}_`, 0, 4),
        ...numbered(`fake/DF/${clip}`, "", 0, 4),
        ...numbered(`fake/${clip}`, "frame_", 0, 4),
      ]),
    );
    const shares = { reader: "folders", split: "train", validation: 0.3, test: 0.3 };
    const { entries, problems } = await readAll(described(root, shares));
    assert.equal(entries.length, 360);
    const splits = new Map<string, Set<string>>(), people = new Map<string, Set<string>>();
    for (const { video, split } of entries) {
      splits.set(video, (splits.get(video) ?? new Set()).add(split));
      const clip = video.split("/").at(-1)!;
      people.set(clip, (people.get(clip) ?? new Set()).add(split));
    }
    assert.equal(splits.size, 90);
    assert.ok([...splits.values()].every(({ size }) => size === 1));
    assert.ok(
      [...people.values()].every(({ size }) => size === 1),
      "a real and its fake are apart",
    );
    assert.deepEqual(new Set(entries.map(({ split }) => split)).size, 3);
    assert.deepEqual(told(problems).map((line) => line.split(" ")[0]), ["assumed"]);
    assert.match(
      problems[0]!.message,
      /^360 pictures are taken for frames of 90 clips.*"group: none"/,
    );
    const alone = await readAll(described(root, { ...shares, group: "none" }));
    assert.equal(new Set(alone.entries.map(({ video }) => video)).size, 360);
    assert.deepEqual(alone.problems, []);
  });
});

Deno.test("folders: a clip with frames in two splits is refused, two clips of one name are not", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, [
      ...numbered("train/real", "clip_", 0, 6),
      ...numbered("test/real", "clip_", 6, 9),
      "train/fake/a.png",
    ]);
    const refused = readAll(described(root, { reader: "folders" }));
    await assert.rejects(refused, {
      name: "RangeError",
      message:
        /"\/?real\/clip" in train and test \(such as "clip_0000\.jpg" and "clip_0006\.jpg"\).*--group none/,
    });
    await readAll(described(root, { reader: "folders", group: "none" }));
    await writeFiles(root, numbered("test/real", "clip_", 0, 1)); // clip_0000 is in both: two clips
    await readAll(described(root, { reader: "folders" }));
    await writeFiles(root, [
      ...numbered("val/fake/v1", "", 0, 3),
      ...numbered("train/fake/v1", "", 3, 5),
    ]);
    await assert.rejects(
      readAll(described(root, { reader: "folders" })),
      /fake\/v1" in train and validation/,
    );
    await assert.rejects(
      readAll(described(root, { reader: "folders", layout: "frames" })),
      /fake\/v1" in train and validation/,
    );
  });
});

Deno.test("a CSV without videos: frames are grouped, and refused where its own split tears them apart", async () => {
  await inFolder(async (root) => {
    const file = join(root, "list.csv");
    const list = async (text: string, fields = {}) => {
      await Deno.writeTextFile(file, text);
      return await readAll(described(file, { reader: "csv", ...fields }));
    };
    const rows = (end: (i: number) => string) =>
      Array.from({ length: 8 }, (_, i) => `f/clip_${i}.jpg,0${end(i)}\n`).join("");
    const { entries, problems } = await list(`path,label\n${rows(() => "")}`);
    assert.deepEqual(new Set(entries.map(({ video }) => video)), new Set(["f/clip"]));
    assert.deepEqual(entries.map((entry) => entry.kind === "still" && entry.frame), [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
    ]);
    assert.equal(problems[0]!.kind, "assumed");
    const torn = `path,label,split\n${rows((i) => i < 5 ? ",train" : ",test")}`;
    await assert.rejects(list(torn), /"f\/clip" in train and test/);
    await list(torn, { group: "none" });
  });
});

Deno.test("a CSV's held-out split follows the first identity, and refuses a video that would be torn", async () => {
  await inFolder(async (root) => {
    const file = join(root, "list.csv");
    const list = async (text: string) => {
      await Deno.writeTextFile(file, text);
      return await readAll(
        described(file, { reader: "csv", split: "train", validation: 0.3, test: 0.3 }),
      );
    };
    const people = Array.from({ length: 40 }, (_, i) => `person ${i}`);
    const { entries } = await list(
      "path,label,identities\n" +
        people.map((id, i) => `a${i}x.png,0,${id}\nb${i}x.mp4,1,${id}+other\n`).join(""),
    );
    for (const id of people) {
      const splits = entries.filter(({ identities }) => identities[0] === id).map(({ split }) =>
        split
      );
      assert.equal(new Set(splits).size, 1, id);
    }
    assert.equal(new Set(entries.map(({ split }) => split)).size, 3);
    const one = "path,label,video,identities\n" +
      people.map((id, i) => `${i}x.png,0,v1,${id}\n`).join("");
    await assert.rejects(
      list(one),
      /"v1" falls to \w+ in line \d+ and falls to \w+ in line \d+.*first identity/,
    );
  });
});

Deno.test("a CSV in which one path has both labels is refused with both lines, however it is written", async () => {
  await inFolder(async (root) => {
    const file = join(root, "dupe.csv");
    for (const other of ["a.jpg", "./a.jpg", "b/../a.jpg", join(root, "a.jpg")]) {
      await Deno.writeTextFile(file, `path,label\na.jpg,0\nb.jpg,1\n${other},1\n`);
      await assert.rejects(readAll(described(file, { reader: "csv" })), {
        name: "RangeError",
        message: /dupe\.csv": "a\.jpg" has label 0 in line 2 and has label 1 in line 4\./,
      });
    }
  });
});
