/** The made video is what it is said to be. */
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { detectFaces, openFaceDetector, overlap } from "lib/faces/detect_faces.ts";
import { videoFrames } from "lib/media/video.ts";
import { makeClip } from "lib/studies/in_the_wild/made_clip.ts";
import { inFolder } from "../../in_folder.ts";

Deno.test("makeClip forges one face of three, in the second half, where forgedBox says", async () => {
  await inFolder(async (folder) => {
    await startEngine();
    const path = `${folder}/clip.mp4`;
    const { forgedFrom, forgedBox } = await makeClip(path, { frames: 6, fps: 6 });
    assert.equal(forgedFrom, 3);
    const frames = await Array.fromAsync(videoFrames(path, { choose: { every: 1 } }));
    assert.equal(frames.length, 6);
    await using detector = await openFaceDetector({ threads: 1 });
    for (const { index, image } of [frames[0], frames[5]]) {
      const faces = await detectFaces(image, detector);
      assert.equal(faces.length, 3);
      const hits = faces.filter(({ box }) => overlap(box, forgedBox(index)) > 0.6);
      assert.equal(hits.length, 1, `frame ${index}`);
    }
    // Where the halves meet the camera moves little: what differs most is the forged face.
    const [before, after] = [frames[2].image, frames[3].image], [x0, y0, x1, y1] = forgedBox(3);
    let inside = 0, outside = 0, pixels = 0;
    for (let y = 0; y < after.height; y++) {
      for (let x = 0; x < after.width; x++) {
        const at = 3 * (y * after.width + x), within = x > x0 && x < x1 && y > y0 && y < y1;
        const change = Math.abs(after.data[at] - before.data[at]);
        if (within) inside += change, pixels++;
        else outside += change;
      }
    }
    const per = [inside / pixels, outside / (after.width * after.height - pixels)];
    assert.ok(per[0] > 0 && per[1] > 0, `${per}`);
    await assert.rejects(makeClip(path, { frames: 1, fps: 6 }), /2 frames or more, not 1/);
  });
});
