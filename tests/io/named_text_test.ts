import assert from "node:assert/strict";
import { join } from "node:path";
import { readNamedJson, readNamedText } from "lib/io/named_text.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("readNamedText and readNamedJson name the file and the remedy, never the system's words alone", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "list.json");
    await Deno.writeTextFile(path, "\ufeff[1]");
    assert.equal(await readNamedText(path), "[1]");
    assert.deepEqual(await readNamedJson(path), [1]);
    const name = "RangeError";
    await Deno.writeTextFile(path, "[1");
    await assert.rejects(readNamedJson(path), { name, message: /list\.json" is not whole JSON: / });
    await Deno.writeFile(path, new Uint8Array([0xff, 0xfe, 0x5b, 0]));
    await assert.rejects(readNamedText(path), {
      name,
      message: /list\.json": the text is not UTF-8/,
    });
    await assert.rejects(readNamedText(folder), { name, message: /it is a folder, not a file/ });
    await assert.rejects(readNamedText(join(path, "x")), {
      name,
      message: /a folder in its path is a file/,
    });
    for (const bad of [folder, join(path, "x"), join(folder, "none"), join(folder, "a\0b")]) {
      await assert.rejects(readNamedText(bad), ({ message }: Error) => !/os error/.test(message));
    }
  });
});
