import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  batchesInOrder,
  disposeBatch,
  requireCropSize,
  roundedBatchSize,
  stackCrops,
  trainingBatch,
} from "lib/batches/batches.ts";
import { PAPER_DATA } from "lib/settings/data_settings.ts";
import { numberedCrops } from "./made_up_crops.ts";

type Settings = Parameters<typeof trainingBatch>[1]["settings"];
const all: Settings = {
  data: { ...PAPER_DATA, augmentation: "all", mixup: 0.5 },
  training: { seed: 7 },
};

Deno.test("trainingBatch of stackCrops gives the pixels, labels and places that were asked for", () => {
  const crops = numberedCrops([0, 0, 1, 1, 1, 1]), indices = [5, 0, 3, 5];
  const before = tf.memory().numTensors;
  const batch = trainingBatch(stackCrops(crops, indices), { step: 3, settings: all });
  assert.equal(tf.memory().numTensors, before + 4);
  assert.deepEqual(batch.indices, indices);
  assert.deepEqual([batch.images.shape, batch.images.dtype], [[4, 2, 2, 3], "int32"]);
  assert.deepEqual([...batch.images.dataSync()], indices.flatMap((i) => Array(12).fill(i)));
  assert.deepEqual([...batch.labels.dataSync()], [1, 0, 1, 1]);
  assert.deepEqual([batch.augmentation.shape, batch.mixup.shape], [[4, 4], [4, 2]]);
  disposeBatch(batch);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("trainingBatch keeps pixels above 127, and pictures that are not square, upright", () => {
  const data = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => 255 - i);
  const pictures = { pixels: data, width: 3, height: 2, labels: [1], indices: [0] };
  const batch = trainingBatch(pictures, { step: 0, settings: all });
  assert.deepEqual(batch.images.shape, [1, 2, 3, 3]);
  assert.deepEqual([...batch.images.dataSync()], [...data]);
  disposeBatch(batch);
});

Deno.test("trainingBatch draws the same parameters again for a step, and others for the next", () => {
  const pictures = stackCrops(numberedCrops([0, 1, 1]), [0, 1, 2]);
  const parameters = (
    step: number,
    settings: Settings,
  ) => {
    const batch = trainingBatch(pictures, { step, settings });
    const values = [batch.augmentation, batch.mixup].map((t) => [...t.dataSync()]);
    disposeBatch(batch);
    return values;
  };
  assert.deepEqual(parameters(3, all), parameters(3, all));
  const [[augmentation, mixup], [otherAugmentation, otherMixup]] = [
    parameters(3, all),
    parameters(4, all),
  ];
  assert.notDeepEqual(augmentation, otherAugmentation);
  assert.notEqual(mixup[0], otherMixup[0]);
  assert.notDeepEqual(parameters(3, { ...all, training: { seed: 8 } }), parameters(3, all));
});

Deno.test("trainingBatch follows the configuration's augmentation and mixup", () => {
  const crops = numberedCrops(Array.from({ length: 64 }, (_, i) => (i % 2) as 0 | 1));
  const pictures = stackCrops(crops, crops.map((_, i) => i));
  const drawn = (augmentation: "all" | "flip" | "none", mixup: number) => {
    const settings = { ...all, data: { ...all.data, augmentation, mixup } };
    const batch = trainingBatch(pictures, { step: 0, settings });
    const values = {
      augmentation: batch.augmentation.arraySync(),
      mixup: batch.mixup.arraySync(),
    };
    disposeBatch(batch);
    return values;
  };
  const nothing = drawn("none", 0);
  assert.ok(nothing.augmentation.every((row) => `${row}` === "1,0,0,1"));
  assert.deepEqual(nothing.mixup, crops.map((_, i) => [1, i]));
  const flips = drawn("flip", 0).augmentation;
  assert.deepEqual(new Set(flips.map(String)), new Set(["1,0,0,1", "-1,0,0,1"]));
  assert.ok(drawn("all", 0).augmentation.every((row) => row.slice(1).every((v) => v !== 0)));
  const { mixup } = drawn("all", 0.5);
  assert.equal(new Set(mixup.map(([share]) => share)).size, 1);
  assert.deepEqual(new Set(mixup.map(([, i]) => i)), new Set(crops.keys()));
});

Deno.test("stackCrops refuses crops of different size, by name", () => {
  const crops = numberedCrops([0, 1]);
  const odd = { ...crops[1], image: { data: new Uint8Array(27), width: 3, height: 3 } };
  assert.throws(() => stackCrops([crops[0], odd], [0, 1]), {
    name: "TypeError",
    message: /"1.png" is 3 × 3, the first is 2 × 2/,
  });
});

Deno.test("batchesInOrder shows every crop once, in order, in whole batches and one for the rest", () => {
  const crops = numberedCrops([0, 1, 0, 1, 1]);
  const seen: number[] = [];
  for (const batch of batchesInOrder(crops, { batchSize: 2 })) {
    const size = batch.indices.length; // the last batch holds one picture
    assert.deepEqual(batch.images.shape, [size, 2, 2, 3]);
    assert.deepEqual(
      [...batch.augmentation.dataSync()],
      [1, 0, 0, 1, 1, 0, 0, 1].slice(0, 4 * size),
    );
    assert.deepEqual([...batch.mixup.dataSync()], [1, 0, 1, 1].slice(0, 2 * size));
    const pixels = batch.images.dataSync();
    batch.indices.forEach((index, i) => assert.equal(pixels[i * 12], index));
    seen.push(...batch.indices);
    disposeBatch(batch);
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.throws(() => [...batchesInOrder(crops, { batchSize: 0 })], RangeError);
  assert.deepEqual([...batchesInOrder([], { batchSize: 4 })], []);
});

Deno.test("batchesInOrder fills every batch up to its full size where it is told to", () => {
  const options = { batchSize: 4, isFull: true };
  const batches = [...batchesInOrder(numberedCrops([0, 1, 0, 1, 1]), options)];
  assert.deepEqual(batches.map(({ indices }) => indices), [[0, 1, 2, 3], [4]]);
  assert.deepEqual(batches.map(({ images }) => images.shape[0]), [4, 4]);
  batches.forEach(disposeBatch);
});

Deno.test("batchesInOrder fills the last batch up with its last crop to a power of two", () => {
  const crops = numberedCrops([0, 1, 0, 1, 1, 0, 1]);
  const batches = [...batchesInOrder(crops, { batchSize: 4 })];
  assert.deepEqual(batches.map(({ indices }) => indices), [[0, 1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(batches.map(({ images }) => images.shape[0]), [4, 4]);
  const values = [...batches[1].images.dataSync()].filter((_, i) => i % 12 === 0);
  assert.deepEqual(values, [4, 5, 6, 6]);
  batches.forEach(disposeBatch);
});

Deno.test("roundedBatchSize is the batch size, or for fewer pictures the next power of two", () => {
  const sizes = [1, 2, 3, 4, 5, 9, 17, 23, 24].map((count) => roundedBatchSize(count, 24));
  assert.deepEqual(sizes, [1, 2, 4, 4, 8, 16, 24, 24, 24]);
  for (let count = 1; count <= 64; count++) {
    const size = roundedBatchSize(count, 64);
    assert.ok(size >= count && size < 2 * count);
  }
});

Deno.test("requireCropSize names the crop and both sizes", () => {
  const [crop] = numberedCrops([0]);
  requireCropSize(crop, 2);
  assert.throws(() => requireCropSize(crop, 3), {
    name: "TypeError",
    message: /"0.png" is 2 × 2, but the detector takes 3 × 3/,
  });
});
