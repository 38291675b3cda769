import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../in_folder.ts";
import {
  described,
  makeDfdc,
  makeDfdcPreview,
  readAll,
  told,
  writeFiles,
} from "./made_data_sets.ts";

Deno.test("DFDC's parts, validation and test are read; a fake goes with its original", async () => {
  await inFolder(async (root) => {
    await makeDfdc(root);
    const { entries, problems } = await readAll(described(root, { reader: "dfdc" }));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      entries.map(({ video, label, method, split, identities }) =>
        [video.replace("train/dfdc_train_", ""), label, method, split, ...identities].join(" ")
      ),
      [
        "part_0/fake0.mp4 1 DFDC train real0",
        "part_0/real0.mp4 0 real train real0",
        "part_10/fake10.mp4 1 DFDC train real10",
        "part_10/real10.mp4 0 real train real10",
        "validation/v0.mp4 0 real validation v0",
        "validation/v1.mp4 1 DFDC validation v1",
        "test/t0.mp4 0 real test t0",
        "test/t1.mp4 1 DFDC test t1",
      ],
    );
  });
});

Deno.test("DFDC's validation holds all its videos: none overwrites another, none is tested too", async () => {
  await inFolder(async (root) => {
    await makeDfdc(root);
    const names = Array.from({ length: 30 }, (_, i) => `w${i}.mp4`);
    await writeFiles(root, names.map((name) => `validation/${name}`));
    await writeFiles(root, {
      "validation/labels.csv": "filename,label\nv0.mp4,0\nv1.mp4,1\n" +
        names.map((name, i) => `${name},${i % 2}\n`).join(""),
    });
    const { entries } = await readAll(described(root, { reader: "dfdc" }));
    const validation = entries.filter(({ split }) => split === "validation");
    assert.equal(validation.length, 32);
    assert.equal(validation.filter(({ label }) => label === 1).length, 16);
    assert.equal(entries.filter(({ split }) => split === "test").length, 2);
  });
});

Deno.test("DFDC holds out originals with their fakes when asked to", async () => {
  await inFolder(async (root) => {
    const list: Record<string, object> = {};
    for (let i = 0; i < 60; i++) {
      list[`r${i}.mp4`] = { label: "REAL" };
      list[`f${i}.mp4`] = { label: "FAKE", original: `r${i}.mp4` };
    }
    await writeFiles(root, Object.keys(list).map((name) => `dfdc_train_part_3/${name}`));
    await writeFiles(root, { "dfdc_train_part_3/metadata.json": JSON.stringify(list) });
    const { entries } = await readAll(described(root, { reader: "dfdc", validation: 0.25 }));
    const splits = new Map<string, Set<string>>();
    for (const { identities: [id], split } of entries) {
      splits.set(id!, (splits.get(id!) ?? new Set()).add(split));
    }
    assert.ok([...splits.values()].every((set) => set.size === 1));
    const held = entries.filter(({ split }) => split === "validation").length;
    assert.ok(held > 8 && held < 60, `${held} of 120`);
  });
});

Deno.test("DFDC's test set is read with metadata.json and is_fake too, and from frames/", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, ["test/frames/a/000.png", "test/frames/b/000.png"]);
    await writeFiles(root, {
      "test/metadata.json": '{"a.mp4":{"is_fake":0},"b.mp4":{"is_fake":1},"c.mp4":{"is_fake":2}}',
    });
    const { entries, problems } = await readAll(
      described(root, { reader: "dfdc", layout: "frames" }),
    );
    assert.deepEqual(entries.map(({ kind, video, label }) => `${kind} ${video} ${label}`), [
      "frames test/frames/a 0",
      "frames test/frames/b 1",
    ]);
    assert.deepEqual(told(problems), ['malformed test/metadata.json, "c.mp4"']);
  });
});

