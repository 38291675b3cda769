import assert from "node:assert/strict";
import { join } from "node:path";
import { FaceDetector } from "lib/faces/face_detector.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage } from "lib/media/image.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { inFolder } from "../in_folder.ts";

const planes = () => new Float32Array(3 * 32 * 32);

Deno.test("FaceDetector finds in several threads at once what it finds in one", async () => {
  const size = { width: 480, height: 320 };
  const images = await Promise.all(demoPhotographs().map((path) => readImage(path, { size })));
  await using one = await openFaceDetector();
  await using three = await openFaceDetector({ threads: 3 });
  const expected = [];
  for (const image of images) expected.push(await detectFaces(image, one));
  assert.ok(expected.flat().length > images.length);
  assert.deepEqual(await Promise.all(images.map((image) => detectFaces(image, three))), expected);
});

Deno.test("FaceDetector leaves the caller's thread free while it looks", async () => {
  await using detector = await openFaceDetector();
  const side = 1280, pixels = new Float32Array(3 * side * side);
  let looking = true, turns = 0;
  const found = detector.run(pixels, { width: side, height: side }).then(() => looking = false);
  for (; looking; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  await found;
  assert.ok(turns > 5, `${turns} turns of the event loop`);
});

Deno.test("FaceDetector.load says why a file is no network", () =>
  inFolder(async (folder) => {
    const path = join(folder, "text.onnx");
    await Deno.writeTextFile(path, "not a network");
    await assert.rejects(FaceDetector.load(path, 2), /text\.onnx/);
    await assert.rejects(FaceDetector.load(join(folder, "missing.onnx"), 1), /missing\.onnx/);
  }));

Deno.test("FaceDetector says what onnxruntime found fault with, and goes on", async () => {
  await using detector = await openFaceDetector();
  await assert.rejects(detector.run(planes(), { width: 64, height: 64 }), Error);
  assert.ok((await detector.run(planes(), { width: 32, height: 32 })).conf.length > 0);
});

Deno.test("FaceDetector refuses what it was asked when it is released, and may be released twice", async () => {
  const detector = await openFaceDetector();
  const asked = detector.run(planes(), { width: 32, height: 32 });
  const refused = assert.rejects(asked, /released/);
  await detector.release();
  await refused;
  await detector.release();
  await assert.rejects(detector.run(planes(), { width: 32, height: 32 }), /released/);
});
