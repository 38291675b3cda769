/** Which files `predict` looks at, and what it says of the others. */
import assert from "node:assert/strict";
import { inputFiles, type PassedOver, passedOverLines } from "lib/tasks/predict/input_files.ts";
import { inFolder } from "../../in_folder.ts";

async function look(...inputs: string[]) {
  const passedOver: PassedOver = { endings: new Map(), circles: [] };
  const files = await Array.fromAsync(inputFiles(inputs, passedOver));
  return { files, lines: passedOverLines(passedOver) };
}

const touch = (path: string) => Deno.writeTextFile(path, "");

Deno.test("inputFiles walks folders in prepare's order, without hidden names", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/b`);
    await Deno.mkdir(`${folder}/.hidden`);
    for (
      const name of [
        "c.JPG",
        "a.wmv",
        ".x.jpg",
        ".hidden/y.jpg",
        "b/z.ts",
        "b/k.jp2",
        "metadata.json",
      ]
    ) {
      await touch(`${folder}/${name}`);
    }
    const { files, lines } = await look(folder);
    assert.deepEqual(files, [
      { path: `${folder}/a.wmv`, kind: "video" },
      { path: `${folder}/c.JPG`, kind: "picture" },
      { path: `${folder}/b/k.jp2`, kind: "picture" }, // not read, but told of with its reason
      { path: `${folder}/b/z.ts`, kind: "video" },
    ]);
    assert.deepEqual(lines, ["1 file passed over: .json."]);
  });
});

Deno.test("inputFiles takes a file for what it holds, and a named one whatever its name", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/clip.jpg`, "\0\0\0\x18ftypisom");
    await Deno.writeTextFile(`${folder}/photo.mp4`, "GIF89a");
    await touch(`${folder}/whatever`);
    const names = ["clip.jpg", "photo.mp4", "whatever"].map((name) => `${folder}/${name}`);
    const { files } = await look(...names);
    assert.deepEqual(files.map(({ kind }) => kind), ["video", "picture", "picture"]);
  });
});

Deno.test("inputFiles follows a link to a parent once, and says so", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    await touch(`${folder}/above.jpg`);
    await touch(`${folder}/in/one.jpg`);
    await Deno.symlink("..", `${folder}/in/up`);
    await Deno.symlink("nowhere.jpg", `${folder}/in/dead.jpg`);
    const { files, lines } = await look(`${folder}/in`);
    assert.deepEqual(files.map(({ path, kind }) => [path.slice(folder.length), kind]), [
      ["/in/dead.jpg", "failed"],
      ["/in/one.jpg", "picture"],
      ["/in/up/above.jpg", "picture"],
    ]);
    assert.deepEqual(lines, [
      `${folder}/in/up/in: links to a folder that it lies in, and is not followed again.`,
    ]);
  });
});

Deno.test({
  name: "inputFiles names files and folders whose names are not UTF-8",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await inFolder(async (folder) => {
      const made = await new Deno.Command("sh", {
        args: [
          "-c",
          "touch \"$(printf 'a\\377.jpg')\" && mkdir \"$(printf 'd\\377')\" && touch z.jpg",
        ],
        cwd: folder,
      }).output();
      assert.ok(made.success);
      const { files } = await look(folder);
      const why = "its name is not UTF-8. Rename it.";
      assert.deepEqual(files, [
        { path: `${folder}/a\ufffd.jpg`, kind: "failed", why },
        { path: `${folder}/d\ufffd`, kind: "failed", why },
        { path: `${folder}/z.jpg`, kind: "picture" },
      ]);
    });
  },
});

Deno.test("inputFiles tells of what is missing and of folders with nothing to see", async () => {
  await inFolder(async (folder) => {
    await touch(`${folder}/notes`);
    const { files, lines } = await look(`${folder}/missing.png`, folder);
    assert.deepEqual(files, [
      {
        path: `${folder}/missing.png`,
        kind: "failed",
        why: "there is no such file. Check the path.",
      },
      { path: folder, kind: "failed", why: "there is neither a picture nor a video in it." },
    ]);
    assert.deepEqual(lines, ["1 file passed over: no ending."]);
  });
});
