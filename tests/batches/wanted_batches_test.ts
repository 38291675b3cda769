/** What a detector wants of a batch, carried from samples to the device, from memory and from files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { type BatchSource, cropSource } from "lib/batches/batch_source.ts";
import { type Batch, disposeBatch } from "lib/batches/batches.ts";
import { openLoader } from "lib/batches/loader.ts";
import type { Crop, Sample } from "lib/data/samples.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { readImage } from "lib/media/image.ts";
import type { ImageError } from "lib/media/image_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import { linearParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { inFolder } from "../in_folder.ts";

/** A detector that wants all there is, and needs none of it. */
const greedy = defineDetector<{ imageSize: number }, tf.Tensor2D>({
  name: "greedy",
  source: "this test",
  rules: { fields: { imageSize: wholeNumberRule(8, 64) } },
  presets: {
    smoke: {
      detector: { imageSize: 8 },
      data: { ...SMOKE_DATA, batchSize: 4, mixup: 0.5 },
      training: SMOKE_TRAINING,
    },
  },
  build: ({ imageSize }) => ({
    input: { size: imageSize, normalisation: IMAGENET },
    wants: ["mask", "method", "pair", "identity"],
    parameters: linearParameters("head", { inputs: 3, outputs: 2 }),
    forward: (images, parameters, mode = {}) =>
      openLayers(parameters, mode).linear(tf.mean(images, [1, 2]), "head"),
    loss: ({ forward, targets }) => {
      const total = crossEntropy(forward(), targets.classes);
      return { total, terms: {} };
    },
    logOdds: logOddsOfFake,
    parts: () => [{ name: "picture", layer: "pixels" }],
  }),
});
const WANTING = presetOf(greedy);
const METHODS = ["DF", "FS"];

/** Five real pictures, and seven fakes that were made from four of them by two methods. */
const SAMPLES: readonly Sample[] = Array.from({ length: 12 }, (_, i): Sample => {
  const real = i < 5;
  return {
    path: `${i}.png`,
    label: real ? 0 : 1,
    dataset: "d",
    method: real ? "real" : METHODS[i % 2],
    video: `${i}`,
    split: "train",
    frame: 0,
    identities: real ? [`${i}`] : [`${i % 4}`, "4"],
    ...(real ? {} : { mask: `masks/${i}.png`, source: `${i % 4}.png` }),
  };
});
const sourceOf = (place: number) => place < 5 ? undefined : place % 4;

/** Writes pictures and masks of noise in the detector's size, 8 × 8, so that none is resized. */
async function writeFolder(folder: string): Promise<Crop[]> {
  const random = createRandom(2, "wanted");
  await Deno.mkdir(join(folder, "masks"));
  return await Promise.all(SAMPLES.map(async (sample) => {
    const noise = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.integer(256));
    await writeImage(join(folder, sample.path), { data: noise, width: 8, height: 8 });
    const image = await readImage(join(folder, sample.path));
    if (!sample.mask) return { image, sample };
    const mask = Uint8Array.from({ length: 8 * 8 }, () => random.integer(256));
    const grey = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => mask[Math.floor(i / 3)]);
    await writeImage(join(folder, sample.mask), { data: grey, width: 8, height: 8 });
    return { image, sample, mask: { data: mask, width: 8, height: 8 } };
  }));
}

/** A batch's values; its tensors are disposed. */
function valuesOf(batch: Batch) {
  const values = Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [
      name,
      value instanceof tf.Tensor ? [value.shape, value.dtype, [...value.dataSync()]] : value,
    ]),
  );
  disposeBatch(batch);
  return values;
}

/** Fails unless a batch is of pairs side by side, with their methods and the crops' masks. */
function assertWanted(
  { indices, masks, methods, partners, identities, labels }: Batch,
  crops: readonly Crop[],
) {
  assert.equal(indices.length % 2, 0);
  const [ofPictures, numbers] = [labels, methods!].map((t) => [...t.dataSync()]);
  assert.deepEqual(ofPictures, indices.map((_, i) => i % 2));
  indices.forEach((place, i) => {
    if (i % 2 === 1) assert.equal(indices[i - 1], sourceOf(place));
    assert.equal(numbers[i], place < 5 ? 0 : METHODS.indexOf(SAMPLES[place].method) + 1);
  });
  assert.deepEqual([...partners!.dataSync()], indices.map((_, i) => i ^ 1));
  assert.deepEqual([identities!.shape, identities!.dtype], [[indices.length, 2], "int32"]);
  assert.deepEqual(
    [...identities!.dataSync()],
    indices.flatMap((place) => place < 5 ? [place, place] : [place % 4, 4]),
  );
  assert.deepEqual([masks!.shape, masks!.dtype], [[indices.length, 8, 8, 1], "int32"]);
  const expected = indices.flatMap((place) => [...crops[place].mask?.data ?? Array(64).fill(0)]);
  assert.deepEqual([...masks!.dataSync()], expected);
}