Deno.test("DFDC names absent and unlisted videos, bad labels and lists that cannot be read", async () => {
  await inFolder(async (root) => {
    await makeDfdc(root);
    await Deno.remove(join(root, "train/dfdc_train_part_0/real0.mp4"));
    await writeFiles(root, ["train/dfdc_train_part_0/extra.mp4"]);
    await writeFiles(root, { "train/dfdc_train_part_10/metadata.json": "{" });
    await writeFiles(root, { "test/labels.csv": "filename,label\nt0.mp4,2\nt1.mp4,1\n" });
    const { problems } = await readAll(described(root, { reader: "dfdc" }));
    assert.deepEqual(told(problems), [
      "absent train/dfdc_train_part_0/real0.mp4",
      "unlisted train/dfdc_train_part_0/extra.mp4",
      "unreadable train/dfdc_train_part_10/metadata.json",
      "unlisted train/dfdc_train_part_10/fake10.mp4",
      "unlisted train/dfdc_train_part_10/real10.mp4",
      "malformed test/labels.csv, line 2",
      "unlisted test/t0.mp4",
    ]);
    assert.match(problems[5]!.message, /"2" is no label: 0 \(real\) or 1 \(fake\)/);
  });
  await inFolder(async (root) => {
    await assert.rejects(readAll(described(root, { reader: "dfdc" })), /holds nothing of DFDC/);
  });
});

Deno.test("DFDC-Preview is read by dataset.json: label, method, set and actors", async () => {
  await inFolder(async (root) => {
    await makeDfdcPreview(root);
    const { entries, problems } = await readAll(described(root, { reader: "dfdc-preview" }));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      entries.map(({ label, method, split, identities }) => [label, method, split, ...identities]),
      [
        [0, "real", "train", "1224068"],
        [0, "real", "test", "643545"],
        [1, "method_A", "train", "1224068", "2040724"],
        [1, "method_B", "test", "643545", "1443562"],
      ],
    );
    assert.equal(entries[2]!.video, "method_A/1224068/1224068_A_001_0.mp4");
  });
});

Deno.test("DFDC-Preview's validation is held out of training, never its test set under another name", async () => {
  await inFolder(async (root) => {
    await makeDfdcPreview(root);
    for (const validation of [0, 0.5]) {
      const { entries } = await readAll(described(root, { reader: "dfdc-preview", validation }));
      assert.equal(new Set(entries.map(({ video }) => video)).size, entries.length);
      assert.equal(entries.filter(({ split }) => split === "test").length, 2);
    }
  });
});

Deno.test("DFDC-Preview is read from DeepfakeBench's frames/", async () => {
  await inFolder(async (root) => {
    await makeDfdcPreview(root);
    await writeFiles(root, ["method_A/frames/1224068_A_001_0/000.png", "method_A/frames/x/0.png"]);
    const { entries, problems } = await readAll(
      described(root, { reader: "dfdc-preview", layout: "frames" }),
    );
    assert.deepEqual(entries.map(({ kind, video }) => `${kind} ${video}`), [
      "frames method_A/frames/1224068_A_001_0",
    ]);
    assert.deepEqual(told(problems).toSorted(), [
      "absent method_B/frames/643545_K_000_0",
      "absent original_videos/frames/1224068_A_001",
      "absent original_videos/frames/643545_K_000",
      "unlisted method_A/frames/x",
    ]);
  });
});

Deno.test("DFDC-Preview names items that say nothing or contradict their folder", async () => {
  await inFolder(async (root) => {
    const list = {
      "method_A/1/a.mp4": { label: "real", set: "train" },
      "method_A/1/b.mp4": { label: "fake", set: "validate" },
      "method_A/1/c.mp4": { label: 1, set: "train" },
      "method_C/1/d.mp4": { label: "fake", set: "train" },
    };
    await writeFiles(root, Object.keys(list));
    await writeFiles(root, { "dataset.json": JSON.stringify(list) });
    const { entries, problems } = await readAll(described(root, { reader: "dfdc-preview" }));
    assert.deepEqual(entries, []);
    assert.deepEqual(told(problems), [
      "contradiction method_A/1/a.mp4",
      'malformed dataset.json, "method_A/1/b.mp4"',
      'malformed dataset.json, "method_A/1/c.mp4"',
      'malformed dataset.json, "method_C/1/d.mp4"',
      "unlisted method_A/1/b.mp4",
      "unlisted method_A/1/c.mp4",
    ]);
    await Deno.remove(join(root, "dataset.json"));
    await assert.rejects(
      readAll(described(root, { reader: "dfdc-preview" })),
      /Cannot read DFDC-Preview's list/,
    );
  });
});
