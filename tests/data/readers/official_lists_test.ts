import assert from "node:assert/strict";
import { inFolder } from "../../in_folder.ts";
import { described, readAll, told, writeFiles } from "./made_data_sets.ts";

/** Lines as they stand in the official lists at commit c361f1c, the authors' own folders included. */
const LISTS = {
  "lists/train_real.txt": "0,/data/deepfake/FF++/faces/original_sequences/youtube/c23/071.mp4,2\n",
  "lists/train_fake.txt":
    "1,/data/deepfake/FF++/faces/manipulated_sequences/Face2Face/c23/071_054.mp4,1\n",
  "lists/val_real.txt": "0,/data/deepfake/FF++/faces/original_sequences/youtube/c23/720.mp4,1\n",
  "lists/val_fake.txt":
    "1,/data/deepfake/FF++/faces/manipulated_sequences/Deepfakes/c23/720_672.mp4,1\n",
  "lists/test_real.txt": "0,/data/deepfake/FF++/faces/original_sequences/youtube/c23/953.mp4,1\n",
  "lists/test_fake.txt": "1,FF++/manipulated_sequences/Face2Face/c23/953_974.mp4,1\n" +
    "1,FF++/manipulated_sequenceswap/c23/953_974.mp4,1\n",
};

const PICTURES = [
  "original_sequences/youtube/c23/071.mp4/000.png",
  "original_sequences/youtube/c23/071.mp4/005.png",
  "manipulated_sequences/Face2Face/c23/071_054.mp4/000.png",
  "original_sequences/youtube/c23/720.mp4/000.png",
  "manipulated_sequences/Deepfakes/c23/720_672.mp4/000.png",
  "original_sequences/youtube/c23/953.mp4/000.png",
  "manipulated_sequences/Face2Face/c23/953_974.mp4/000.png",
  "manipulated_sequences/FaceSwap/c23/953_974.mp4/000.png",
];

Deno.test("the official lists are read below the root; misspelt FaceSwap paths are told, with a repair", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, LISTS);
    await writeFiles(root, PICTURES);
    const fields = { reader: "official-lists", splits: "lists" };
    const { entries, problems } = await readAll(described(root, fields));
    assert.deepEqual(entries[0], {
      kind: "frames",
      video: "original_sequences/youtube/c23/071.mp4",
      label: 0,
      method: "real",
      split: "train",
      identities: ["071"],
      frames: 2,
    });
    assert.deepEqual(
      entries.map(({ method, split, identities }) => [method, split, ...identities].join(" ")),
      [
        "real train 071",
        "F2F train 071 054",
        "real validation 720",
        "DF validation 720 672",
        "real test 953",
        "F2F test 953 974",
      ],
    );
    assert.deepEqual(told(problems), ["misspelt test_fake.txt, line 2"]);
    assert.match(
      problems[0]!.message,
      /misspelling of "FF\+\+\/manipulated_sequences\/FaceSwap\/c23\/953_974\.mp4".*"repair: true"/,
    );

    const repaired = await readAll(described(root, { ...fields, repair: true }));
    assert.equal(repaired.entries.length, 7);
    assert.equal(repaired.entries[6]!.video, "manipulated_sequences/FaceSwap/c23/953_974.mp4");
    assert.equal(repaired.entries[6]!.method, "FS");
    assert.match(repaired.problems[0]!.message, /was read as that/);
  });
});

Deno.test("the official lists of another data set keep paths relative to the root", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, { "test_fake.txt": `1,${root}/Celeb-synthesis/id0_id1_0000,1\n` });
    await writeFiles(root, ["Celeb-synthesis/id0_id1_0000/000.png"]);
    const { entries, problems } = await readAll(described(root, { reader: "official-lists" }));
    assert.deepEqual(
      entries.map(({ video, method, identities }) => [video, method, ...identities]),
      [
        ["Celeb-synthesis/id0_id1_0000", "Celeb-synthesis", "id0", "id1"],
      ],
    );
    assert.equal(problems.filter(({ kind }) => kind === "absent").length, 5); // the other lists
  });
});

Deno.test("the official lists' broken lines, wrong labels and absent folders are told by line", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, LISTS);
    await writeFiles(root, {
      "lists/test_real.txt": "0 a 1\n2,a,1\n1,a,1\n0,absent,1\n",
    });
    await writeFiles(root, PICTURES);
    const { problems } = await readAll(
      described(root, { reader: "official-lists", splits: "lists", repair: true }),
    );
    assert.deepEqual(told(problems), [
      "malformed test_real.txt, line 1",
      "contradiction test_real.txt, line 2",
      "contradiction test_real.txt, line 3",
      "absent absent",
      "misspelt test_fake.txt, line 2",
    ]);
    await assert.rejects(
      readAll(described(root, { reader: "official-lists" })),
      /holds none of the official code's lists/,
    );
  });
});
