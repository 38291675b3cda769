import assert from "node:assert/strict";
import { join } from "node:path";
import { faceForensicsIdentities } from "lib/data/readers/faceforensics.ts";
import { FACEFORENSICS_SPLITS, readPairSplits } from "lib/data/readers/pair_splits.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { videoScores } from "lib/evaluation/video_scores.ts";
import { inFolder } from "../../in_folder.ts";
import { described, makeFaceForensics, readAll, told, writeFiles } from "./made_data_sets.ts";

const OFFICIAL_SPLITS = join(import.meta.dirname!, "../../../data/splits/faceforensics");

Deno.test("FaceForensics++ is read with label, method, split, ids and the whole path", async () => {
  await inFolder(async (root) => {
    await makeFaceForensics(root);
    await writeFiles(root, ["manipulated_sequences/FaceSwap/masks/videos/953_974.mp4"]);
    const { entries, problems } = await readAll(described(root, { reader: "faceforensics" }));
    assert.deepEqual(problems, []);
    assert.equal(entries.length, 8 * 5);
    assert.deepEqual(entries[0], {
      kind: "video",
      video: "original_sequences/youtube/c23/videos/054.mp4",
      label: 0,
      method: "real",
      split: "train",
      identities: ["054"],
    });
    assert.deepEqual(entries.find(({ mask }) => mask !== undefined), {
      kind: "video",
      video: "manipulated_sequences/FaceSwap/c23/videos/953_974.mp4",
      label: 1,
      method: "FS",
      split: "test",
      identities: ["953", "974"],
      mask: "manipulated_sequences/FaceSwap/masks/videos/953_974.mp4",
    });
    const counts = Object.groupBy(entries, ({ method, split }) => `${method} ${split}`);
    for (const method of ["real", "DF", "F2F", "FS", "NT"]) {
      assert.equal(counts[`${method} train`]?.length, 4);
      assert.equal(counts[`${method} validation`]?.length, 2);
      assert.equal(counts[`${method} test`]?.length, 2);
    }
  });
});

Deno.test("FaceForensics++'s four fakes of one pair are four videos: 560 in test, not 140", async () => {
  await inFolder(async (root) => {
    const test = JSON.parse(
      await Deno.readTextFile(join(OFFICIAL_SPLITS, "test.json")),
    ) as string[][];
    const names = test.flatMap(([a, b]) => [`${a}_${b}`, `${b}_${a}`]);
    for (const folder of ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"]) {
      const place = `manipulated_sequences/${folder}/c23/videos`;
      await writeFiles(root, names.map((name) => `${place}/${name}.mp4`));
    }
    const { entries } = await readAll(
      described(root, { reader: "faceforensics", splits: OFFICIAL_SPLITS }),
    );
    assert.equal(new Set(entries.map(({ video }) => video)).size, 560);
    assert.equal(new Set(entries.map(({ video }) => video.split("/").at(-1))).size, 140);
    // Metrics by video count them so too: two frames each, still 560.
    const frames = [...entries, ...entries].map(({ video, label }) => ({
      video,
      label,
      logOdds: 0,
    }));
    assert.equal(videoScores(frames).length, 560);
  });
});

Deno.test("FaceForensics++'s split files hold 720, 140 and 140 ids, none in two", async () => {
  await inFolder(async (root) => {
    const splits = await readPairSplits(
      described(root, { reader: "faceforensics", splits: OFFICIAL_SPLITS }),
    );
    const ids = [...splits.ids()];
    const counts = Object.groupBy(ids, (id) => splits.splitOf(id)!);
    assert.equal(ids.length, 1000);
    for (const [split, videos] of Object.entries(FACEFORENSICS_SPLITS)) {
      assert.equal(counts[split as "train"]!.length, videos);
    }
    assert.equal(splits.pairs().size, 1000);
  });
});

