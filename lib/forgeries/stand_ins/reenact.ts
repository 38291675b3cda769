/**
 * A face in another face's expression: its own texture, moved. Which parts take part, and what becomes of the
 * result, is left to manipulations.ts.
 */
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_PARTS } from "lib/faces/landmark_numbers.ts";
import { mix, toRaster } from "lib/media/raster.ts";
import type { FaceCrop } from "../face_crop.ts";
import { carryExpression, faceScale, lipsKeepSize, type Part, surroundings } from "./face_shape.ts";
import { area, convexHull, foldedArea } from "./landmark_geometry.ts";
import { covered, fillPolygon, soften } from "./manipulation_masks.ts";
import { labToRgb, rgbToLab, transferColour } from "./match_colour.ts";
import { warp, type Warped } from "./warp_face.ts";

/** The target in the donor's expression, the crop's borders held still. */
export function reenact(
  target: FaceCrop,
  donor: FaceCrop,
  options: { parts: readonly Part[]; strength: number },
): Warped & { landmarks: readonly Point[] } {
  const { width, height } = target.image;
  const still: Point[] = [
    ...surroundings(target.landmarks, 1.3),
    ...[[0, 0], [width, 0], [width, height], [0, height]].map(([x, y]): Point => [x, y]),
  ];
  const { parts, strength } = options;
  const from = [...target.landmarks, ...still];
  const carry = (share: number) =>
    carryExpression(target.landmarks, donor.landmarks, { parts, strength: strength * share });
  // A face that looks down has little room between nose and chin, and lips that grow far smear: as much as
  // fits without a fold. Slivers between closed lips may turn over.
  const sliver = 4 * faceScale(target.landmarks) ** 2;
  const fits = (points: readonly Point[]) =>
    foldedArea(from, [...points, ...still]) < sliver && lipsKeepSize(target.landmarks, points);
  const landmarks = [1, 0.8, 0.6, 0.4].map(carry).find(fits) ?? carry(0.2);
  const { raster, distance } = warp(toRaster(target.image), { from, to: [...landmarks, ...still] });
  const inner = (points: readonly Point[]) => points.slice(...LANDMARK_PARTS.innerLips);
  // A mouth that opens needs an inside: teeth and tongue come from the donor, as this face shows none.
  if (area(inner(landmarks)) < 1.25 * area(inner(target.landmarks))) {
    return { raster, distance, landmarks };
  }
  const lips = (points: readonly Point[]) => points.slice(48);
  const inside = warp(toRaster(donor.image), {
    from: lips(donor.landmarks),
    to: lips(landmarks),
  });
  const whole = covered(fillPolygon(convexHull(lips(landmarks)), target.image), inside.distance);
  const [own, model] = [inside.raster, raster].map((rgb) => rgbToLab(rgb, whole));
  const coloured = labToRgb(
    transferColour(own, model, { masks: { source: whole, model: whole }, keepsGrey: true }),
    whole,
  );
  const opening = soften(
    fillPolygon(inner(landmarks), target.image),
    0.7 * faceScale(target.landmarks),
  );
  return { raster: mix(raster, coloured, opening), distance, landmarks };
}
