/**
 * Four manipulations of a face in the manner of those in FaceForensics++, on single photographs. They
 * are stand-ins: they imitate what is changed and how it betrays itself, not the methods' quality.
 *
 * Rössler et al., "FaceForensics++: Learning to Detect Manipulated Facial Images", ICCV 2019.
 */
import type { Random } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { blur, mix, type Raster, toImage, toRaster } from "lib/media/raster.ts";
import type { FaceCrop } from "../face_crop.ts";
import { faceScale, mouthRegion, surroundings, withForehead } from "./face_shape.ts";
import { centreOf, convexHull, scaleAbout } from "./landmark_geometry.ts";
import { fillPolygon, lesser, soften, weigh } from "./manipulation_masks.ts";
import { reenact } from "./reenact.ts";
import { swapAppearance } from "./swap_appearance.ts";
import { warp } from "./warp_face.ts";

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

/** The convex outline, drawn in a little: right at the jaw the donor's hair and background begin. */
function within(points: readonly Point[], factor: number): Point[] {
  const outline = convexHull(points);
  return scaleAbout(outline, centreOf(outline), factor);
}

/** Above this a mask shows that something was pasted. */
const SEEN = 128;

/** The softened mask; that of the outline where nothing of it would be left, as on a face behind hair. */
function softSeen(bare: Mask, outline: Mask, sigma: number): Mask {
  const soft = soften(bare, sigma);
  return soft.data.some((v) => v >= SEEN) ? soft : soften(outline, sigma);
}

function finish(target: FaceCrop, above: Raster, mask: Mask): Manipulated {
  return { image: toImage(mix(toRaster(target.image), above, mask)), mask };
}

/**
 * In the manner of DeepFakes: another face's appearance on this face's geometry, slightly blurred like
 * an autoencoder's output, colours by Reinhard's transfer, softly blended up to the forehead.
 */
function deepFakes(target: FaceCrop, { donor, random }: Means): Manipulated {
  const to = withForehead(target.landmarks), scale = faceScale(target.landmarks);
  const from = withForehead(donor.landmarks);
  const warped = warp(toRaster(donor.image), { from, to, size: target.image });
  const raster = blur(warped.raster, draw(0.5, 1.1, random) * scale);
  const { raster: above, outline, bare } = swapAppearance(target, { ...warped, raster }, {
    outline: within(to, 0.95),
    sigma: 14,
    share: draw(0.6, 0.9, random),
  });
  return finish(target, above, softSeen(bare, outline, draw(5, 9, random) * scale));
}

/**
 * In the manner of FaceSwap: another face's texture on a coarse mesh (facets, no eyelids or inner
 * lips), sharp, with a hard edge along the jaw and brows.
 */
function faceSwap(target: FaceCrop, { donor, random }: Means): Manipulated {
  const coarse = (points: readonly Point[]) => points.filter((_, i) => COARSE.has(i));
  const to = coarse(target.landmarks);
  const from = coarse(donor.landmarks);
  const warped = warp(toRaster(donor.image), { from, to, size: target.image });
  const { raster, outline, bare } = swapAppearance(target, warped, {
    outline: within(to, 0.94),
    sigma: 20,
    share: draw(0.5, 0.8, random),
  });
  // Hard along the outline, soft where hair or shadow bounds what is pasted.
  const scale = faceScale(target.landmarks), hard = soften(outline, draw(1, 2, random) * scale);
  return finish(target, raster, lesser(hard, softSeen(bare, outline, 5 * scale)));
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
  const scale = faceScale(target.landmarks);
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
  const scale = faceScale(target.landmarks);
  const { raster, landmarks } = reenact(target, donor, {
    parts: ["outerLips", "innerLips"],
    strength: draw(0.9, 1.2, random),
  });
  return finish(
    target,
    blur(raster, draw(0.8, 1.4, random) * scale),
    soften(fillPolygon(mouthRegion(landmarks), target.image), draw(2.5, 4, random) * scale),
  );
}

/**
 * A manipulation that changes nothing beside the face, done on the part of the picture that holds the face:
 * most of a crop is hair and background.
 */
const onFace = (manipulation: Manipulation): Manipulation => (target, means) => {
  const { data, width, height } = target.image, points = withForehead(target.landmarks);
  const range = (axis: 0 | 1, limit: number) => {
    const values = points.map((point) => point[axis]);
    const first = Math.min(limit - 1, Math.max(0, Math.floor(Math.min(...values)) - 1));
    return [first, Math.max(first + 1, Math.min(limit, Math.ceil(Math.max(...values)) + 1))];
  };
  const [left, right] = range(0, width), [top, bottom] = range(1, height), wide = right - left;
  const part = new Uint8Array(wide * (bottom - top) * 3);
  const lines = Array.from(
    { length: bottom - top },
    (_, row) => [row * wide, (top + row) * width + left],
  );
  for (const [to, from] of lines) part.set(data.subarray(from * 3, (from + wide) * 3), to * 3);
  const face = { data: part, width: wide, height: bottom - top };
  const landmarks = target.landmarks.map(([x, y]): Point => [x - left, y - top]);
  const done = manipulation({ image: face, landmarks }, means);
  const image = data.slice(), mask = new Uint8Array(width * height);
  for (const [from, to] of lines) {
    image.set(done.image.data.subarray(from * 3, (from + wide) * 3), to * 3);
    mask.set(done.mask.data.subarray(from, from + wide), to);
  }
  return { image: { data: image, width, height }, mask: { data: mask, width, height } };
};

/** The four manipulations by the names that FaceForensics++ gave them. */
export const MANIPULATIONS = {
  DF: onFace(deepFakes),
  F2F: face2Face,
  FS: onFace(faceSwap),
  NT: neuralTextures,
} as const satisfies Record<string, Manipulation>;
