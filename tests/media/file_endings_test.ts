import assert from "node:assert/strict";
import { isPictureName, isUnreadName, isVideoName } from "lib/media/file_endings.ts";

Deno.test("endings put every name into one class at most, whatever its case", () => {
  const names = {
    picture: ["a.JPG", "a.b.png", "x.tiff", "c.avif"],
    video: ["a.MP4", "w.wmv", "x.ts", "y.3gp", "f.flv", "d.mts", "v.vob", "o.ogv"],
    unread: ["a.bmp", "h.HEIC", "x.jp2"],
    none: ["song.m4a", "list.csv", "png", "mp4", "a.png.txt", ".mp4/x"],
  };
  for (const [kind, all] of Object.entries(names)) {
    for (const name of all) {
      const found = [isPictureName(name), isVideoName(name), isUnreadName(name)];
      assert.deepEqual(found, ["picture", "video", "unread"].map((one) => one === kind), name);
    }
  }
});
