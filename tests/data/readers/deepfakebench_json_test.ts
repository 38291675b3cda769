import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { inFolder } from "../../in_folder.ts";
import { described, readAll, told, writeFiles } from "./made_data_sets.ts";

const video = (label: string, folder: string, frames = ["000.png", "011.png"], masks?: string) => ({
  label,
  frames: frames.map((name) => `${folder}/${name}`),
  ...(masks === undefined ? {} : { masks: frames.map((name) => `${masks}/${name}`) }),
});

const read = async (root: string, index: unknown, fields: Record<string, string> = {}) => {
  await writeFiles(root, {
    "index.json": typeof index === "string" ? index : JSON.stringify(index),
  });
  return await readAll(described(root, { reader: "deepfakebench-json", ...fields }));
};

Deno.test("DeepfakeBench's index of FaceForensics++ gives frames of whole videos with masks", async () => {
  await inFolder(async (root) => {
    const fake = "/somebody/rgb/FaceForensics++/manipulated_sequences";
    const real = ".\\datasets\\rgb\\FaceForensics++\\original_sequences\\youtube";
    const { entries, problems } = await read(root, {
      "FaceForensics++": {
        "FF-real": {
          train: { c23: { "071": video("FF-real", `${real}\\c23\\frames\\071`) }, c40: {} },
          test: {},
          val: {},
        },
        "FF-NT": {
          train: {},
          val: {},
          test: {
            c23: {
              "953_974": video(
                "FF-NT",
                `${fake}/NeuralTextures/c23/frames/953_974`,
                ["011.png", "000.png"],
                `${fake}/NeuralTextures/c23/masks/953_974`,
              ),
            },
            c40: { "953_974": video("FF-NT", `${fake}/NeuralTextures/c40/frames/953_974`) },
          },
        },
        "FF-DF": {
          test: { c23: { "953_974": video("FF-DF", `${fake}/Deepfakes/c23/frames/953_974`) } },
        },
      },
    });
    assert.deepEqual(problems, []);
    assert.equal(entries.length, 6);
    assert.deepEqual(entries[2], {
      kind: "still",
      path: "FaceForensics++/manipulated_sequences/NeuralTextures/c23/frames/953_974/000.png",
      frame: 0,
      video: "FaceForensics++/manipulated_sequences/NeuralTextures/c23/frames/953_974",
      label: 1,
      method: "NT",
      split: "test",
      identities: ["953", "974"],
      mask: "FaceForensics++/manipulated_sequences/NeuralTextures/c23/masks/953_974/000.png",
    });
    assert.equal(
      (entries[1] as { path: string }).path,
      "FaceForensics++/original_sequences/youtube/c23/frames/071/011.png",
    );
    // The same pair of two methods stays two videos.
    const test = entries.filter(({ split }) => split === "test");
    assert.equal(new Set(test.map((entry) => entry.video)).size, 2);
  });
});

Deno.test("DeepfakeBench's index of Celeb-DF: a test video is taken out of its training list", async () => {
  await inFolder(async (root) => {
    const of = (name: string) =>
      video("CelebDFv2_fake", `Celeb-DF-v2/Celeb-synthesis/frames/${name}`);
    const all = { id0_id1_0000: of("id0_id1_0000"), id2_id3_0000: of("id2_id3_0000") };
    const test = { id0_id1_0000: of("id0_id1_0000") };
    const { entries, problems } = await read(root, {
      "Celeb-DF-v2": { CelebDFv2_fake: { train: all, val: test, test } },
    });
    assert.deepEqual(told(problems), [
      "contradiction Celeb-DF-v2/Celeb-synthesis/frames/id0_id1_0000",
    ]);
    assert.deepEqual(
      entries.map(({ video, split }) => `${video.split("/").at(-1)} ${split}`),
      ["id2_id3_0000 train", "id2_id3_0000 train", "id0_id1_0000 test", "id0_id1_0000 test"],
    );
  });
});

Deno.test("DeepfakeBench's index of DFDC with its overwritten validation list is told, not believed", async () => {
  await inFolder(async (root) => {
    const of = (name: string) => video("DFDC_Fake", `DFDC/test/frames/${name}`);
    const { entries, problems } = await read(root, {
      DFDC: {
        DFDC_Fake: {
          test: { a: of("a"), b: of("b") },
          val: { ...of("b"), c: of("c") },
        },
      },
    });
    assert.deepEqual(told(problems), ["malformed DFDC_Fake.val.frames"]);
    assert.deepEqual(
      [...new Set(entries.map(({ video, split }) => `${video.split("/").at(-1)} ${split}`))],
      ["a test", "b test", "c validation"],
    );
  });
});

Deno.test("DeepfakeBench's index: unknown labels and splits, videos without frames, broken JSON", async () => {
  await inFolder(async (root) => {
    const { entries, problems } = await read(root, {
      X: {
        Mine_fake: { train: { a: video("Mine_fake", "x/a") } },
        UADFV_Fake: {
          dev: { b: video("UADFV_Fake", "UADFV/fake/frames/b") },
          test: { c: video("UADFV_Fake", "x", []) },
        },
      },
    });
    assert.deepEqual(entries, []);
    assert.deepEqual(told(problems), [
      "malformed Mine_fake.train.a",
      "malformed UADFV_Fake.dev.b",
      "absent UADFV_Fake/c",
    ]);
    for (const broken of ['{"X":{"UADFV_Fake"', "[", "{x"]) {
      await assert.rejects(read(root, broken), /index\.json" is not whole JSON.*rearrange\.py/);
    }
    await Deno.remove(join(root, "index.json"));
    await assert.rejects(
      readAll(described(root, { reader: "deepfakebench-json" })),
      /name DeepfakeBench's JSON file as splits; in the root there are 0/,
    );
  });
});

Deno.test("DeepfakeBench's index is read piece by piece, however long it is", async () => {
  await inFolder(async (root) => {
    const file = join(root, "index.json");
    {
      using out = await Deno.open(file, { write: true, create: true });
      const write = (text: string) => out.write(new TextEncoder().encode(text));
      await write('{"FaceForensics++":{"FF-DF":{"train":{"c23":{');
      for (let i = 0; i < 3000; i++) {
        const frames = Array.from(
          { length: 32 },
          (_, f) => `FaceForensics++/${"deep/".repeat(20)}${i}/${f}.png`,
        );
        await write(`${i === 0 ? "" : ","}"${i}":${JSON.stringify({ label: "FF-DF", frames })}`);
      }
      await write("}}}}}");
    }
    assert.ok((await Deno.stat(file)).size > 10e6);
    const dataSet = await openDataSet(described(root, { reader: "deepfakebench-json" }));
    let frames = 0, largest = 0;
    const before = Deno.memoryUsage().heapUsed;
    for await (const _ of dataSet.entries(() => assert.fail())) {
      if (++frames % 9600 === 0) largest = Math.max(largest, Deno.memoryUsage().heapUsed - before);
    }
    assert.equal(frames, 96_000);
    assert.ok(largest < 40e6, `${largest} bytes`);
  });
});
