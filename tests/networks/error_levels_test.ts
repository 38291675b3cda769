/** Error levels against Pillow's, and the round trip on the device against libjpeg-turbo's (sharp). */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import sharp from "sharp";
import { startEngine } from "lib/engine/engine.ts";
import { errorLevels } from "lib/networks/error_levels.ts";
import { jpegRoundTrip } from "lib/networks/jpeg_round_trip.ts";
import { createRandom } from "lib/random.ts";
import { picture, smooth } from "../forgeries/blending/formula_pictures.ts";
import { readFixture } from "./fixture_formula.ts";

await startEngine();

const fixture = await readFixture<{
  by_quality: Record<string, { max_diff: number; sum: number; scaled_sum: number }>;
}>("error_levels.json");

Deno.test("errorLevels are Pillow's at three qualities, up to single levels", () => {
  const { data } = picture("ela", 32);
  for (const [quality, expected] of Object.entries(fixture.by_quality)) {
    tf.tidy(() => {
      const images = tf.tensor4d(data, [1, 32, 32, 3]);
      const lost = tf.abs(tf.sub(images, jpegRoundTrip(images, Number(quality))));
      assert.equal(tf.max(lost).dataSync()[0], expected.max_diff);
      const near = (ours: tf.Tensor, theirs: number) =>
        assert.ok(Math.abs(tf.sum(ours).dataSync()[0] / theirs - 1) < 0.002, `at ${quality}`);
      near(lost, expected.sum);
      near(errorLevels(images, Number(quality)), expected.scaled_sum);
    });
  }
});

Deno.test("jpegRoundTrip is libjpeg-turbo's on sides that are no multiple of 16, nearly to the level", async () => {
  const [width, height] = [45, 37], random = createRandom(1, "jpeg");
  const data = smooth("round trip", width, height).data
    .map((value) => Math.min(255, (value >> 1) + random.integer(40)));
  for (const quality of [30, 75, 95]) {
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();
    const theirs = await sharp(file).raw().toBuffer();
    const ours = tf.tidy(() =>
      jpegRoundTrip(tf.tensor4d(data, [1, height, width, 3]), quality).dataSync()
    );
    let different = 0, sum = 0;
    ours.forEach((value, i) => {
      const off = Math.abs(value - theirs[i]);
      if (off > 0) different++;
      sum += off;
    });
    assert.ok(different / ours.length < 0.12, `${different / ours.length} differ at ${quality}`);
    assert.ok(sum / ours.length < 0.2, `by ${sum / ours.length} on average at ${quality}`);
  }
});

Deno.test("errorLevels treat each picture of a batch by itself", () => {
  const [a, b] = ["first", "second"].map((name) =>
    tf.tensor4d(smooth(name, 24).data, [1, 24, 24, 3])
  );
  const both = errorLevels(tf.concat([a, b]) as tf.Tensor4D, 80).dataSync();
  const alone = [a, b].flatMap((x) => [...errorLevels(x, 80).dataSync()]);
  assert.deepEqual([...both], alone);
});
