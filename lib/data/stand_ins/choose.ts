/**
 * Which faces go into which split, and which give their appearance or expression to which.
 */
import { createRandom } from "lib/random.ts";
import { mirrorImage } from "../crop.ts";
import type { DemoFace } from "./demo_faces.ts";
import { expressionDistance, mirrorLandmarks } from "./face_shape.ts";
import { shapeDistance } from "./geometry.ts";
import type { FaceCrop } from "./methods.ts";

/** Share of the faces that go into the test split. */
const TEST_SHARE = 0.3;
/** Donors are drawn among this many faces that suit best. */
const NEAREST = 4;

/**
 * The faces in two groups that share no unit, about `TEST_SHARE` of them in the second. Test faces come
 * from as many photographs as possible, so that both groups see every light.
 */
export function splitFaces(
  faces: readonly DemoFace[],
  seed: number,
): { train: DemoFace[]; test: DemoFace[] } {
  const units = createRandom(seed, "stand-in split").shuffle(
    [...new Set(faces.map(({ unit }) => unit))].map((unit) => faces.filter((f) => f.unit === unit)),
  );
  const photograph = ({ id }: DemoFace) => id.split("/")[0];
  const room = Math.round(TEST_SHARE * faces.length);
  const test: DemoFace[] = [];
  const take = (allowed: (unit: DemoFace[]) => boolean) => {
    for (const unit of units) {
      const fits = test.length + unit.length <= room && !test.includes(unit[0]);
      if (fits && allowed(unit)) test.push(...unit);
    }
  };
  take((unit) => unit.every((a) => test.every((b) => photograph(a) !== photograph(b))));
  take(() => true);
  return {
    train: faces.filter((f) => !test.includes(f)),
    test: faces.filter((f) => test.includes(f)),
  };
}

/** A face that may give its appearance or expression, cut out like the target. */
export interface Donor {
  /** Whose it is. */
  readonly face: DemoFace;
  /** Of the target's size; perhaps mirrored. */
  readonly crop: FaceCrop;
}

/**
 * The possible donors for a crop. An appearance is taken from the faces nearest in shape and pose, an
 * expression from the most different ones among twice as many. Each is mirrored where that is nearer.
 */
export function donorsFor(
  target: FaceCrop,
  others: readonly Donor[],
): { appearance: Donor[]; expression: Donor[] } {
  const near = others.map(({ face, crop }) => {
    const mirrored = mirrorLandmarks(crop.landmarks, crop.image.width);
    const straight = shapeDistance(crop.landmarks, target.landmarks);
    const turned = shapeDistance(mirrored, target.landmarks);
    return {
      face,
      distance: Math.min(straight, turned),
      crop: straight <= turned ? crop : { image: mirrorImage(crop.image), landmarks: mirrored },
    };
  }).sort((a, b) => a.distance - b.distance);
  const unlike = near.slice(0, 2 * NEAREST).map((donor) => ({
    ...donor,
    distance: expressionDistance(target.landmarks, donor.crop.landmarks),
  })).sort((a, b) => b.distance - a.distance);
  return { appearance: near.slice(0, NEAREST), expression: unlike.slice(0, NEAREST) };
}
