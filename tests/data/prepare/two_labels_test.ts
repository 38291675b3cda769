import assert from "node:assert/strict";
import { join } from "node:path";
import type { VideoEntry } from "lib/data/data_set_entries.ts";
import { assertOneLabelEach } from "lib/data/prepare/two_labels.ts";
import { inFolder } from "../../in_folder.ts";
import { writeFiles } from "../readers/made_data_sets.ts";
import { REAL, sourceOf } from "./made_data_set.ts";

const { signal } = new AbortController();
const file = (video: string, label: 0 | 1): VideoEntry => ({
  kind: "video",
  video,
  ...REAL,
  label,
});

Deno.test("assertOneLabelEach refuses the same contents under both labels, and nothing else", async () => {
  await inFolder(async (root) => {
    await writeFiles(root, {
      "a.mp4": "same",
      "b.mp4": "same",
      "c.mp4": "size",
      "d.mp4": "",
      "e.mp4": "",
    });
    await writeFiles(root, { "v/0.png": "same", "v/1.png": "other" });
    const check = (entries: VideoEntry[]) =>
      assertOneLabelEach(sourceOf(root, entries), { signal });
    await check([file("a.mp4", 0), file("b.mp4", 0), file("c.mp4", 1)]);
    await check([file("d.mp4", 0), file("e.mp4", 1), file("absent.mp4", 1)]); // told when they are read
    await assert.rejects(check([file("a.mp4", 0), file("c.mp4", 1), file("b.mp4", 1)]), {
      name: "RangeError",
      message: /"a\.mp4" with label 0 and "b\.mp4" with label 1\. Take the wrong one out\.$/,
    });
    const frames: VideoEntry = { kind: "frames", video: "v", ...REAL };
    await assert.rejects(
      check([file("a.mp4", 1), frames]),
      /"a\.mp4" with label 1 and "v\/0\.png" with label 0/,
    );
    await assert.rejects(
      assertOneLabelEach(sourceOf(root, [file("a.mp4", 0), file("b.mp4", 1)]), {
        signal: AbortSignal.abort(new Error(`stopped in ${join(root, "a")}`)),
      }),
      /stopped in/,
    );
  });
});
