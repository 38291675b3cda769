import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Face, Point } from "lib/faces/face.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { mirrorImage } from "lib/media/crop.ts";
import { readImage } from "lib/media/image.ts";
import { LANDMARK_PARTS, mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";

const centre = (points: readonly Point[]): Point => [
  points.reduce((sum, [x]) => sum + x, 0) / points.length,
  points.reduce((sum, [, y]) => sum + y, 0) / points.length,
];

Deno.test("detectLandmarks agrees with the detector's five points on frontal faces", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  const landmarks = await openLandmarkDetector();
  const before = tf.memory().numTensors;
  const image = await readImage(demoPhotographs()[5]);
  const faces = await detectFaces(image, detector);
  const all = await detectLandmarks({ image, faces }, landmarks);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(all.length, 4);
  all.forEach((points, i) => {
    assert.equal(points.length, 68);
    const part = (name: keyof typeof LANDMARK_PARTS) => points.slice(...LANDMARK_PARTS[name]);
    const found = [
      centre(part("leftEye")),
      centre(part("rightEye")),
      points[30],
      points[48],
      points[54],
    ];
    const [x0, y0, x1, y1] = faces[i].box;
    const side = Math.max(x1 - x0, y1 - y0);
    found.forEach(([x, y], p) => {
      const off = Math.hypot(x - faces[i].points[p][0], y - faces[i].points[p][1]) / side;
      assert.ok(off < 0.08, `face ${i}, point ${p}: ${off.toFixed(3)} of the box`);
    });
  });
  landmarks.dispose();
  assert.equal(tf.memory().numTensors, before - Object.keys(landmarks.weights).length);
});

Deno.test("detectLandmarks of no faces is an empty list", async () => {
  const landmarks = await openLandmarkDetector();
  const image = { data: new Uint8Array(3), width: 1, height: 1 };
  assert.deepEqual(await detectLandmarks({ image, faces: [] }, landmarks), []);
  landmarks.dispose();
});

Deno.test("detectLandmarks of the mirrored picture are the mirrored landmarks", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  const landmarks = await openLandmarkDetector();
  const image = await readImage(demoPhotographs()[5]);
  const faces = await detectFaces(image, detector);
  const across = ([x, y]: Point): Point => [image.width - x, y];
  const mirrored = faces.map(({ score, box: [x0, y0, x1, y1], points: [a, b, c, d, e] }): Face => ({
    score,
    box: [image.width - x1, y0, image.width - x0, y1],
    points: [across(b), across(a), across(c), across(e), across(d)],
  }));
  const plain = await detectLandmarks({ image, faces }, landmarks);
  const other = await detectLandmarks({ image: mirrorImage(image), faces: mirrored }, landmarks);
  landmarks.dispose();
  plain.forEach((points, i) => {
    const expected = mirrorLandmarks(points, image.width);
    const eyes = Math.hypot(points[45][0] - points[36][0], points[45][1] - points[36][1]);
    other[i].forEach(([x, y], p) => {
      // Crops are cut at whole pixels, here and there.
      const off = Math.hypot(x - expected[p][0], y - expected[p][1]) / eyes;
      assert.ok(off < 0.03, `face ${i}, point ${p}: ${off.toFixed(3)} of the eyes' distance`);
    });
  });
});
