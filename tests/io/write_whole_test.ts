import assert from "node:assert/strict";
import { join } from "node:path";
import { WholeFile, writeWhole } from "lib/io/write_whole.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("writeWhole makes folders, replaces files and leaves nothing beside them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a", "b c\n'\".txt");
    await writeWhole(path, bytes("one"));
    await writeWhole(path, bytes("two"));
    assert.equal(await Deno.readTextFile(path), "two");
    assert.deepEqual(names(join(folder, "a")), ["b c\n'\".txt"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeWhole of many at once to one path leaves one of them, whole", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "x");
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000 + i));
    await Promise.all(texts.map((text) => writeWhole(path, bytes(text))));
    assert.ok(texts.includes(await Deno.readTextFile(path)));
    assert.deepEqual(names(folder), ["x"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeWhole that fails says where and keeps what was there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "file"), "kept");
    await assert.rejects(
      writeWhole(join(folder, "file", "x"), bytes("y")),
      /Cannot write.*file.*space/,
    );
    await Deno.mkdir(join(folder, "taken"));
    await assert.rejects(writeWhole(join(folder, "taken"), bytes("y")), /Cannot write.*taken/);
    assert.equal(await Deno.readTextFile(join(folder, "file")), "kept");
    assert.deepEqual(names(folder), ["file", "taken"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("WholeFile shows nothing under its name before commit, and nothing at all without it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "x");
    await Deno.writeTextFile(path, "old");
    {
      await using file = await WholeFile.open(path);
      await file.write(bytes("new"));
      assert.equal(await Deno.readTextFile(path), "old");
      await file.write(bytes("er"));
      await file.commit();
      await assert.rejects(file.write(bytes("late")), /is closed/);
    }
    assert.equal(await Deno.readTextFile(path), "newer");
    {
      await using file = await WholeFile.open(path);
      await file.write(bytes("given up"));
    }
    assert.equal(await Deno.readTextFile(path), "newer");
    assert.deepEqual(names(folder), ["x"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
