/**
 * Who gives a face to whom: for what a forger wants (`Forger.donor`) another person's face of the same split,
 * chosen by landmarks alone, so that no picture is read that is not used.
 */
import type { Split } from "lib/data/samples.ts";
import type { Point } from "lib/faces/face.ts";
import { mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import { mirrorImage } from "lib/media/crop.ts";
import type { Random } from "lib/random.ts";
import type { FaceCrop } from "./face_crop.ts";
import type { Forger } from "./forger.ts";
import { expressionDistance } from "./stand_ins/face_shape.ts";
import { shapeDistance } from "./stand_ins/landmark_geometry.ts";

/** What a forger may want of another face. */
export type DonorKind = Exclude<Forger["donor"], "none">;

/** A face that may be a donor, or for whom one is sought: what is known without its picture. */
export interface DonorFace {
  /** Who is in the picture, one name or more; where nobody is named, the video's. */
  readonly people: readonly string[];
  /** What its picture is for. */
  readonly split: Split;
  /** 68 points in the crop's pixels. */
  readonly landmarks: readonly Point[];
  /** Side of the crop in pixels. */
  readonly size: number;
}

/** A chosen donor. */
export interface DonorChoice<Face extends DonorFace> {
  /** One of the faces that there were to choose from. */
  readonly face: Face;
  /** Whether its mirror image suits better: `mirrorCrop` makes it. */
  readonly mirrored: boolean;
}

/** Donors of an appearance or an expression are drawn among this many that suit best. [ours] */
const BEST = 4;

/**
 * So many faces are compared, drawn at random where there are more. [code: 5000 in the official BI data
 * generation, which Face X-ray and I2G follow; ours for the two others, which look at shape first]
 */
const COMPARED: Readonly<Record<DonorKind, number>> = {
  appearance: 100,
  expression: 100,
  nearest: 5000,
};

/** Draws are given up after so many times the wanted number: then all faces are looked through. */
const PATIENCE = 8;

/** The faces of other people in the same split: all, or so many drawn at random. */
function suitable<Face extends DonorFace>(
  target: DonorFace,
  faces: readonly Face[],
  { most, random }: { most: number; random: Random },
): Face[] {
  const suits = ({ split, people }: DonorFace) =>
    split === target.split && !people.some((name) => target.people.includes(name));
  if (faces.length > PATIENCE * most) { // looking through all of them for each face takes too long
    const drawn = new Set<Face>();
    for (let tries = 0; drawn.size < most && tries < PATIENCE * most; tries++) {
      const face = faces[random.integer(faces.length)];
      if (suits(face)) drawn.add(face);
    }
    if (drawn.size === most) return [...drawn];
  }
  const all = faces.filter(suits);
  return all.length <= most ? all : random.shuffle(all).slice(0, most);
}

/** The faces nearest in shape and pose, each mirrored where that is nearer. */
function nearInShape<Face extends DonorFace>(target: DonorFace, faces: readonly Face[]) {
  return faces.map((face) => {
    const mirrored = mirrorLandmarks(face.landmarks, face.size);
    const straight = shapeDistance(face.landmarks, target.landmarks);
    const turned = shapeDistance(mirrored, target.landmarks);
    return straight <= turned
      ? { face, mirrored: false, distance: straight, landmarks: face.landmarks }
      : { face, mirrored: true, distance: turned, landmarks: mirrored };
  }).sort((a, b) => a.distance - b.distance);
}

/** Sum of the distances of all landmarks, in the target's pixels; no turn, no shift. [code: BI's generation] */
function summedDistance(target: DonorFace, { landmarks, size }: DonorFace): number {
  const scale = target.size / size;
  return target.landmarks.reduce((sum, [x, y], i) => {
    const [u, v] = landmarks[i];
    return sum + Math.hypot(u * scale - x, v * scale - y);
  }, 0);
}

/**
 * Another person's face for a target, or undefined where its split has none. Never one who is in the target's
 * picture, never one of another split.
 *
 * "appearance": one of the four nearest in shape and pose. "expression": of the eight nearest, one of the four
 * whose expression differs most. Both may be mirrored. "nearest": the one with the smallest sum of distances
 * over the 68 points as they lie in the crops, never mirrored.
 *
 * @param faces All there are to choose from, the target among them or not.
 * @param options `kind`: what is wanted; `random` decides among those that suit.
 *
 * @example
 * ```ts
 * import { chooseDonor, type DonorFace } from "lib/forgeries/choose_donor.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const face = (name: string, wide: number): DonorFace => ({
 *   people: [name],
 *   split: "train",
 *   landmarks: Array.from({ length: 68 }, (_, i) => [wide * Math.cos(i), Math.sin(i)] as const),
 *   size: 96,
 * });
 * const target = face("Ada", 1), faces = [target, face("Bob", 1.5), face("Cy", 1.1)];
 * const random = createRandom(1, "donor");
 * const found = chooseDonor(target, faces, { kind: "nearest", random });
 * assert.deepEqual(found, { face: faces[2], mirrored: false });
 * assert.equal(chooseDonor(target, [target], { kind: "nearest", random }), undefined);
 * ```
 */
export function chooseDonor<Face extends DonorFace>(
  target: DonorFace,
  faces: readonly Face[],
  { kind, random }: { readonly kind: DonorKind; readonly random: Random },
): DonorChoice<Face> | undefined {
  const others = suitable(target, faces, { most: COMPARED[kind], random });
  if (others.length === 0) return undefined;
  if (kind === "nearest") {
    const distances = others.map((face) => summedDistance(target, face));
    const least = distances.reduce((best, distance, i) => distance < distances[best] ? i : best, 0);
    return { face: others[least], mirrored: false };
  }
  const near = nearInShape(target, others);
  const best = kind === "appearance" ? near : near.slice(0, 2 * BEST).map((donor) => ({
    ...donor,
    distance: expressionDistance(target.landmarks, donor.landmarks),
  })).sort((a, b) => b.distance - a.distance);
  const { face, mirrored } = best[random.integer(Math.min(BEST, best.length))];
  return { face, mirrored };
}

/** A crop with left and right exchanged, its landmarks in their usual order. */
export function mirrorCrop({ image, landmarks, box }: FaceCrop): FaceCrop {
  const { width } = image;
  return {
    image: mirrorImage(image),
    landmarks: mirrorLandmarks(landmarks, width),
    ...box === undefined ? {} : { box: [width - box[2], box[1], width - box[0], box[3]] },
  };
}
