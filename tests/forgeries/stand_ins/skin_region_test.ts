import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { rgbToLab } from "lib/forgeries/stand_ins/match_colour.ts";
import { fillPolygon } from "lib/forgeries/stand_ins/manipulation_masks.ts";
import { convexHull } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import { features, skinRegion, withoutIntruders } from "lib/forgeries/stand_ins/skin_region.ts";

const SIDE = 96, size = { width: SIDE, height: SIDE };
const ring = ([x, y]: Point, [a, b]: Point, count: number) =>
  Array.from({ length: count }, (_, i): Point => {
    const angle = Math.PI * (1 + 2 * i / count);
    return [x + a * Math.cos(angle), y + b * Math.sin(angle)];
  });
/** A schematic face whose skin reaches from the brows to the chin. */
const landmarks: readonly Point[] = [
  ...Array.from({ length: 17 }, (_, i): Point => {
    const angle = Math.PI * (1 - i / 16);
    return [48 + 34 * Math.cos(angle), 40 + 44 * Math.sin(angle)];
  }),
  ...[20, 24, 28, 32, 36, 60, 64, 68, 72, 76].map((x): Point => [x, 26]),
  ...[34, 40, 46, 52].map((y): Point => [48, y]),
  ...[42, 45, 48, 51, 54].map((x): Point => [x, 56]),
  ...ring([32, 36], [6, 2], 6),
  ...ring([64, 36], [6, 2], 6),
  ...ring([48, 68], [12, 5], 12),
  ...ring([48, 68], [9, 2], 8),
];
const region = fillPolygon(convexHull(landmarks), size);

/** Skin everywhere, with what `paint` gives instead. */
function face(paint: (x: number, y: number) => number[] | undefined = () => undefined) {
  const data = new Float32Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const noise = (i * 7919) % 11 - 5;
    const [r, g, b] = paint(i % SIDE, Math.floor(i / SIDE)) ?? [200, 150, 130];
    data.set([r + noise, g + noise, b + noise], i * 3);
  }
  return rgbToLab({ data, ...size, channels: 3 });
}
const at = (mask: { data: Uint8Array }, x: number, y: number) => mask.data[y * SIDE + x];
const HAIR = [40, 30, 25];

Deno.test("features marks eyes, brows and mouth, and the lips without what is between them", () => {
  const { eyes, mouth, lips, all } = features(landmarks, size);
  assert.deepEqual([at(eyes, 32, 36), at(eyes, 48, 46), at(mouth, 48, 68)], [255, 0, 255]);
  assert.deepEqual([at(lips, 48, 68), at(lips, 48, 64)], [0, 255]);
  all.data.forEach((v, i) => assert.ok(v === 255 || (eyes.data[i] === 0 && mouth.data[i] === 0)));
});

Deno.test("skinRegion finds skin in light and shade, and neither hair nor features", () => {
  const shade = (x: number) => [200, 150, 130].map((v) => v * (1 - 0.25 * x / SIDE));
  const skin = skinRegion(face((x) => x < 30 ? HAIR : shade(x)), { landmarks, region });
  assert.deepEqual([at(skin, 22, 50), at(skin, 40, 60), at(skin, 70, 55)], [0, 255, 255]);
  assert.equal(at(skin, 48, 68), 0, "lips");
  assert.equal(at(skin, 4, 4), 0, "outside of the region");
});

Deno.test("withoutIntruders takes away what hangs on the rim and leaves what lies within", () => {
  const options = { landmarks, region, smooth: 1 };
  const cut = (paint: Parameters<typeof face>[0]) => {
    const skin = skinRegion(face(paint), { landmarks, region });
    return withoutIntruders([skin], options);
  };
  assert.deepEqual(cut(() => undefined), region);
  const strand = cut((x) => x < 30 ? HAIR : undefined);
  assert.deepEqual([at(strand, 22, 50), at(strand, 60, 50)], [0, 255]);
  assert.equal(at(strand, 28, 36), 255, "the eye under the hair");
  const mole = cut((x, y) => Math.hypot(x - 62, y - 55) < 4 ? HAIR : undefined);
  assert.equal(at(mole, 62, 55), 255);
  const both = [(x: number) => x < 24 ? HAIR : undefined, (x: number) => x > 72 ? HAIR : undefined]
    .map((paint) => skinRegion(face(paint), { landmarks, region }));
  const sides = withoutIntruders(both, options);
  assert.deepEqual([at(sides, 20, 52), at(sides, 76, 52), at(sides, 48, 50)], [0, 0, 255]);
});
