import assert from "node:assert/strict";
import { join } from "node:path";
import { findDescription } from "lib/data/find_description.ts";
import { inFolder } from "../in_folder.ts";

const DATA = join(import.meta.dirname!, "../../data");

Deno.test("findDescription takes a name, a description's file, a folder or a CSV", async () => {
  await inFolder(async (folder) => {
    assert.equal((await findDescription("celeb_df_v2", DATA)).reader, "celeb-df-v2");
    const yaml = join(folder, "mine.yaml");
    await Deno.writeTextFile(yaml, "name: mine\nreader: folders\nroot: pictures\n");
    assert.equal((await findDescription(yaml, DATA)).root, join(folder, "pictures"));
    await Deno.mkdir(join(folder, 'a "b"\nc: d'));
    const own = await findDescription(join(folder, 'a "b"\nc: d'), DATA);
    assert.deepEqual([own.reader, own.name], ["folders", 'a "b"\nc: d']);
    await Deno.writeTextFile(join(folder, "list.csv"), "path,label\n");
    const list = await findDescription(join(folder, "list.csv"), DATA);
    assert.deepEqual([list.reader, list.name], ["csv", "list"]);
    await assert.rejects(
      findDescription("faceforensic", DATA),
      /no data set "faceforensic".*Described are: celeb_df_v1, celeb_df_v2,/,
    );
  });
});
