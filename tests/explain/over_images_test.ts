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
    undefinedResamples: 0,
  });
  assert.deepEqual(meanOverImages([{ video: "a", value: 2 }], createRandom(1)), {
    value: 2,
    low: null,
    high: null,
    images: 1,
    undefinedResamples: 0,
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

Deno.test("overImages leaves resamples out on which the statistic is undefined, and counts them", () => {
  const statistic = (places: ArrayLike<number>) => {
    const drawn = new Set(Array.from(places));
    if (drawn.size === 4) return 10;
    return drawn.size === 1 && drawn.has(3) ? 1 : null;
  };
  const { value, low, high, undefinedResamples } = overImages(["a", "b", "c", "d"], {
    statistic,
    random: createRandom(3),
  });
  // Of 256 draws of four from four, all are there in 24 and only "d" in 1; on 231 it is undefined. The one
  // is 4 % of those that count; with the others filled in by the overall value it would be 0.4 %, and
  // the lower end 10.
  assert.equal(value, 10);
  assert.ok(Math.abs(undefinedResamples - 1000 * 231 / 256) < 40, `${undefinedResamples}`);
  assert.ok(low! < 10 && high === 10, `${low} to ${high}`);
  const never = overImages(["a", "b"], {
    statistic: (places) => Array.isArray(places) ? 5 : null, // on all pictures only
    random: createRandom(3),
  });
  assert.deepEqual(never, { value: 5, low: null, high: null, images: 2, undefinedResamples: 1000 });
});

Deno.test("otherImages never gives a picture of the same video", () => {
  const videos = ["a", "a", "b", "c", "c", "c"];
  const others = otherImages(videos, createRandom(4));
  others.forEach((other, i) => assert.notEqual(videos[other], videos[i]));
  assert.throws(() => otherImages(["a", "a"], createRandom(4)), RangeError);
});
