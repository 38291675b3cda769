import assert from "node:assert/strict";
import { join } from "node:path";
import { celebIdentities } from "lib/data/readers/celeb_df.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { inFolder } from "../../in_folder.ts";
import { described, makeCelebDf, readAll, told, writeFiles } from "./made_data_sets.ts";

Deno.test("Celeb-DF's labels are turned round: 1 in its list is real, 0 with us", async () => {
  await inFolder(async (root) => {
    await makeCelebDf(root);
    const { entries, problems } = await readAll(described(root, { reader: "celeb-df-v2" }));
    assert.deepEqual(problems, []);
    const test = entries.filter(({ split }) => split === "test");
    assert.deepEqual(test.map(({ video, label, method }) => [video, label, method]), [
      ["Celeb-real/id1_0001.mp4", 0, "real"],
      ["YouTube-real/00170.mp4", 0, "real"],
      ["Celeb-synthesis/id1_id0_0001.mp4", 1, "Celeb-synthesis"],
    ]);
    assert.deepEqual(test.map(({ identities }) => identities), [["id1"], [], ["id1", "id0"]]);
  });
});

Deno.test("Celeb-DF's test videos are in no other split", async () => {
  await inFolder(async (root) => {
    await makeCelebDf(root);
    for (const reader of ["celeb-df-v1", "celeb-df-v2"]) {
      const { entries } = await readAll(described(root, { reader, validation: 0.5 }));
      assert.equal(entries.length, 8);
      assert.equal(new Set(entries.map(({ video }) => video)).size, 8);
      assert.equal(entries.filter(({ split }) => split === "test").length, 3);
    }
  });
});

Deno.test("Celeb-DF's validation keeps the clips of one celebrity together, test apart", async () => {
  await inFolder(async (root) => {
    await makeCelebDf(root);
    const many = Array.from({ length: 40 }, (_, i) => [`id${i}_0000.mp4`, `id${i}_0001.mp4`])
      .flat();
    await writeFiles(root, many.map((name) => `Celeb-real/${name}`));
    const { entries } = await readAll(described(root, { reader: "celeb-df-v2", validation: 0.3 }));
    const bySplit = new Map<string, Set<string>>();
    for (const { split, identities } of entries) {
      if (split !== "test" && identities.length === 1) {
        bySplit.set(split, (bySplit.get(split) ?? new Set()).add(identities[0]!));
      }
    }
    const validation = bySplit.get("validation")!;
    assert.ok(validation.size > 4 && validation.size < 22, `${validation.size} of 40`);
    assert.ok(validation.isDisjointFrom(bySplit.get("train")!));
  });
});

Deno.test("Celeb-DF is read as DeepfakeBench arranges it: videos/ and frames/", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, { "List_of_testing_videos.txt": "1 Celeb-real/id0_0000.mp4\r\n" });
    for (const folder of ["Celeb-real", "YouTube-real", "Celeb-synthesis"]) {
      await writeFiles(root, [
        `${folder}/videos/id0_0000.mp4`,
        `${folder}/frames/id0_0000/000.png`,
        `${folder}/landmarks/id0_0000/000.npy`,
      ]);
    }
    const videos = await readAll(described(root, { reader: "celeb-df-v1" }));
    assert.deepEqual(videos.entries.map(({ video, split }) => `${video} ${split}`), [
      "Celeb-real/videos/id0_0000.mp4 test",
      "YouTube-real/videos/id0_0000.mp4 train",
      "Celeb-synthesis/videos/id0_0000.mp4 train",
    ]);
    const frames = await readAll(described(root, { reader: "celeb-df-v1", layout: "frames" }));
    assert.deepEqual(frames.entries.map(({ kind, video }) => `${kind} ${video}`), [
      "frames Celeb-real/frames/id0_0000",
      "frames YouTube-real/frames/id0_0000",
      "frames Celeb-synthesis/frames/id0_0000",
    ]);
    assert.deepEqual([...videos.problems, ...frames.problems], []);
  });
});

Deno.test("Celeb-DF names a list's absent videos, contradictions and broken lines", async () => {
  await inFolder(async (root) => {
    await makeCelebDf(root);
    await writeFiles(root, {
      "List_of_testing_videos.txt": "1 YouTube-real/00170.mp4\n" +
        "1 Celeb-synthesis/id1_id0_0001.mp4\n0 Celeb-real/id9_0009.mp4\n2 Celeb-real/id1_0001.mp4\n",
    });
    await Deno.remove(join(root, "Celeb-real"), { recursive: true });
    const { entries, problems } = await readAll(described(root, { reader: "celeb-df-v2" }));
    assert.deepEqual(told(problems), [
      "contradiction List_of_testing_videos.txt, line 2",
      "contradiction List_of_testing_videos.txt, line 3",
      "malformed List_of_testing_videos.txt, line 4",
      "absent Celeb-real",
      "absent Celeb-real/id9_0009",
    ]);
    assert.match(problems[0]!.message, /in this list 1 is real and 0 fake/);
    // The folder is believed: the synthesised video stays a fake.
    assert.equal(entries.find(({ video }) => video.includes("id1_id0_0001"))?.label, 1);
    await Deno.remove(join(root, "List_of_testing_videos.txt"));
    await assert.rejects(
      readAll(described(root, { reader: "celeb-df-v2" })),
      /Cannot read Celeb-DF's list of test videos.*part of the download/,
    );
  });
});

Deno.test("Celeb-DF's published counts say their source", async () => {
  await inFolder(async (root) => {
    const counts = async (reader: string) =>
      (await openDataSet(described(root, { reader }))).facts.published.map(({ videos }) => videos);
    assert.deepEqual(await counts("celeb-df-v1"), [408, 795]);
    assert.deepEqual(await counts("celeb-df-v2"), [890, 5639, 518]);
  });
});

Deno.test("the official code's repetition of reals is known for each benchmark", async () => {
  await inFolder(async (root) => {
    const factors = {
      "faceforensics": 4,
      "celeb-df-v1": 1,
      "celeb-df-v2": 6,
      "dfdc-preview": 4,
      "dfdc": 5,
    };
    for (const [reader, factor] of Object.entries(factors)) {
      const { facts } = await openDataSet(described(root, { reader }));
      assert.equal(facts.officialRealRepeats, factor);
    }
  });
});

Deno.test("celebIdentities tells target, then donor, and nobody for YouTube-real", () => {
  assert.deepEqual(celebIdentities("id0_0007"), ["id0"]);
  assert.deepEqual(celebIdentities("id0_id16_0007"), ["id0", "id16"]);
  assert.deepEqual(celebIdentities("00170"), []);
});
