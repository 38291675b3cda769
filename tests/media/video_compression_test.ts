/** H.264 there and back: the pictures' number, order and place, and what a higher level takes. */
import assert from "node:assert/strict";
import {
  compressedInVideo,
  recompressedFrames,
  VIDEO_COMPRESSION,
} from "lib/media/video_compression.ts";
import type { VideoFacts } from "lib/media/video_facts.ts";
import { createRandom } from "lib/random.ts";
import { countingClip, greyOf, temporaryFolder } from "./made_clips.ts";

const SIDE = 64;
/** Coarse and fine structure around an even grey, another for each number. */
function structured(number: number) {
  const random = createRandom(number, "picture"), data = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const coarse = 30 * Math.sin(i % SIDE / 9 + number) + 30 * Math.cos(Math.floor(i / SIDE) / 7);
    data.fill(Math.round(60 + 50 * number + coarse + 12 * random.normal()), 3 * i, 3 * i + 3);
  }
  return { data, width: SIDE, height: SIDE };
}
type Picture = ReturnType<typeof structured>;
const meanSquare = (a: Pick<Picture, "data">, b: Pick<Picture, "data">) =>
  a.data.reduce((sum, value, i) => sum + (value - b.data[i]) ** 2, 0) / a.data.length;
const moved = ({ data }: Picture, columns: number) => ({
  data: data.map((_, i) => {
    const x = Math.floor(i / 3) % SIDE, to = Math.min(SIDE - 1, Math.max(0, x + columns));
    return data[i + 3 * (to - x)];
  }),
});

Deno.test("compressedInVideo gives each picture back in its order and place, worse at a higher level", async () => {
  const pictures = [0, 1, 2].map(structured);
  const errors: number[] = [];
  for (const level of [1, 5] as const) {
    const back = await Array.fromAsync(compressedInVideo(pictures, level));
    assert.deepEqual(back.map(({ width, height }) => [width, height]), Array(3).fill([SIDE, SIDE]));
    for (const [i, picture] of back.entries()) {
      const distances = pictures.map((one) => meanSquare(one, picture as Picture));
      assert.equal(distances.indexOf(Math.min(...distances)), i);
      for (const columns of [-1, 1]) { // in its own place, not that of another frame of the shot
        assert.ok(meanSquare(moved(pictures[i], columns), picture as Picture) > distances[i]);
      }
    }
    errors.push(meanSquare(pictures[1], back[1] as Picture));
  }
  assert.ok(errors[0] > 5 && errors[1] > 1.2 * errors[0], errors.join(", "));
});

Deno.test("VIDEO_COMPRESSION has DeeperForensics' rate factors; compressedInVideo refuses another level", async () => {
  assert.deepEqual([...VIDEO_COMPRESSION.parameters], [30, 32, 35, 38, 40]);
  await assert.rejects(
    Array.fromAsync(compressedInVideo([structured(1)], 6 as 5)),
    /1 \(mild\) to 5 \(strong\), not 6/,
  );
  await assert.rejects(Array.fromAsync(compressedInVideo([], 1)), /at least one picture/);
});

Deno.test("recompressedFrames are those of the video, under its own indices, every k-th or spread", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/counting.mp4`;
  await countingClip(path, 23);
  let facts: Readonly<VideoFacts> | undefined;
  const onEnd = (whole: Readonly<VideoFacts>) => facts = whole;
  for (
    const [choose, wanted] of [[{ every: 10 }, [0, 10, 20]], [{ spread: 2 }, [0, 22]]] as const
  ) {
    const frames = await Array.fromAsync(recompressedFrames(path, { level: 1, choose, onEnd }));
    assert.deepEqual(frames.map(({ index }) => index), wanted);
    for (const { index, image: { data, width, height } } of frames) {
      const corner = data[3 * (width * height - 1)]; // away from the black quarter
      assert.ok(Math.abs(corner - greyOf(index)) < 4, `${index}: ${corner}`);
    }
    assert.equal(facts?.frames, 23);
  }
  const missing = recompressedFrames(`${folder.path}/none.mp4`, { level: 1 });
  await assert.rejects(Array.fromAsync(missing), { name: "VideoError" });
});
