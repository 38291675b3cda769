import assert from "node:assert/strict";
import { join } from "node:path";
import { cropsOfPhotograph } from "lib/data/photograph_crops.ts";
import { Preparation } from "lib/data/prepare.ts";
import { readManifest } from "lib/data/manifest.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage } from "lib/media/image.ts";
import { inFolder } from "../in_folder.ts";
import { SETTINGS, sourceOf, still } from "./prepare/made_data_set.ts";

Deno.test("cropsOfPhotograph gives each face the pixels that prepare's defaults give it", async () => {
  await inFolder(async (both) => {
    const root = join(both, "set"), folder = join(both, "crops");
    await Deno.mkdir(root);
    await Deno.copyFile(demoPhotographs()[3]!, join(root, "four.jpg"));
    const source = sourceOf(root, [still("four.jpg")]);
    const settings = { ...SETTINGS, faces: "all" } as const; // else its defaults
    await using run = await Preparation.open(source, { folder, settings });
    for await (const _ of run.run());
    await run.join();
    const prepared = await readManifest(join(folder, "manifest.csv"));
    const crops = await cropsOfPhotograph(join(root, "four.jpg"), { size: settings.size });
    assert.equal(crops.length, 4);
    assert.equal(prepared.length, 4);
    for (const [i, { image }] of crops.entries()) {
      assert.deepEqual(image, await readImage(join(folder, prepared[i]!.path)));
    }
  });
});

Deno.test("cropsOfPhotograph orders faces by size and says where and how sure each is", async () => {
  await using faceDetector = await openFaceDetector();
  const image = await readImage(demoPhotographs()[4]!);
  const crops = await cropsOfPhotograph(image, { size: 32, faceDetector, name: "five people" });
  const areas = crops.map(({ box: [x0, y0, x1, y1] }) => (x1 - x0) * (y1 - y0));
  assert.equal(crops.length, 5);
  assert.deepEqual(areas, areas.toSorted((a, b) => b - a));
  assert.ok(crops.every(({ faceScore }) => faceScore >= 0.9 && faceScore <= 1));
  assert.equal(crops[4]!.sample.path, "five people#face5");
  const surest = Math.max(...crops.map(({ faceScore }) => faceScore));
  const few = await cropsOfPhotograph(image, { size: 32, faceDetector, minScore: surest });
  assert.equal(few.length, 1);
});

Deno.test("cropsOfPhotograph says where there is no face", async () => {
  const wall = { data: new Uint8Array(64 * 48 * 3).fill(90), width: 64, height: 48 };
  await assert.rejects(
    cropsOfPhotograph(wall, { size: 32, name: "wall.png" }),
    (error: Error) =>
      error instanceof RangeError && /No face .*"wall.png" \(64 × 48 pixels\)/.test(error.message),
  );
});
