import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { drawMixup, mixUp } from "lib/batches/mixup.ts";
import { createRandom } from "lib/random.ts";

/** Values of a batch of pictures, and one-hot targets. */
function madeUp(batch: number) {
  const random = createRandom(3, "mixup", batch);
  const values = Float32Array.from({ length: batch * 4 * 5 * 3 }, () => random.normal());
  const targets = Array.from({ length: batch }, () => random.integer(2));
  return {
    images: tf.tensor4d(values, [batch, 4, 5, 3]),
    targets: tf.tensor2d(targets.map((label) => [1 - label, label])),
  };
}

const sharesOf = (alpha: number, count: number) => {
  const random = createRandom(9, "beta", alpha);
  return Float64Array.from({ length: count }, () => drawMixup(2, { alpha, random })[0]);
};

Deno.test("mixUp equals the definition, value by value", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), (batch, seed) => {
      const own = madeUp(batch);
      const drawn = drawMixup(batch, { alpha: 0.5, random: createRandom(seed) });
      const parameters = tf.tensor2d(drawn, [batch, 2]);
      const mixed = mixUp(own, parameters);
      for (const part of ["images", "targets"] as const) {
        assert.deepEqual([mixed[part].shape, mixed[part].dtype], [own[part].shape, "float32"]);
        const size = own[part].size / batch, from = own[part].dataSync();
        mixed[part].dataSync().forEach((value, k) => {
          const i = Math.floor(k / size), share = drawn[2 * i], partner = drawn[2 * i + 1];
          const expected = share * from[k] + (1 - share) * from[partner * size + k % size];
          assert.ok(Math.abs(value - expected) < 1e-6, `${part} ${k}: ${value}, ${expected}`);
        });
      }
      tf.dispose([own.images, own.targets, parameters, mixed.images, mixed.targets]);
    }),
    { numRuns: 30 },
  );
});

Deno.test("mixUp with alpha 0 changes not a bit, and frees what it makes", () => {
  const own = madeUp(6);
  const drawn = drawMixup(6, { alpha: 0, random: createRandom(1) });
  assert.deepEqual([...drawn], [1, 0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5]);
  const parameters = tf.tensor2d(drawn, [6, 2]);
  const before = tf.memory().numTensors;
  const mixed = mixUp(own, parameters);
  assert.equal(tf.memory().numTensors, before + 2);
  assert.deepEqual(mixed.images.dataSync(), own.images.dataSync());
  assert.deepEqual(mixed.targets.dataSync(), own.targets.dataSync());
});

Deno.test("mixUp mixes masks as it mixes pictures, and makes none where there are none", () => {
  const own = madeUp(5), masks = tf.tidy(() => tf.slice(own.images, [0, 0, 0, 1], [5, 4, 5, 1]));
  const drawn = drawMixup(5, { alpha: 0.5, random: createRandom(4) });
  const parameters = tf.tensor2d(drawn, [5, 2]);
  const mixed = mixUp({ ...own, masks: masks as tf.Tensor4D }, parameters);
  assert.deepEqual(mixed.masks!.shape, [5, 4, 5, 1]);
  // The masks are the pictures' second channel, so what comes out is its too.
  const channel = tf.tidy(() => tf.slice(mixed.images, [0, 0, 0, 1], [5, 4, 5, 1]).dataSync());
  assert.deepEqual(mixed.masks!.dataSync(), channel);
  assert.notDeepEqual(channel, masks.dataSync());
  assert.ok(!Object.hasOwn(mixUp(own, parameters), "masks"));
});

Deno.test("mixUp refuses parameters of another batch", () => {
  assert.throws(() => mixUp(madeUp(2), tf.zeros([3, 2])), /2 pictures.*\[3, 2\]/);
});

Deno.test("drawMixup gives one share a batch, and each picture a partner of its own", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, seed) => {
    const drawn = drawMixup(count, { alpha: 0.5, random: createRandom(seed) });
    assert.deepEqual(drawMixup(count, { alpha: 0.5, random: createRandom(seed) }), drawn);
    const rows = Array.from({ length: count }, (_, i) => [drawn[2 * i], drawn[2 * i + 1]]);
    assert.equal(new Set(rows.map(([share]) => share)).size, 1);
    assert.ok(rows[0][0] >= 0 && rows[0][0] <= 1);
    assert.deepEqual(rows.map(([, partner]) => partner).sort((a, b) => a - b), [...rows.keys()]);
  }));
});

Deno.test("drawMixup draws its share from Beta(α, α): mean, variance and distribution", () => {
  // Var = 1 / (4 (2α + 1)); for α = ½ the distribution is the arcsine law, for 1 uniform.
  for (const alpha of [0.01, 0.5, 1, 2, 20]) {
    const count = 20_000, shares = sharesOf(alpha, count);
    const mean = shares.reduce((a, b) => a + b) / count;
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
    const expected = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(expected / count), `α ${alpha}: mean ${mean}`);
    assert.ok(Math.abs(variance / expected - 1) < 0.05, `α ${alpha}: variance ${variance}`);
  }
  const laws: [number, (x: number) => number][] = [
    [0.5, (x) => 2 / Math.PI * Math.asin(Math.sqrt(x))],
    [1, (x) => x],
    [2, (x) => x * x * (3 - 2 * x)],
  ];
  for (const [alpha, law] of laws) {
    const shares = sharesOf(alpha, 20_000).sort();
    const distance = Math.max(...shares.map((x, i) => Math.abs(law(x) - (i + 0.5) / 20_000)));
    assert.ok(distance < 1.95 / Math.sqrt(20_000), `α ${alpha}: Kolmogorov's D ${distance}`);
  }
});

Deno.test("drawMixup refuses an alpha that is negative or no number", () => {
  for (const alpha of [-0.1, NaN, Infinity]) {
    assert.throws(() => drawMixup(2, { alpha, random: createRandom(1) }), RangeError);
  }
});
