/** Faces of all kinds for property tests: at borders, tiny, turned, half outside, noisy, and none at all. */
import { createRandom, type Random } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import { assertHoldsFace, type FaceCrop } from "lib/forgeries/face_crop.ts";
import { move } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import { drawnFace } from "../faces/drawn_face.ts";

/** A picture of blotches and noise. */
function anyPicture(random: Random, side: number): FaceCrop["image"] {
  const data = new Uint8Array(side * side * 3), base = [0, 1, 2].map(() => 255 * random.uniform());
  const noise = 60 * random.uniform(), wave = 0.3 * random.uniform();
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % side, y = Math.floor(i / 3 / side);
    const value = base[i % 3] + 40 * Math.sin(wave * x) * Math.cos(wave * y) +
      noise * (random.uniform() - 0.5);
    data[i] = Math.min(255, Math.max(0, value));
  }
  return { data, width: side, height: side };
}

/** A crop of `side` pixels with a face that may lie anywhere, and may be no face. */
function anyFace(random: Random, side: number): FaceCrop {
  const kind = random.integer(10);
  const size = (kind < 3 ? 0.25 + 0.3 * random.uniform() : 0.5 + 0.7 * random.uniform()) * side /
    90;
  const angle = kind === 3 ? 6.3 * random.uniform() : 0.8 * (random.uniform() - 0.5);
  const [a, b] = [size * Math.cos(angle), size * Math.sin(angle)];
  const centre = () =>
    side * (kind < 6 ? 0.1 + 0.8 * random.uniform() : 0.3 + 0.4 * random.uniform());
  const [cx, cy] = [centre(), centre()];
  const noise = side * (kind === 7 ? 0.1 : 0.005), flat = kind === 8 ? 0.02 : 1;
  const landmarks = move(
    drawnFace(6 * random.uniform()).map(([x, y]): Point => [(x - 50) * flat, y - 55]),
    { a, b, tx: cx, ty: cy },
  ).map(([x, y]): Point => [x + noise * random.normal(), y + noise * random.normal()]);
  const xs = landmarks.map(([x]) => x), ys = landmarks.map(([, y]) => y);
  const image = anyPicture(random, side);
  if (kind === 9) return { image, landmarks: landmarks.map((): Point => [cx, cy]) };
  if (random.uniform() < 0.3) return { image, landmarks };
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  return { image, landmarks, box };
}

/** A face and another one of the same size; both hang on the seed alone. */
export function fuzzedFaces(seed: number): { target: FaceCrop; donor: FaceCrop } {
  const random = createRandom(seed, "fuzzed faces"),
    side = 16 + random.integer(seed % 4 ? 33 : 113);
  const target = anyFace(random, side);
  // Every fourth donor may be no face either.
  let donor = anyFace(random, side);
  while (seed % 4 > 0 && !holdsFace(donor)) donor = anyFace(random, side);
  return { target, donor };
}

/** Whether a crop can hold its face. */
export function holdsFace(face: FaceCrop): boolean {
  try {
    assertHoldsFace(face, "test");
    return true;
  } catch {
    return false;
  }
}
