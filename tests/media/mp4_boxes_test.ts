import assert from "node:assert/strict";
import { join } from "node:path";
import { mp4Fault } from "lib/media/mp4_boxes.ts";
import { inFolder } from "../in_folder.ts";
import { countingClip } from "./made_clips.ts";

const box = (type: string, content: Uint8Array, size = content.length + 8): Uint8Array => {
  const bytes = new Uint8Array(8 + content.length);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  return bytes;
};

Deno.test("mp4Fault finds nothing wrong with what ffmpeg wrote, and each cut", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.mp4"), cut = join(folder, "cut.mp4");
    await countingClip(path, 5);
    assert.equal(await mp4Fault(path), undefined);
    const bytes = await Deno.readFile(path);
    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      await Deno.writeFile(cut, bytes.slice(0, Math.floor(bytes.length * share)));
      assert.match((await mp4Fault(cut))!, /cut short: a part that begins at byte \d+ ends at/);
    }
  });
});

Deno.test("mp4Fault knows long boxes, boxes to the end, and files without an index", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.mov");
    const write = (...boxes: Uint8Array[]) =>
      Deno.writeFile(path, new Uint8Array(boxes.flatMap((bytes) => [...bytes])));
    const content = new Uint8Array(20);
    const long = box("mdat", content, 1);
    new DataView(long.buffer).setBigUint64(8, 28n);
    await write(box("ftyp", content), long, box("moov", content, 0));
    assert.equal(await mp4Fault(path), undefined);
    new DataView(long.buffer).setBigUint64(8, 2n ** 60n);
    await write(box("ftyp", content), long, box("moov", content));
    assert.match((await mp4Fault(path))!, /cut short/);
    await write(box("ftyp", content), box("mdat", content));
    assert.match((await mp4Fault(path))!, /index \(moov\) is missing/);
    await write(box("moov", content), new Uint8Array(3));
    assert.match((await mp4Fault(path))!, /cut short/);
    await write(box("moov", content), box("mdat", content, 4)); // a size below 8 would go on for ever
    assert.match((await mp4Fault(path))!, /cut short/);
    await Deno.writeTextFile(path, "<html>Sign in to download</html>");
    assert.match((await mp4Fault(path))!, /not an MP4/);
    await write();
    assert.match((await mp4Fault(path))!, /index/);
  });
});
