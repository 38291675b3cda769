/** Differences over seeds and videos: what repeated studies show of the intervals. */
import assert from "node:assert/strict";
import { seedDifference } from "lib/evaluation/comparison/seed_difference.ts";
import { createRandom } from "lib/random.ts";
import { COMPARISON, near } from "../random_cases.ts";

Deno.test("seedDifference holds the truth in about 95 of 100 studies, with few seeds and with one", () => {
  const random = createRandom(5, "seeds");
  // A value is: method + a draw of the videos + one of the seed + one of both; the methods are equal.
  const spread = { videos: 0.5, seed: 1, both: 0.3 };
  for (const [first, second] of [[3, 3], [2, 5], [10, 1]]) {
    let held = 0, ignoring = 0;
    for (let study = 0; study < 2000; study++) {
      const ofVideos = [0, 0].map(() => spread.videos * random.normal());
      const values = [first, second].map((seeds, method) =>
        Array.from(
          { length: seeds },
          () =>
            ofVideos[method] + (seeds > 1 ? spread.seed * random.normal() : 0) +
            spread.both * random.normal(),
        )
      ) as [number[], number[]];
      // What a bootstrap by video of the means over these seeds estimates.
      const variance = 2 * spread.videos ** 2 + spread.both ** 2 * (1 / first + 1 / second);
      const videos = { variance, degrees: 200 };
      const { low, high, p, difference } = seedDifference(values, videos);
      if (low <= 0 && 0 <= high) held++;
      assert.equal(low <= 0 && 0 <= high, p >= 0.05);
      if (Math.abs(difference) < 1.96 * Math.sqrt(variance)) ignoring++;
    }
    assert.ok(held >= 1870 && held <= 1985, `${held} of 2000 with ${first} and ${second} seeds`);
    assert.ok(ignoring < held, "seeds that are ignored make intervals too narrow");
  }
});

Deno.test("seedDifference of one seed each is the difference over videos alone", () => {
  const { difference, low, high, seedShare, degrees } = seedDifference([[0.9], [0.8]], {
    variance: 0.0004,
    degrees: Infinity,
  });
  near(difference, 0.1, 1e-12);
  near(low, 0.1 - 1.959963984540054 * 0.02, 1e-12);
  near(high, 0.1 + 1.959963984540054 * 0.02, 1e-12);
  assert.deepEqual([seedShare, degrees], [0, Infinity]);
});

Deno.test("seedDifference is Welch's test where videos do not vary, and says what has no test", () => {
  const { a, b, p, degrees } = COMPARISON.welch; // by SciPy
  const welch = seedDifference([a, b], { variance: 0, degrees: 9 });
  near(welch.p, p, 1e-12);
  near(welch.degrees, degrees, 1e-12);
  assert.equal(welch.seedShare, 1);
  const none = { variance: 0, degrees: 9 };
  assert.equal(seedDifference([[1], [1]], none).p, 1);
  assert.throws(() => seedDifference([[1], [2]], none), /neither from video to video/);
  assert.throws(() => seedDifference([[1], []], none), /without a value/);
});
