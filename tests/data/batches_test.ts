import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { batchAt, batchesInOrder, type Crop, planEpoch } from "lib/data/batches.ts";
import { NO_AUGMENTATION } from "lib/data/augmentation.ts";

/** Crops of 2 × 2 pixels whose values are their place in the list. */
function crops(labels: readonly (0 | 1)[]): Crop[] {
  return labels.map((label, i) => ({
    image: { data: new Uint8Array(12).fill(i), width: 2, height: 2 },
    sample: {
      path: `${i}.png`,
      label,
      dataset: "d",
      method: label ? "DF" : "real",
      video: `${i}`,
      split: "train",
      frame: 0,
      identities: [],
    },
  }));
}
const labelLists = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30 }))
  .map(([real, fake]) => [...Array(real).fill(0), ...Array(fake).fill(1)] as (0 | 1)[]);
const settings = fc.record({
  batchSize: fc.integer({ min: 2, max: 12 }),
  seed: fc.nat(),
  epoch: fc.nat(5),
});

Deno.test("planEpoch balances 1:1, uses every crop, and repeats the rarer kind evenly", () => {
  fc.assert(fc.property(labelLists, settings, (labels, options) => {
    const plan = planEpoch(labels, options);
    const flat = plan.flat();
    assert.ok(plan.every((batch) => batch.length === options.batchSize));
    const fakes = flat.filter((i) => labels[i] === 1).length;
    assert.ok(Math.abs(2 * fakes - flat.length) <= 1);
    if (options.batchSize % 2 === 0) {
      for (const batch of plan) {
        assert.equal(batch.filter((i) => labels[i] === 1).length, options.batchSize / 2);
      }
    }
    for (const label of [0, 1]) {
      const counts = labels.flatMap((l, i) =>
        l === label ? [flat.filter((j) => j === i).length] : []
      );
      assert.ok(Math.min(...counts) >= 1, "every crop appears");
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, "none much more often");
    }
  }));
});

Deno.test("planEpoch without balance shows each crop once, but for filling the last batch", () => {
  fc.assert(fc.property(labelLists, settings, (labels, options) => {
    const flat = planEpoch(labels, { ...options, balance: "none" }).flat();
    assert.equal(new Set(flat.slice(0, labels.length)).size, labels.length);
    assert.ok(flat.length - labels.length < options.batchSize);
  }));
});

Deno.test("planEpoch follows from seed and epoch, and differs between them", () => {
  const labels = Array.from({ length: 40 }, (_, i) => (i % 4 ? 1 : 0) as 0 | 1);
  const plan = (seed: number, epoch: number) => planEpoch(labels, { batchSize: 8, seed, epoch });
  assert.deepEqual(plan(1, 2), plan(1, 2));
  assert.notDeepEqual(plan(1, 2), plan(1, 3));
  assert.notDeepEqual(plan(1, 2), plan(2, 2));
});

Deno.test("planEpoch refuses small batches and a missing kind", () => {
  assert.throws(() => planEpoch([0, 1], { batchSize: 1, seed: 1, epoch: 0 }), RangeError);
  assert.throws(() => planEpoch([1, 1], { batchSize: 2, seed: 1, epoch: 0 }), /no real crop/);
  assert.throws(() => planEpoch([0, 0], { batchSize: 2, seed: 1, epoch: 0 }), /no fake crop/);
  assert.throws(
    () => planEpoch([], { batchSize: 2, seed: 1, epoch: 0, balance: "none" }),
    RangeError,
  );
});

Deno.test("batchAt gives pixels, labels and parameters of the planned crops, across epochs", () => {
  const list = crops([0, 0, 1, 1, 1, 1]);
  const options = { batchSize: 4, seed: 7 };
  for (const step of [0, 1, 2, 5]) {
    const before = tf.memory().numTensors;
    const batch = batchAt(list, { ...options, step });
    assert.equal(tf.memory().numTensors, before + 4);
    const labels = list.map(({ sample }) => sample.label);
    const epoch = Math.floor(step / 2);
    assert.deepEqual(batch.indices, planEpoch(labels, { ...options, epoch })[step % 2]);
    assert.deepEqual([batch.images.shape, batch.images.dtype], [[4, 2, 2, 3], "int32"]);
    const pixels = [...batch.images.dataSync()];
    assert.deepEqual(pixels, batch.indices.flatMap((i) => Array(12).fill(i)));
    assert.deepEqual([...batch.labels.dataSync()], batch.indices.map((i) => labels[i]));
    assert.deepEqual(batch.augmentation.shape, [4, 4]);
    tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup]);
    assert.equal(tf.memory().numTensors, before);
  }
});

Deno.test("batchAt draws the same augmentation again for a step, and another for the next", () => {
  const list = crops([0, 1, 1]);
  const parameters = (step: number, ranges = {}) => {
    const batch = batchAt(list, { batchSize: 2, seed: 7, step, ...ranges });
    const values = [...batch.augmentation.dataSync()];
    tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup]);
    return values;
  };
  assert.deepEqual(parameters(3), parameters(3));
  assert.notDeepEqual(parameters(3), parameters(4));
  assert.deepEqual(parameters(3, { ranges: NO_AUGMENTATION }), [1, 0, 0, 1, 1, 0, 0, 1]);
});

Deno.test("batchAt refuses crops of different size and negative steps", () => {
  const list = crops([0, 1]);
  const odd = { ...list[1], image: { data: new Uint8Array(27), width: 3, height: 3 } };
  assert.throws(() => batchAt([list[0], odd], { batchSize: 2, seed: 1, step: 0 }), TypeError);
  assert.throws(() => batchAt(list, { batchSize: 2, seed: 1, step: -1 }), RangeError);
});

Deno.test("batchesInOrder shows every crop once, in order, in batches of one size", () => {
  const list = crops([0, 1, 0, 1, 1]);
  const seen: number[] = [];
  for (const batch of batchesInOrder(list, { batchSize: 2 })) {
    assert.deepEqual(batch.images.shape, [2, 2, 2, 3]);
    assert.deepEqual([...batch.augmentation.dataSync()], [1, 0, 0, 1, 1, 0, 0, 1]);
    const pixels = batch.images.dataSync();
    batch.indices.forEach((index, i) => assert.equal(pixels[i * 12], index));
    seen.push(...batch.indices);
    tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup]);
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.throws(() => [...batchesInOrder(list, { batchSize: 0 })], RangeError);
  assert.deepEqual([...batchesInOrder([], { batchSize: 4 })], []);
});
