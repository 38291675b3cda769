import assert from "node:assert/strict";
import fc from "fast-check";
import { startEngine } from "lib/engine/engine.ts";
import type { Face, Point } from "lib/faces/face.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage } from "lib/media/image.ts";
import { mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { whyImplausible } from "lib/faces/plausible_landmarks.ts";

/** Points on an ellipse, from one angle to another in equal steps; degrees, clockwise from the right. */
const arc = (
  [x, y]: Point,
  [across, down]: Point,
  { from, to, count }: { from: number; to: number; count: number },
) =>
  Array.from({ length: count }, (_, i): Point => {
    const angle = (from + (to - from) * i / (count - 1)) * Math.PI / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
const ring = (centre: Point, radii: Point, count: number) =>
  arc(centre, radii, { from: 180, to: 540 - 360 / count, count });

/** A schematic face, 100 wide, eyes at y = 0 and mouth at y = 46. */
const FACE: readonly Point[] = [
  ...arc([0, 5], [50, 77], { from: 180, to: 0, count: 17 }),
  ...arc([-24, -10], [18, 6], { from: 180, to: 360, count: 5 }),
  ...arc([24, -10], [18, 6], { from: 180, to: 360, count: 5 }),
  ...[0, 8, 16, 24].map((y): Point => [0, y]),
  ...[-10, -5, 0, 5, 10].map((x): Point => [x, 30]),
  ...ring([-22, 0], [9, 3], 6),
  ...ring([22, 0], [9, 3], 6),
  ...ring([0, 46], [19, 7], 12),
  ...ring([0, 46], [15, 3], 8),
];
/** Box and five points as a detector gives them for the schematic face. */
const SEEN: Pick<Face, "box" | "points"> = {
  box: [-50, -40, 50, 82],
  points: [[-22, 0], [22, 0], [0, 24], [-19, 46], [19, 46]],
};
const moved = (change: (point: Point, index: number) => Point) => FACE.map(change);

Deno.test("whyImplausible says nothing against a face of any place, size and turn up to 55 degrees", () => {
  const angles = fc.double({ min: -55, max: 55, noNaN: true });
  const scales = fc.double({ min: 0.2, max: 50, noNaN: true });
  fc.assert(fc.property(angles, scales, fc.integer(), fc.boolean(), (degrees, scale, x, mirror) => {
    const a = scale * Math.cos(degrees * Math.PI / 180);
    const b = scale * Math.sin(degrees * Math.PI / 180);
    const move = ([u, v]: Point): Point => [a * u - b * v + x, b * u + a * v - x];
    const turned = FACE.map(move);
    assert.equal(whyImplausible(mirror ? mirrorLandmarks(turned, 9) : turned), undefined);
  }));
  assert.equal(whyImplausible(FACE, SEEN), undefined);
});

Deno.test("whyImplausible names what is wrong", () => {
  const turn = (degrees: number) => {
    const [c, s] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
    return moved(([x, y]) => [c * x - s * y, s * x + c * y]);
  };
  const between = (first: number, past: number, i: number) => i >= first && i < past;
  const cases: [readonly Point[], RegExp][] = [
    [moved(([x, y]) => [x / 10, y / 10]), /^tiny: \d/],
    [moved(() => [7, 7]), /^tiny: 0/],
    [turn(70), /^lying: turned by 70 degrees/],
    [turn(180), /^lying: turned by 180/],
    [moved(([x, y], i) => between(48, 68, i) ? [x, y - 80] : [x, y]), /^mouth not below the eyes/],
    [moved(([x, y]) => [x * 0.4, y]), /^seen from the side: eyes 0\.38/],
    [moved(([x, y]) => [x, y * 0.6]), /^squashed/],
    [
      moved(([x, y], i) => between(36, 42, i) ? [-22 + (x + 22) * -1, y] : [x, y]),
      /^left and right/,
    ],
    [moved(([x, y], i) => between(42, 48, i) ? [22 + (x - 22) * 0.4, y] : [x, y]), /^asymmetric/],
    [moved(([x, y], i) => between(27, 36, i) ? [x, y + 25] : [x, y]), /^nose not between/],
    [moved(([x, y], i) => between(17, 27, i) ? [x, y + 20] : [x, y]), /^brows not above/],
    [moved(([x, y], i) => between(5, 12, i) ? [x, 50] : [x, y]), /^chin not below/],
    [moved(([x, y], i) => i === 4 ? [x + 25, y - 10] : [x, y]), /^folded jaw/],
    [moved(([x, y], i) => i === 4 ? [NaN, y] : [x, y]), /no numbers/],
  ];
  for (const [points, why] of cases) assert.match(whyImplausible(points) ?? "nothing", why);
  const shift = (x: number, y: number) => moved(([u, v]) => [u + x, v + y]);
  assert.match(whyImplausible(shift(45, 0), SEEN) ?? "nothing", /^far outside of the box: 0\.3/);
  const { box } = SEEN, wide = [-150, -130, 150, 170] as const;
  assert.equal(whyImplausible(shift(15, 0), { box }), undefined);
  assert.match(whyImplausible(shift(15, 0), SEEN) ?? "nothing", /^eyes, nose and mouth 0\.12/);
  assert.match(whyImplausible(FACE, { box: wide }) ?? "nothing", /^0\.33 of the box's size/);
});

Deno.test("whyImplausible refuses another number of points", () => {
  assert.throws(() => whyImplausible(FACE.slice(1)), /68 landmarks, not 67/);
});

Deno.test("whyImplausible passes a photograph's faces and tells places beside them", async () => {
  await startEngine(); // shortens it
  await using detector = await openFaceDetector({ threads: 1 });
  const network = await openLandmarkDetector();
  const image = await readImage(demoPhotographs()[5]);
  const faces = await detectFaces(image, detector);
  const beside = faces.map((face): Face => {
    const [x0, y0, x1, y1] = face.box, down = (y1 - y0) / 2;
    const [a, b, c, d, e] = face.points.map(([x, y]): Point => [x, y + down]);
    return { ...face, box: [x0, y0 + down, x1, y1 + down], points: [a, b, c, d, e] };
  });
  const all = [...faces, ...beside];
  const landmarks = await detectLandmarks({ image, faces: all }, network);
  network.dispose();
  const said = all.map((face, i) => whyImplausible(landmarks[i], face));
  assert.deepEqual(said.slice(0, 4), [undefined, undefined, undefined, undefined]);
  assert.ok(said.slice(4).every((why) => why !== undefined), said.join("; "));
});
