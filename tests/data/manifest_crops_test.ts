import assert from "node:assert/strict";
import { join } from "node:path";
import { cropsOfManifest, type ManifestCropOptions } from "lib/data/manifest_crops.ts";
import { writeManifest } from "lib/data/manifest.ts";
import type { Sample } from "lib/data/samples.ts";
import { ImageError } from "lib/media/image_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../in_folder.ts";

/** Frames that each video has; "a" of two methods is two videos. */
const FRAMES = { "real/a": 9, "real/b": 2, "real/c": 5, "DF/a": 9 };

const flat = (value: number, side: number) => ({
  data: new Uint8Array(side * side * 3).fill(value),
  width: side,
  height: side,
});

/** A manifest with masks of fakes; frame f is grey of value f, `side` pixels wide. */
async function made(folder: string, side = 8): Promise<string> {
  const samples: Sample[] = [];
  for (const [video, count] of Object.entries(FRAMES)) {
    const method = video.split("/")[0]!, fake = method !== "real";
    for (let frame = 0; frame < count; frame++) {
      const path = `${video.replace("/", "_")}_${frame}.png`, mask = `mask_${path}`;
      await writeImage(join(folder, path), flat(frame, side));
      if (fake) await writeImage(join(folder, mask), { ...flat(255, side), data: ramp(side) });
      samples.push({
        ...{ path, label: fake ? 1 : 0, dataset: "mine", method, video, frame, identities: [] },
        split: video === "real/c" ? "validation" : "test",
        ...(fake ? { mask } : {}),
      });
    }
  }
  const manifest = join(folder, "manifest.csv");
  await writeManifest(manifest, samples);
  return manifest;
}

const ramp = (side: number) => Uint8Array.from({ length: side * side }, (_, i) => i);

/** Frames chosen of each video. */
async function chosen(manifest: string, options: ManifestCropOptions) {
  const crops = await cropsOfManifest(manifest, options);
  const groups = Map.groupBy(crops, ({ sample }) => sample.video);
  return Object.fromEntries(
    [...groups].map(([video, of]) => [video, of.map(({ sample }) => sample.frame)]),
  );
}

Deno.test("cropsOfManifest reads the pixels, samples and masks that the manifest names", async () => {
  await inFolder(async (folder) => {
    const crops = await cropsOfManifest(await made(folder));
    assert.equal(crops.length, 25);
    for (const { image, sample, mask } of crops) {
      assert.deepEqual(image, flat(sample.frame, 8));
      if (sample.label === 0) assert.equal(mask, undefined);
      else assert.deepEqual(mask, { data: ramp(8), width: 8, height: 8 });
    }
  });
});

Deno.test("cropsOfManifest keeps to split and method", async () => {
  await inFolder(async (folder) => {
    const manifest = await made(folder);
    assert.deepEqual(Object.keys(await chosen(manifest, { split: "test", method: "real" })), [
      "real/a",
      "real/b",
    ]);
    const both = await chosen(manifest, { method: ["real", "DF"], split: "validation" });
    assert.deepEqual(both, { "real/c": [0, 1, 2, 3, 4] });
    await assert.rejects(
      cropsOfManifest(manifest, { split: "train", method: "FS" }),
      /no crop of FS \(train\)\. It has DF \(test\), real \(test\), real \(validation\)\./,
    );
  });
});

Deno.test("cropsOfManifest takes as many of each video as of any other, spread over it", async () => {
  await inFolder(async (folder) => {
    const manifest = await made(folder);
    const frames = await chosen(manifest, { count: 11 });
    assert.deepEqual(frames["real/b"], [0, 1], "all that it has");
    for (const video of ["real/a", "real/c", "DF/a"]) assert.equal(frames[video]!.length, 3);
    assert.deepEqual(frames["real/a"], [0, 4, 8]);
    assert.deepEqual(frames["real/c"], [0, 2, 4]);
    const all = await chosen(manifest, { count: 1000 });
    assert.equal(Object.values(all).flat().length, 25);
  });
});

Deno.test("cropsOfManifest draws which videos give one by the seed alone", async () => {
  await inFolder(async (folder) => {
    const manifest = await made(folder);
    const of = async (seed: number) => Object.keys(await chosen(manifest, { count: 2, seed }));
    assert.deepEqual(await of(1), await of(1));
    const seeds = await Promise.all(Array.from({ length: 24 }, (_, seed) => of(seed)));
    assert.ok(seeds.every((videos) => videos.length === 2));
    assert.deepEqual([...new Set(seeds.flat())].sort(), Object.keys(FRAMES).sort());
  });
});

Deno.test("cropsOfManifest resizes pictures and masks together, and only when told", async () => {
  await inFolder(async (folder) => {
    const manifest = await made(folder);
    const [crop] = await cropsOfManifest(manifest, { method: "DF", count: 1, size: 16 });
    assert.deepEqual([crop!.image.width, crop!.mask!.width, crop!.mask!.data.length], [
      16,
      16,
      256,
    ]);
    await writeImage(join(folder, "real_b_1.png"), flat(1, 10));
    await assert.rejects(
      cropsOfManifest(manifest),
      /is 8 × 8 .*"real_b_1.png" 10 × 10.*Give a size/,
    );
    await assert.rejects(cropsOfManifest(manifest, { count: 0 }), RangeError);
  });
});

Deno.test("cropsOfManifest refuses a missing mask", async () => {
  await inFolder(async (folder) => {
    const manifest = await made(folder);
    await Deno.remove(join(folder, "mask_DF_a_4.png"));
    await assert.rejects(cropsOfManifest(manifest), ImageError);
  });
});
