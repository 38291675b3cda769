import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import { chooseDonor, type DonorFace, mirrorCrop } from "lib/forgeries/choose_donor.ts";
import { mirrorImage } from "lib/media/crop.ts";
import { createRandom, type Random } from "lib/random.ts";

const KINDS = ["appearance", "expression", "nearest"] as const;

/** Points that look a little like a face, each moved by up to `spread` pixels. */
function points(random: Random, spread: number): Point[] {
  return Array.from({ length: 68 }, (_, i): Point => [
    32 + 20 * Math.sin(i * 1.7) + spread * random.uniform(),
    32 + 20 * Math.cos(i * 1.1) + spread * random.uniform(),
  ]);
}

/** So many people with two faces each, the last quarter of them in another split. */
function crowd(people: number, spread = 6): DonorFace[] {
  const random = createRandom(1, "crowd");
  return Array.from({ length: 2 * people }, (_, i) => ({
    people: [`p${i % people}`],
    split: i % people < 3 * people / 4 ? "train" : "test",
    landmarks: points(random, spread),
    size: 64,
  }));
}

Deno.test("chooseDonor takes nobody from the target's picture and nobody of another split, of any crowd", () => {
  for (const people of [3, 8, 900]) {
    const faces = crowd(people);
    for (const kind of KINDS) {
      for (let i = 0; i < 8; i++) {
        const target = { ...faces[i % faces.length], people: [`p${i % people}`, "p1"] };
        const random = createRandom(i, "donor");
        const found = chooseDonor(target, faces, { kind, random });
        const again = chooseDonor(target, faces, { kind, random: createRandom(i, "donor") });
        assert.deepEqual(found, again);
        if (found === undefined) assert.ok(people < 9); // three people have nobody left
        else {
          assert.equal(found.face.split, target.split);
          assert.ok(!target.people.includes(found.face.people[0]));
        }
      }
    }
  }
});

Deno.test("chooseDonor compares distances in the target's pixels, whatever size a donor has", () => {
  const [target, a, b] = crowd(16, 1);
  const moved = (face: DonorFace, by: number): DonorFace => ({
    ...face,
    size: 128,
    landmarks: target.landmarks.map(([x, y]): Point => [2 * (x + by), 2 * y]),
  });
  const faces = [moved(a, 3), moved(b, 2)], random = createRandom(1, "donor");
  assert.equal(chooseDonor(target, faces, { kind: "nearest", random })?.face, faces[1]);
});

Deno.test("chooseDonor prefers an appearance alike in shape, mirrored where that is nearer", () => {
  const faces = crowd(40), [target] = faces;
  const stretched = faces.slice(1, 20).map((face): DonorFace => ({
    ...face,
    landmarks: target.landmarks.map(([x, y], i): Point => [x * 2, y + i]),
  }));
  const alike = faces.slice(20, 24).map((face): DonorFace => ({
    ...face,
    landmarks: mirrorLandmarks(target.landmarks, 64),
  }));
  for (let seed = 0; seed < 10; seed++) {
    const random = createRandom(seed, "donor");
    const found = chooseDonor(target, [...stretched, ...alike], { kind: "appearance", random });
    assert.ok(found && alike.includes(found.face) && found.mirrored);
  }
});

Deno.test("mirrorCrop mirrors picture, points and box, and twice is none", () => {
  const random = createRandom(1, "crop");
  const image = {
    data: Uint8Array.from({ length: 64 * 64 * 3 }, () => random.integer(256)),
    width: 64,
    height: 64,
  };
  const crop = { image, landmarks: points(random, 4), box: [4, 8, 50, 60] as const };
  const mirrored = mirrorCrop(crop), back = mirrorCrop(mirrored);
  assert.deepEqual(mirrored.image, mirrorImage(image));
  assert.deepEqual(mirrored.box, [14, 8, 60, 60]);
  assert.deepEqual([back.image, back.box], [image, crop.box]);
  back.landmarks.forEach(([x, y], i) =>
    assert.ok(Math.hypot(x - crop.landmarks[i][0], y - crop.landmarks[i][1]) < 1e-9)
  );
});
