/** Pictures that are written as a video come back, in number, order and look. */
import assert from "node:assert/strict";
import { probeVideo, videoFrames } from "lib/media/video.ts";
import { writeVideo } from "lib/media/write_video.ts";
import { inFolder } from "../in_folder.ts";

const SIDE = 64;
/** An even grey. */
const grey = (value: number, width = SIDE) => ({
  data: new Uint8Array(width * SIDE * 3).fill(value),
  width,
  height: SIDE,
});
const GREYS = [30, 90, 150, 210, 120];

Deno.test("writeVideo's frames come back within two levels, in their order", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/clip.mp4`;
    await writeVideo(path, GREYS.map((value) => grey(value)), { fps: 25, crf: 10 });
    const { frames, width, height, damaged } = await probeVideo(path);
    assert.deepEqual([frames, width, height, damaged.length], [GREYS.length, SIDE, SIDE, 0]);
    const seen = await Array.fromAsync(
      videoFrames(path, { choose: { every: 1 } }),
      ({ image }) => image.data.reduce((sum, value) => sum + value, 0) / image.data.length,
    );
    seen.forEach((mean, i) => assert.ok(Math.abs(mean - GREYS[i]) < 2, `${i}: ${mean}`));
    const names = await Array.fromAsync(Deno.readDir(`${folder}/new`), ({ name }) => name);
    assert.deepEqual(names, ["clip.mp4"]);
  });
});

Deno.test("writeVideo gives the same bytes for the same pictures, and smaller ones at a higher crf", async () => {
  await inFolder(async (folder) => {
    const noise = Array.from({ length: 3 }, (_, f) => ({
      ...grey(0),
      data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * i * (f + 7)) % 251),
    }));
    for (const [name, crf] of [["a", 23], ["b", 23], ["c", 40]] as const) {
      await writeVideo(`${folder}/${name}.mp4`, noise, { fps: 10, crf });
    }
    const [a, b, c] = await Promise.all(
      ["a", "b", "c"].map((name) => Deno.readFile(`${folder}/${name}.mp4`)),
    );
    assert.deepEqual(a, b);
    assert.ok(c.length < a.length / 2, `${c.length} against ${a.length}`);
  });
});

Deno.test("writeVideo refuses what is no video, and leaves an earlier file as it was", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/clip.mp4`, text = "earlier";
    await Deno.writeTextFile(path, text);
    const write = (frames: ReturnType<typeof grey>[], more = {}) =>
      writeVideo(path, frames, { fps: 10, ...more });
    await assert.rejects(write([]), /at least one picture/);
    await assert.rejects(write([grey(1), grey(2, 32)]), /of one size: 64 × 64, not 32 × 64/);
    await assert.rejects(write([grey(1, 31)]), /even sides, not 31 × 64/);
    await assert.rejects(write([grey(1)], { crf: 60 }), /crf is from 0 to 51, not 60/);
    await assert.rejects(write([grey(1)], { fps: 0 }), /fps is above 0/);
    assert.equal(await Deno.readTextFile(path), text);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.deepEqual(names, ["clip.mp4"]);
  });
});

Deno.test("writeVideo puts key frames where it is told, and takes no half ones", async () => {
  await inFolder(async (folder) => {
    const noise = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * i * 7) % 251);
    const still = Array.from({ length: 12 }, () => ({ ...grey(0), data: noise }));
    const path = `${folder}/clip.mp4`, bytes: number[] = [];
    for (const keyFrameEvery of [1, 12]) {
      await writeVideo(path, still, { fps: 25, crf: 30, preset: "medium", keyFrameEvery });
      assert.equal((await probeVideo(path)).frames, 12);
      bytes.push((await Deno.stat(path)).size);
    }
    assert.ok(bytes[0] > 3 * bytes[1], bytes.join(", ")); // each picture anew, against once
    const half = writeVideo(path, still, { fps: 25, keyFrameEvery: 0.5 });
    await assert.rejects(half, /keyFrameEvery is a whole number from 1, not 0\.5/);
  });
});

Deno.test("writeVideo throws what its pictures' source throws, and leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    async function* broken() {
      yield grey(1);
      yield await Promise.reject(new TypeError("the source is gone"));
    }
    await assert.rejects(writeVideo(`${folder}/clip.mp4`, broken(), { fps: 25 }), {
      name: "TypeError",
      message: "the source is gone",
    });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});
