/** Mixup of a fake with its own real picture, as NTechLab trains in the Deepfake Detection Challenge. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { cropSource } from "lib/batches/batch_source.ts";
import { disposeBatch } from "lib/batches/batches.ts";
import { drawPairMixup, mixUp } from "lib/batches/mixup.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { efficientnet } from "lib/detectors/efficientnet.ts";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { createRandom } from "lib/random.ts";
import { squares } from "../detectors/squares.ts";
import { fill, readFixture, type Summary, summaryError } from "../networks/fixture_formula.ts";

const { mixup: fixture } = await readFixture<{
  mixup: { weight: number[]; mixed: Summary; bce: number; grad: number[] };
}>("dfdc_rules.json");

/** The formula's pictures of any sides, `[batch, channels, height, width]`. */
function pictures(name: string, [batch, channels, ...sides]: [number, number, number, number]) {
  const area = sides[0] * sides[1], noise = fill(name, batch * channels * area);
  const offsets = fill(`${name}.offset`, batch * channels);
  return tf.tensor4d(
    noise.map((x, i) => Math.fround(x + offsets[Math.floor(i / area)])),
    [batch, channels, sides[0], sides[1]],
  );
}

Deno.test("mixUp with partners of pairs is NTechLab's mixture, its target and its loss", () => {
  tf.tidy(() => {
    const { weight, mixed, bce, grad } = fixture, shape = [4, 3, 8, 6] as [4, 3, 8, 6];
    const [real, fake] = ["nt.real", "nt.fake"].map((name) => pictures(name, shape));
    const images = tf.concat4d([real, fake], 0);
    const targets = tf.concat2d([
      tf.tile(tf.tensor2d([[1, 0]]), [4, 1]),
      tf.tile(tf.tensor2d([[0, 1]]), [4, 1]),
    ], 0);
    // Fakes stand at 4 to 7 with the share w of their own; reals at 0 to 3 stay as they are.
    const parameters = [0, 1, 2, 3].map((i) => [1, i]).concat(weight.map((w, i) => [w, i]));
    const made = mixUp({ images, targets }, tf.tensor2d(parameters));
    const mixtures = tf.slice(made.images, [4, 0, 0, 0], [4, -1, -1, -1]);
    assert.ok(summaryError(mixtures.dataSync() as Float32Array, mixed) < 1e-6);
    const fakes = tf.reshape(tf.slice(made.targets, [4, 1], [4, 1]), [4]);
    assert.deepEqual([...fakes.dataSync()].map(Math.fround), weight.map(Math.fround));
    const logits = tf.tensor1d(fill("nt.z", 4, { amplitude: 2 }));
    const { value, grad: slope } = tf.valueAndGrad((z) => binaryCrossEntropy(z, fakes))(logits);
    assert.ok(Math.abs(value.dataSync()[0] / bce - 1) < 1e-6);
    slope.dataSync().forEach((x, i) => assert.ok(Math.abs(x - grad[i]) < 1e-6));
  });
});

Deno.test("drawPairMixup draws a share a picture from Beta(½, ½), and keeps partners", () => {
  const count = 20_000, partners = Array.from({ length: count }, (_, i) => i ^ 1);
  const drawn = drawPairMixup(partners, { alpha: 0.5, random: createRandom(5) });
  const shares = drawn.filter((_, i) => i % 2 === 0).sort();
  assert.deepEqual([...drawn.filter((_, i) => i % 2 === 1)], partners);
  // The arcsine law: the fixture's quantiles are sin²(πu / 2).
  const distance = Math.max(
    ...shares.map((x, i) => Math.abs(2 / Math.PI * Math.asin(Math.sqrt(x)) - (i + 0.5) / count)),
  );
  assert.ok(distance < 1.95 / Math.sqrt(count), `Kolmogorov's D ${distance}`);
  fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (pairs, seed) => {
    const places = Array.from({ length: 2 * pairs }, (_, i) => i ^ 1);
    const none = drawPairMixup(places, { alpha: 0, random: createRandom(seed) });
    assert.deepEqual([...none], places.flatMap((place) => [1, place]));
  }));
  assert.throws(() => drawPairMixup([0], { alpha: -1, random: createRandom(1) }), /alpha/);
});

Deno.test("a run with mixupWith=pair mixes each fake with its own real under one augmentation, step by step", async () => {
  const crops = squares(16, 32).map(({ sample, ...crop }, i) => ({
    ...crop,
    sample: { ...sample, ...i % 2 === 1 ? { source: `${i - 1}.png` } : {} },
  }));
  const configuration = vary(presetOf(efficientnet, "smoke"), {
    balance: "pairs",
    mixup: 0.5,
    mixupWith: "pair",
    augmentation: "all",
  });
  await using source = cropSource(crops, configuration);
  for (const step of [0, 1]) {
    const batch = await source.batch(step), again = await source.batch(step);
    const rows = batch.augmentation.arraySync(), mixing = batch.mixup.arraySync();
    assert.deepEqual(again.mixup.arraySync(), mixing);
    const { indices } = batch;
    for (let i = 0; i < indices.length; i += 2) {
      assert.equal(crops[indices[i + 1]].sample.source, crops[indices[i]].sample.path);
      assert.deepEqual(rows[i], rows[i + 1]);
      assert.deepEqual([mixing[i][1], mixing[i + 1][1]], [i + 1, i]);
      assert.notEqual(mixing[i][0], mixing[i + 1][0]);
    }
    assert.equal(new Set(rows.map(String)).size, indices.length / 2);
    [batch, again].forEach(disposeBatch);
  }
});

Deno.test("mixupWith is refused without pairs, without mixup, and changes no hash where it is as ever", () => {
  const base = presetOf(efficientnet, "smoke");
  assert.throws(() => vary(base, { mixup: 0.5, mixupWith: "pair" }), /only with balance "pairs"/);
  assert.throws(() => vary(base, { mixupWith: "pair" }), /mixup is 0/);
  assert.equal(vary(base, { mixup: 0.5, mixupWith: "pair", forge: "SBI" }).data.mixupWith, "pair");
});
