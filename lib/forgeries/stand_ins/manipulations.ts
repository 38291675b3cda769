/**
 * Four manipulations of a face in the manner of those in FaceForensics++, on single photographs. They
 * are stand-ins: they imitate what is changed and how it betrays itself, not the methods' quality.
 *
 * Rössler et al., "FaceForensics++: Learning to Detect Manipulated Facial Images", ICCV 2019.
 */
import type { Random } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { LANDMARK_PARTS } from "lib/faces/landmark_numbers.ts";
import type { FaceCrop } from "../face_crop.ts";
import { transferColour, transferShading } from "./match_colour.ts";
import { carryExpression, mouthRegion, surroundings, withForehead } from "./face_shape.ts";
import { area, centreOf, convexHull, foldedArea, scaleAbout } from "./landmark_geometry.ts";
import { fillPolygon, soften, weigh } from "./manipulation_masks.ts";
import { blur, mix, type Raster, toImage, toRaster } from "lib/media/raster.ts";
import { warp, type Warped } from "./warp_face.ts";

/** A manipulated crop. */
interface Manipulated {
  /** As large as the target. */
  readonly image: RgbImage;
  /** Weight of the change at each pixel: 0 is exactly the original, 255 is all new. */
  readonly mask: Mask;
}

/** What a manipulation works with. */
interface Means {
  /** The other face, a crop of the target's size. */
  readonly donor: FaceCrop;
  /** Decides the strength. */
  readonly random: Random;
}

/** Changes `target` with the help of another face. */
type Manipulation = (target: FaceCrop, means: Means) => Manipulated;

const draw = (low: number, high: number, random: Random) => low + (high - low) * random.uniform();

/** Lengths in pixels below were chosen on faces of this size: the root of the landmarks' hull's area. */
const FACE_SIZE = 114;
const scaleOf = ({ landmarks }: FaceCrop) => Math.sqrt(area(convexHull(landmarks))) / FACE_SIZE;

/** The convex outline, drawn in a little: right at the jaw the donor's hair and background begin. */
function within(points: readonly Point[], factor: number): Point[] {
  const outline = convexHull(points);
  return scaleAbout(outline, centreOf(outline), factor);
}

/** The mask cut to where the warped picture has pixels. */
const covered = (mask: Mask, distance: Float32Array) => weigh(mask, (i) => distance[i] < 0 ? 0 : 1);

function finish(target: FaceCrop, above: Raster, mask: Mask): Manipulated {
  return { image: toImage(mix(toRaster(target.image), above, mask)), mask };
}

/**
 * In the manner of DeepFakes: another face's appearance on this face's geometry, slightly blurred like
 * an autoencoder's output, colours by Reinhard's transfer, softly blended up to the forehead.
 */
function deepFakes(target: FaceCrop, { donor, random }: Means): Manipulated {
  const to = withForehead(target.landmarks), scale = scaleOf(target);
  const { raster, distance } = warp(toRaster(donor.image), {
    from: withForehead(donor.landmarks),
    to,
  });
  const hull = covered(fillPolygon(within(to, 0.95), target.image), distance);
  const blurred = blur(raster, draw(0.5, 1.1, random) * scale);
  const coloured = transferColour(blurred, toRaster(target.image), hull);
  const shaded = transferShading(coloured, toRaster(target.image), {
    mask: hull,
    sigma: 14 * scale,
    share: draw(0.6, 0.9, random),
  });
  return finish(target, shaded, soften(hull, draw(5, 9, random) * scale));
}

/**
 * In the manner of FaceSwap: another face's texture on a coarse mesh (facets, no eyelids or inner
 * lips), sharp, with a hard edge along the jaw and brows.
 */
function faceSwap(target: FaceCrop, { donor, random }: Means): Manipulated {
  const coarse = (points: readonly Point[]) => points.filter((_, i) => COARSE.has(i));
  const { raster, distance } = warp(toRaster(donor.image), {
    from: coarse(donor.landmarks),
    to: coarse(target.landmarks),
  });
  const outline = within(coarse(target.landmarks), 0.94);
  const hull = covered(fillPolygon(outline, target.image), distance);
  const scale = scaleOf(target);
  const coloured = transferColour(raster, toRaster(target.image), hull);
  const shaded = transferShading(coloured, toRaster(target.image), {
    mask: hull,
    sigma: 20 * scale,
    share: draw(0.5, 0.8, random),
  });
  return finish(target, shaded, soften(hull, draw(1, 2, random) * scale));
}

/** Landmarks of the coarse mesh: every second of jaw and brows, eye corners, nose, outer lips. */
const COARSE: ReadonlySet<number> = new Set([
  ...[0, 2, 4, 6, 8, 10, 12, 14, 16, 17, 19, 21, 22, 24, 26],
  ...[27, 30, 31, 33, 35, 36, 39, 42, 45, 48, 51, 54, 57],
]);

/**
 * In the manner of Face2Face: this face's own texture in another face's expression (shape of mouth,
 * eyes and brows). The mask shows where the expression moved it.
 */
function face2Face(target: FaceCrop, { donor, random }: Means): Manipulated {
  const scale = scaleOf(target);
  const { raster, distance } = reenact(target, donor, {
    parts: ["outerLips", "innerLips", "leftEye", "rightEye", "brows"],
    strength: draw(0.9, 1.2, random),
  });
  const region = fillPolygon(convexHull(surroundings(target.landmarks, 1.1)), target.image);
  const { width, height } = target.image;
  const moved = blur({ data: distance, width, height, channels: 1 }, 5 * scale).data;
  const mask = weigh(soften(region, 5 * scale), (i) => (moved[i] / scale - 0.4) / 1.2);
  return finish(target, raster, mask);
}

/**
 * In the manner of NeuralTextures: only the region of the mouth is rendered anew, in another
 * expression and with less fine detail.
 */
function neuralTextures(target: FaceCrop, { donor, random }: Means): Manipulated {
  const scale = scaleOf(target);
  const { raster, landmarks } = reenact(target, donor, {
    parts: ["outerLips", "innerLips"],
    strength: draw(0.9, 1.2, random),
  });
  return finish(
    target,
    blur(raster, draw(1, 1.8, random) * scale),
    soften(fillPolygon(mouthRegion(landmarks), target.image), draw(2.5, 4, random) * scale),
  );
}

/** The target in the donor's expression, the crop's borders held still. */
function reenact(
  target: FaceCrop,
  donor: FaceCrop,
  options: { parts: (keyof typeof LANDMARK_PARTS)[]; strength: number },
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
  // A face that looks down has little room between nose and chin: as much as fits without a fold.
  // Slivers between closed lips may turn over.
  const sliver = 4 * scaleOf(target) ** 2;
  const share = [1, 0.8, 0.6, 0.4, 0.2].find((s) =>
    foldedArea(from, [...carry(s), ...still]) < sliver
  );
  const landmarks = carry(share ?? 0.2);
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
  const coloured = transferColour(inside.raster, raster, whole);
  const opening = soften(fillPolygon(inner(landmarks), target.image), 0.7 * scaleOf(target));
  return { raster: mix(raster, coloured, opening), distance, landmarks };
}

/** The four manipulations by the names that FaceForensics++ gave them. */
export const MANIPULATIONS = {
  DF: deepFakes,
  F2F: face2Face,
  FS: faceSwap,
  NT: neuralTextures,
} as const satisfies Record<string, Manipulation>;