Deno.test("FaceForensics++ takes the compression asked for, and reads frames as folders", async () => {
  await inFolder(async (root) => {
    await makeFaceForensics(root, { compression: "c40" });
    const c40 = { reader: "faceforensics", compression: "c40" };
    assert.equal((await readAll(described(root, c40))).entries.length, 40);
    const c23 = await readAll(described(root, { reader: "faceforensics" }));
    assert.equal(c23.entries.length, 0);
    assert.equal(c23.problems.length, 5);
    assert.match(c23.problems[3]!.message, /-d FaceSwap -c c23 -t videos/);
    assert.equal(c23.problems[3]!.videos, 8);

    const frames = "manipulated_sequences/NeuralTextures/c40/frames/953_974";
    await writeFiles(root, [`${frames}/000.png`, `${frames}/010.png`]);
    await writeFiles(root, ["manipulated_sequences/NeuralTextures/c23/masks/953_974/000.png"]);
    const { entries } = await readAll(described(root, { ...c40, layout: "frames" }));
    assert.deepEqual(entries, [{
      kind: "frames",
      video: frames,
      label: 1,
      method: "NT",
      split: "test",
      identities: ["953", "974"],
      mask: "manipulated_sequences/NeuralTextures/c23/masks/953_974",
    }]);
  });
});

Deno.test("FaceForensics++ names what a split promises and is not there, and what no split names", async () => {
  await inFolder(async (root) => {
    await makeFaceForensics(root);
    const place = "manipulated_sequences/Deepfakes/c23/videos";
    await Deno.rename(join(root, place, "953_974.mp4"), join(root, place, "953_071.mp4"));
    const { entries, problems } = await readAll(described(root, { reader: "faceforensics" }));
    assert.equal(entries.length, 39);
    assert.deepEqual(told(problems), [
      `unlisted ${place}/953_071.mp4`,
      `absent ${place}/953_974.mp4`,
    ]);
    assert.match(problems[1]!.message, /the split list names it \(test\), but it is not there/);
  });
});

Deno.test("DeepFakeDetection is a test set and in no other split; FaceShifter takes the pairs' splits", async () => {
  await inFolder(async (root) => {
    await makeFaceForensics(root, { folders: ["FaceShifter"] });
    await writeFiles(root, [
      "original_sequences/actors/c23/videos/01__walking.mp4",
      "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__walking__ABCDEFGH.mp4",
    ]);
    const methods = ["FaceShifter", "DeepFakeDetection"];
    const description = described(root, { reader: "faceforensics", methods });
    const { entries, problems } = await readAll(description);
    assert.deepEqual(problems, []);
    assert.equal(entries.filter(({ method }) => method === "FaceShifter").length, 8);
    const actors = entries.filter(({ video }) => /actors|DeepFakeDetection/.test(video));
    assert.deepEqual(actors.map(({ label, split, identities }) => [label, split, identities]), [
      [0, "test", ["actor 01"]],
      [1, "test", ["actor 01", "actor 02"]],
    ]);
    const { facts } = await openDataSet(description);
    const stated = (method: string, split?: string) =>
      facts.published.find(({ of }) => of.method === method && of.split === split)?.videos;
    assert.equal(stated("DeepFakeDetection"), 3068);
    assert.equal(stated("real", "test"), 140 + 363);
    assert.equal(stated("FaceShifter", "train"), 720);
  });
});

Deno.test("faceForensicsIdentities tells target, then donor", () => {
  assert.deepEqual(faceForensicsIdentities("071"), ["071"]);
  assert.deepEqual(faceForensicsIdentities("071_054"), ["071", "054"]);
  assert.deepEqual(faceForensicsIdentities("28__podium_speech_happy"), ["actor 28"]);
});

Deno.test("FaceForensics++ refuses split files that are missing, damaged or overlap", async () => {
  await inFolder(async (root) => {
    const description = described(root, { reader: "faceforensics" });
    await assert.rejects(readAll(description), /no ".*splits\/train\.json" and no .*data\/splits/);
    const cases: [string, RegExp][] = [
      ["[", /train\.json".*It is a list of pairs of ids/],
      ["{}", /it is no list/],
      ['[["071","054"],["087"]]', /item 1 is \["087"\]/],
      ['[["071",54]]', /item 0 is \["071",54\]/],
    ];
    for (const [text, message] of cases) {
      await makeFaceForensics(root);
      await writeFiles(root, { "splits/train.json": text });
      await assert.rejects(readAll(description), { name: "RangeError", message });
    }
    await writeFiles(root, { "splits/train.json": '[["071","953"]]' });
    await assert.rejects(readAll(description), /test\.json": "953" is in test and in train/);
    await assert.rejects(
      readAll(described(root, { reader: "faceforensics", methods: ["DF", "FS2"] })),
      /has no method "FS2"\. It has DF, F2F, FS, NT, FaceShifter, DeepFakeDetection/,
    );
  });
});
