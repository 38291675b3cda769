import assert from "node:assert/strict";
import { repetition } from "lib/explain/balance_of_parts.ts";
import { meanOverImages, otherImages, overImages } from "lib/explain/over_images.ts";
import { createRandom } from "lib/random.ts";

Deno.test("meanOverImages leaves pictures without a value out, and draws whole videos", () => {
  const values = [1, 3, null, 5, 7].map((value, i) => ({
    video: ["a", "a", "a", "b", "b"][i],
    value,
  }));
  const { value, low, high, images } = meanOverImages(values, createRandom(1));
  assert.deepEqual([value, images], [4, 4]);
  assert.deepEqual([low, high], [2, 6]); // two videos: twice the one, or twice the other
  assert.deepEqual(meanOverImages([{ video: "a", value: null }], createRandom(1)), {
    value: null,
    low: null,
    high: null,
    images: 0,
  });
  assert.deepEqual(meanOverImages([{ video: "a", value: 2 }], createRandom(1)), {
    value: 2,
    low: null,
    high: null,
    images: 1,
  });
});

Deno.test("meanOverImages has the width that the normal law gives, and covers the mean", () => {
  const random = createRandom(9, "coverage of intervals");
  let covered = 0;
  for (let run = 0; run < 40; run++) {
    const values = Array.from(
      { length: 60 },
      (_, i) => ({ video: `${i}`, value: random.normal() }),
    );
    const { low, high } = meanOverImages(values, random);
    if (low! <= 0 && high! >= 0) covered++;
    assert.ok(high! - low! > 0.3 && high! - low! < 0.75); // 2 · 1.96 / √60 = 0.51
  }
  assert.ok(covered >= 34, `${covered} of 40`);
});

Deno.test("overImages bootstraps a statistic of pictures together", () => {
  const lines = Array.from({ length: 30 }, (_, i) => [i, i + (i % 3)]);
  const result = overImages(lines.map((_, i) => `${i}`), {
    statistic: (places) => repetition(Array.from(places, (i) => lines[i])),
    random: createRandom(2),
  });
  assert.ok(result.low! > 0.95 && result.value! > result.low! && result.high! <= 1);
});

Deno.test("otherImages never gives a picture of the same video", () => {
  const videos = ["a", "a", "b", "c", "c", "c"];
  const others = otherImages(videos, createRandom(4));
  others.forEach((other, i) => assert.notEqual(videos[other], videos[i]));
  assert.throws(() => otherImages(["a", "a"], createRandom(4)), RangeError);
});
