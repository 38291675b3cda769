import assert from "node:assert/strict";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { inFolder } from "../../in_folder.ts";
import { dictionary, tensor, text, zip, zipParts } from "./pth/written_files.ts";

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url).pathname;

Deno.test("readStateDict tells the formats apart by content, whatever the name", async () => {
  const { tensors } = await readStateDict(fixture("tiny_checkpoint.safetensors"));
  const files = ["tiny_checkpoint_legacy.pth", "tiny_checkpoint_dataparallel.pth"];
  await inFolder(async (folder) => {
    for (const [i, file] of [...files, "tiny_checkpoint.safetensors"].entries()) {
      const path = `${folder}/weights${["", ".safetensors", ".pth"][i]}`;
      await Deno.copyFile(fixture(file), path);
      const read = await readStateDict(path);
      assert.equal(read.path, path);
      const bare = new Map(
        [...read.tensors].map(([n, array]) => [n.replace(/^module\./, ""), array]),
      );
      assert.deepEqual(new Map([...bare].sort()), new Map([...tensors].sort()), file);
    }
  });
});

Deno.test("readStateDict takes the entry that is asked for", async () => {
  await inFolder(async (folder) => {
    const body = dictionary({
      state_dict: dictionary({ w: tensor() }),
      ema: dictionary({ v: tensor() }),
      note: text("x"),
    });
    await Deno.writeFile(`${folder}/a.pth`, zip(zipParts(body)));
    const { tensors, metadata } = await readStateDict(`${folder}/a.pth`, { entry: "ema" });
    assert.deepEqual([...tensors.keys()], ["v"]);
    assert.deepEqual(metadata, { note: "x" });
  });
});

Deno.test("readStateDict refuses what is of neither format, and says what it is not", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    for (const content of ["", "{", "version https://git-lfs.github.com/spec/v1\n"]) {
      await Deno.writeTextFile(path, content);
      await assert.rejects(readStateDict(path), (error: Error) => {
        assert.equal(error.name, "TypeError");
        assert.match(error.message, /begins neither as a zip file nor as a pickle/);
        assert.ok(error.message.startsWith(path));
        return true;
      });
    }
    await assert.rejects(readStateDict(`${folder}/none`), Deno.errors.NotFound);
  });
});
