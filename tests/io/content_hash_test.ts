import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { contentHash } from "lib/io/content_hash.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("contentHash is SHA-256 of the bytes with their lengths, so files cannot run together", async () => {
  await inFolder(async (folder) => {
    const write = async (name: string, content: Uint8Array) => {
      await Deno.writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const bytes = new Uint8Array(200_000).map((_, i) => i % 251); // several reads long
    const a = await write("a", bytes);
    assert.equal(
      await contentHash([a]),
      createHash("sha256").update(bytes).update(":200000;").digest("hex"),
    );
    const [b, c] = [await write("b", bytes.slice(0, 7)), await write("c", bytes.slice(7))];
    assert.notEqual(await contentHash([b, c]), await contentHash([a]));
    assert.notEqual(await contentHash([b, c]), await contentHash([c, b]));
    assert.equal(await contentHash([b]), await contentHash([await write("d", bytes.slice(0, 7))]));
    await assert.rejects(contentHash([join(folder, "absent")]), Deno.errors.NotFound);
  });
});