Deno.test("cropSource and openLoader carry masks, methods, partners and people to the device, alike", () =>
  inFolder(async (folder) => {
    const crops = await writeFolder(folder), before = tf.memory().numTensors;
    await using source = cropSource(crops, WANTING);
    await using loader = openLoader(SAMPLES, { configuration: WANTING, root: folder });
    for (const one of [source, loader] as BatchSource[]) {
      assert.deepEqual(one.methods, METHODS);
      assert.equal(one.batchesPerEpoch, Math.ceil(7 / 2)); // pairs, two a batch
      const seen: number[] = [];
      for (let step = 0; step < one.batchesPerEpoch; step++) {
        const batch = await one.batch(step);
        assertWanted(batch, crops);
        seen.push(...batch.indices.filter((_, i) => i % 2 === 1));
        disposeBatch(batch);
      }
      assert.deepEqual(seen.slice(0, 7).toSorted((a, b) => a - b), [5, 6, 7, 8, 9, 10, 11]);
    }
    for (const step of [9, 2, 0]) {
      assert.deepEqual(valuesOf(await loader.batch(step)), valuesOf(await source.batch(step)));
    }
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("a batch carries nothing that nobody wants", () =>
  inFolder(async (folder) => {
    const crops = await writeFolder(folder);
    const { detector } = WANTING;
    const modest: Configuration<{ imageSize: number }, tf.Tensor2D> = {
      ...WANTING,
      detector: { ...detector, wants: [] },
    };
    await using source = cropSource(crops, modest);
    assert.deepEqual(source.methods, []);
    const batch = await source.batch(0);
    assert.deepEqual(
      Object.keys(batch).sort(),
      ["augmentation", "images", "indices", "labels", "mixup"],
    );
    disposeBatch(batch);
  }));

Deno.test("openLoader reads a batch of real pictures alone for a detector that wants masks", () =>
  inFolder(async (folder) => {
    await writeFolder(folder);
    const { detector } = WANTING;
    const ofMasks = {
      ...vary(WANTING, { balance: "none" }),
      detector: { ...detector, wants: ["mask"] },
    };
    const reals = SAMPLES.slice(0, 5);
    await using loader = openLoader(reals, {
      configuration: ofMasks as typeof WANTING,
      root: folder,
    });
    const batch = await loader.batch(0);
    assert.deepEqual([...batch.masks!.dataSync()], Array(4 * 64).fill(0));
    disposeBatch(batch);
  }));

Deno.test("openLoader makes no pair of a picture that stands in for an unreadable one", () =>
  inFolder(async (folder) => {
    await writeFolder(folder);
    await Deno.writeTextFile(join(folder, "2.png"), "no picture");
    await using loader = openLoader(SAMPLES, {
      configuration: WANTING,
      root: folder,
      onUnreadable: "skip",
    });
    let alone = 0;
    for (let step = 0; step < 4; step++) {
      const batch = await loader.batch(step), { indices } = batch;
      assert.ok(!indices.includes(2));
      const expected = indices.map((_, i) => {
        const isPair = sourceOf(indices[i | 1]) === indices[i & ~1];
        if (!isPair) alone++;
        return isPair ? i ^ 1 : i;
      });
      assert.deepEqual([...batch.partners!.dataSync()], expected);
      disposeBatch(batch);
    }
    assert.ok(alone >= 2, "a pair lost its real picture");
    assert.deepEqual(loader.unreadable.map(({ sample }) => sample.path), ["2.png"]);
  }));

Deno.test("openLoader names a mask that cannot be read", () =>
  inFolder(async (folder) => {
    await writeFolder(folder);
    for (let i = 5; i < 12; i++) await Deno.remove(join(folder, `masks/${i}.png`));
    await using loader = openLoader(SAMPLES, { configuration: WANTING, root: folder });
    await assert.rejects(loader.batch(0), { name: "ImageError", message: /masks\/\d+\.png/ });
  }));

Deno.test("openLoader leaves out by choice a fake whose mask cannot be read, and names the mask", () =>
  inFolder(async (folder) => {
    const crops = await writeFolder(folder);
    for (const place of [6, 7, 9]) await Deno.remove(join(folder, `masks/${place}.png`));
    await Deno.writeTextFile(join(folder, "8.png"), "no picture");
    const configuration = {
      ...vary(WANTING, { balance: "none" }),
      detector: { ...WANTING.detector, wants: ["mask"] as const },
    };
    await using loader = openLoader(SAMPLES, {
      configuration,
      root: folder,
      onUnreadable: "skip",
    });
    for (let step = 0; step < loader.batchesPerEpoch; step++) {
      const batch = await loader.batch(step), { indices } = batch;
      assert.ok(!indices.some((place) => [6, 7, 8, 9].includes(place)));
      const expected = indices.flatMap((
        place,
      ) => [...crops[place].mask?.data ?? Array(64).fill(0)]);
      assert.deepEqual([...batch.masks!.dataSync()], expected);
      disposeBatch(batch);
    }
    const left = loader.unreadable.map(({ sample, error, instead }) => [
      sample.path,
      (error as ImageError).path.slice(folder.length + 1),
      instead.path,
    ]);
    assert.deepEqual(left.sort(), [
      ["6.png", "masks/6.png", "10.png"],
      ["7.png", "masks/7.png", "10.png"],
      ["8.png", "8.png", "10.png"],
      ["9.png", "masks/9.png", "10.png"],
    ]);
  }));
