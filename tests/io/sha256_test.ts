import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { sha256, sha256OfFile, sha256OfFiles } from "lib/io/sha256.ts";
import { inFolder } from "../in_folder.ts";

const bytes = new Uint8Array(200_000).map((_, i) => i % 251); // several reads long

Deno.test("sha256 gives the published digests, of one part or several", () => {
  // FIPS 180-2, appendix B.2, and the digest of nothing.
  const text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const published = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
  assert.equal(sha256(text), published);
  assert.equal(sha256(text.slice(0, 9), new TextEncoder().encode(text.slice(9))), published);
  assert.equal(sha256(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

Deno.test("sha256OfFile is the digest of the file's bytes alone", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeFile(path, bytes);
    assert.equal(await sha256OfFile(path), createHash("sha256").update(bytes).digest("hex"));
    await assert.rejects(sha256OfFile(join(folder, "absent")), Deno.errors.NotFound);
  }));

Deno.test("sha256OfFiles is of the bytes with their lengths, so files cannot run together", () =>
  inFolder(async (folder) => {
    const write = async (name: string, content: Uint8Array) => {
      await Deno.writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const a = await write("a", bytes);
    assert.equal(
      await sha256OfFiles([a]),
      createHash("sha256").update(bytes).update(":200000;").digest("hex"),
    );
    const [b, c] = [await write("b", bytes.slice(0, 7)), await write("c", bytes.slice(7))];
    assert.notEqual(await sha256OfFiles([b, c]), await sha256OfFiles([a]));
    assert.notEqual(await sha256OfFiles([b, c]), await sha256OfFiles([c, b]));
    const d = await write("d", bytes.slice(0, 7));
    assert.equal(await sha256OfFiles([b]), await sha256OfFiles([d]));
    await assert.rejects(sha256OfFiles([join(folder, "absent")]), Deno.errors.NotFound);
  }));
