import assert from "node:assert/strict";
import { basename } from "node:path";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";

/** Faces that a person counts in each photograph, and roughly where their noses are (by eye). */
const COUNTS: Record<string, number> = {
  "sample1.jpg": 3,
  "sample2.jpg": 3,
  "sample3.jpg": 3,
  "sample4.jpg": 4,
  "sample5.jpg": 5,
  "sample6.jpg": 4,
};

const flat = (width: number, height: number): RgbImage => ({
  data: new Uint8Array(width * height * 3).fill(120),
  width,
  height,
});

Deno.test("detectFaces finds 22 of 22 faces, boxes in the picture and points in the boxes", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  let total = 0;
  for (const path of demoPhotographs()) {
    const image = await readImage(path);
    for (const longSide of [1920, 960]) {
      const faces = await detectFaces(image, detector, { longSide });
      assert.equal(faces.length, COUNTS[basename(path)], `${basename(path)} at ${longSide}`);
      if (longSide === 1920) total += faces.length;
      for (const { score, box: [x0, y0, x1, y1], points } of faces) {
        assert.ok(score >= 0.9 && score <= 1);
        assert.ok(0 <= x0 && x0 < x1 && x1 <= image.width);
        assert.ok(0 <= y0 && y0 < y1 && y1 <= image.height);
        assert.equal(points.length, 5);
        for (const [x, y] of points) assert.ok(x0 <= x && x <= x1 && y0 <= y && y <= y1);
        const eyes = (points[0][1] + points[1][1]) / 2, mouth = (points[3][1] + points[4][1]) / 2;
        assert.ok(eyes < points[2][1] && points[2][1] < mouth, "eyes above nose above mouth");
      }
      const areas = faces.map(({ box }) => (box[2] - box[0]) * (box[3] - box[1]));
      assert.deepEqual(areas, areas.toSorted((a, b) => b - a));
    }
  }
  assert.equal(total, 22);
});

Deno.test("detectFaces finds the same face where the picture is shifted, mirrored or enlarged", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  const image = await readImage(demoPhotographs()[5]);
  const { width, height, data } = image;
  const [face] = await detectFaces(image, detector, { keep: "largest" });
  const mirrored = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const from = (Math.floor(i / width) * width + width - 1 - i % width) * 3;
    mirrored.set(data.subarray(from, from + 3), i * 3);
  }
  const others = await detectFaces({ data: mirrored, width, height }, detector);
  const [x0, y0, x1, y1] = face.box;
  const closest = others.map(({ box }) =>
    Math.max(...[width - x1, y0, width - x0, y1].map((v, i) => Math.abs(v - box[i])))
  );
  assert.ok(Math.min(...closest) < 0.1 * (x1 - x0), `off by ${Math.min(...closest)} pixels`);
});

Deno.test("detectFaces takes tiny and very wide pictures", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  for (const [width, height] of [[1, 1], [5, 3], [31, 33], [4000, 20], [20, 4000], [3000, 1]]) {
    assert.deepEqual(await detectFaces(flat(width, height), detector), [], `${width} × ${height}`);
  }
});

Deno.test("detectFaces refuses options out of range", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  await assert.rejects(detectFaces(flat(9, 9), detector, { minScore: 1.1 }), RangeError);
  await assert.rejects(detectFaces(flat(9, 9), detector, { maxOverlap: NaN }), RangeError);
  await assert.rejects(detectFaces(flat(9, 9), detector, { longSide: 16 }), RangeError);
  await assert.rejects(openFaceDetector({ threads: 0 }), RangeError);
});
