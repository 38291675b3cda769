import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../in_folder.ts";
import { described, readAll, told, writeFiles } from "./made_data_sets.ts";

const HARD = "a, \"b\" 'c'\nd é 日本 🙂";

Deno.test("real/ and fake/ are read: stills, videos, a method's folder, names of any kind", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, [
      `real/${HARD}.png`,
      "real/b.MP4",
      "fake/c.jpeg",
      `fake/${HARD}/deep/d.webp`,
      "fake/.DS_Store",
      "elsewhere/e.png",
    ]);
    const { entries, problems } = await readAll(described(root, { reader: "folders" }));
    assert.deepEqual(told(problems), ["unlisted elsewhere"]);
    assert.deepEqual(
      entries.map(({ kind, video, label, method, split }) => [
        kind,
        video,
        label,
        method,
        split,
      ]),
      [
        ["still", `real/${HARD}.png`, 0, "real", "test"],
        ["video", "real/b.MP4", 0, "real", "test"],
        ["still", "fake/c.jpeg", 1, "fake", "test"],
        ["still", `fake/${HARD}/deep`, 1, HARD, "test"],
      ],
    );
  });
});

Deno.test("folders of frames are one video each when the layout says so", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, [
      "real/v1/000.png",
      "real/v1/005.png",
      "fake/DF/v1/000.png",
      "fake/v2/000.png",
    ]);
    const { entries } = await readAll(described(root, { reader: "folders", layout: "frames" }));
    assert.deepEqual(entries.map(({ kind, video, method }) => `${kind} ${video} ${method}`), [
      "frames real/v1 real",
      "frames fake/DF/v1 DF",
      "frames fake/v2 fake",
    ]);
  });
});

Deno.test("train/, validation/ (or val/) and test/ give the split", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, ["train/real/a.png", "val/fake/b.png", "test/fake/c.png", "real/d.png"]);
    const { entries } = await readAll(described(root, { reader: "folders", split: "train" }));
    assert.deepEqual(entries.map(({ video, split }) => `${video} ${split}`), [
      "real/d.png train",
      "train/real/a.png train",
      "val/fake/b.png validation",
      "test/fake/c.png test",
    ]);
  });
});

Deno.test("folders names what is no picture, links in a circle and links to nowhere", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, ["real/a.png", "real/notes.txt", "fake/b.png"]);
    await Deno.symlink("..", join(root, "fake/up"));
    await Deno.symlink("self.png", join(root, "fake/self.png"));
    await Deno.symlink("nowhere", join(root, "real/gone.png"));
    await Deno.symlink("a.png", join(root, "real/linked.png"));
    await Deno.symlink("../real", join(root, "fake/other"));
    const { entries, problems } = await readAll(described(root, { reader: "folders" }));
    // A link to another folder is followed, once: only a circle is not.
    assert.ok(entries.some(({ video }) => video === "fake/other/a.png"));
    assert.ok(entries.some(({ video }) => video === "real/linked.png"));
    const messages = problems.map(({ kind, path, message }) => `${kind} ${path}: ${message}`);
    assert.ok(
      messages.includes(
        "unreadable real/gone.png: it is a link that leads nowhere. Mend the link.",
      ),
    );
    assert.ok(
      messages.includes("unreadable fake/self.png: its links lead in a circle. Mend the link."),
    );
    assert.ok(
      messages.includes(
        "unlisted real/notes.txt: it is neither a picture nor a video by its name. It is left out.",
      ),
    );
    assert.ok(
      messages.some((text) => /^unreadable fake\/up\/fake: its links lead in a circle/.test(text)),
    );
  });
});

Deno.test("a folder without real/ and fake/ is refused with what is looked for", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, ["images/a.png"]);
    await assert.rejects(
      readAll(described(root, { reader: "folders" })),
      /has neither real\/ nor fake\/, nor train\//,
    );
  });
});

Deno.test("a CSV with path and label is enough; other columns are taken when there", async () => {
  await inFolder(async (root) => {
    const file = join(root, "list.csv");
    await writeFiles(root, {
      "list.csv": 'path,label,note\na.png,0,x\n"b ""q"", \n.mp4",1,\n',
    });
    const plain = await readAll(described(file, { reader: "csv" }));
    assert.deepEqual(plain.entries, [
      {
        kind: "still",
        path: "a.png",
        video: "a.png",
        frame: 0,
        label: 0,
        method: "real",
        split: "test",
        identities: [],
      },
      {
        kind: "video",
        video: 'b "q", \n.mp4',
        label: 1,
        method: "fake",
        split: "test",
        identities: [],
      },
    ]);
    await writeFiles(root, {
      "list.csv": "label,path,split,video,frame,identities,method,mask\n" +
        `1,${root}/crops/1.png,train,v/1,5,x+y,DF,m/1.png\n`,
    });
    const full = await readAll(described(file, { reader: "csv" }));
    assert.deepEqual(full.entries, [{
      kind: "still",
      path: "crops/1.png",
      video: "v/1",
      frame: 5,
      label: 1,
      method: "DF",
      split: "train",
      identities: ["x", "y"],
      mask: "m/1.png",
    }]);
  });
});

Deno.test("a CSV without label, or with a label of 2, is refused with line and column", async () => {
  await inFolder(async (root) => {
    const file = join(root, "list.csv");
    await writeFiles(root, { "list.csv": "path,class\na.png,1\n" });
    await assert.rejects(
      readAll(described(file, { reader: "csv" })),
      /list\.csv", line 1: the heading lacks "label"\. It has "path", "class"/,
    );
    await writeFiles(root, { "list.csv": "path,label\na.png,1\nb.png,2\n" });
    await assert.rejects(
      readAll(described(file, { reader: "csv" })),
      /line 3, column "label": "2" is no label\. It is 0 \(real\) or 1 \(fake\)/,
    );
    await writeFiles(root, { "list.csv": "path,label,split\n,1,train\n" });
    await assert.rejects(readAll(described(file, { reader: "csv" })), /line 2, column "path"/);
  });
});
