/**
 * Blended images: another person's face of nearly the same shape laid into a picture, with a soft edge. The
 * X-ray of their mask is what Face X-ray learns to draw.
 *
 * Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020. Steps and ranges are those of
 * the generator AlgoHunt/Face-Xray (commit ab1ea18); written from a description of it, as its licence does
 * not allow taking it over.
 */
import type { Random } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { resizeAntialiased } from "./blending/antialiased_resize.ts";
import { blend, weightsMask } from "./blending/blend.ts";
import { type ColourMatch, matchColours } from "./blending/colour_match.ts";
import { drawnUntilSeen } from "./blending/drawn_until_seen.ts";
import { FACE_HULLS, type FaceHull, faceHullMask } from "./blending/face_hulls.ts";
import { featheredWeights } from "./blending/feathered_weights.ts";
import { dilate, erode } from "./blending/morphology.ts";
import { resizeNearest, resizeTriangle } from "./blending/pillow_resize.ts";
import { drawGrid, type JitteredGrid, piecewiseAffine } from "./blending/piecewise_affine.ts";
import { recompressSwapped } from "./blending/swapped_jpeg.ts";
import { assertHoldsFace, type FaceCrop } from "./face_crop.ts";
import { assertDonor, type Forger, type Forgery } from "./forger.ts";

/** Lengths in the official code are pixels of crops of this side; here they grow and shrink with the crop. */
const PUBLISHED_SIDE = 317;

/** All that is drawn for one blended image. */
export interface Blend {
  /** Side in pixels at which the pictures are blended. */
  readonly side: number;
  /** The mask before it is deformed, from the background's landmarks. */
  readonly hull: FaceHull;
  /** How the mask is deformed. */
  readonly grid: JitteredGrid;
  /** What is done to the mask then, by a square of how many pixels. */
  readonly edge: { readonly kind: "erode" | "dilate"; readonly side: number };
  /** How the foreground's colours are made those of the background. */
  readonly match: ColourMatch;
  /** A smaller size that both pictures went through, and how they came there; undefined for none. */
  readonly coarser: { readonly side: number; readonly by: "triangle" | "nearest" } | undefined;
  /** Quality of a JPEG that both pictures went through; undefined for none. */
  readonly quality: number | undefined;
}

/**
 * Draw a blended image for a crop of `width` pixels.
 *
 * The official code's crop to 257 of 317 pixels is left out, as the kit's crops are cut to the face
 * before; its flip is left to training's own augmentation.
 *
 * @param settings `match`: the official code's "mean" (default), or another.
 */
export function drawBlend(
  random: Random,
  { width }: { width: number },
  { match = "mean" }: { match?: ColourMatch } = {},
): Blend {
  const among = (low: number, high: number) => low + random.integer(high - low + 1);
  const scaled = (pixels: number) => Math.max(1, Math.round(pixels * width / PUBLISHED_SIDE));
  const odd = (pixels: number) => pixels + (pixels + 1) % 2;
  const erodes = random.uniform() < 0.5;
  return {
    side: scaled(among(128, PUBLISHED_SIDE)),
    hull: FACE_HULLS[random.integer(FACE_HULLS.length)],
    grid: drawGrid(random, [0.01, 0.15]),
    edge: { kind: erodes ? "erode" : "dilate", side: odd(scaled(among(1, erodes ? 21 : 5))) },
    match,
    coarser: random.uniform() < 0.5
      ? {
        side: scaled(among(64, PUBLISHED_SIDE)),
        by: random.uniform() < 0.5 ? "triangle" : "nearest",
      }
      : undefined,
    quality: random.uniform() < 0.5 ? among(60, 100) : undefined,
  };
}

/** The picture at another size, without the fraction. */
function resized(image: RgbImage, side: number): RgbImage {
  const size = { width: side, height: side };
  const values = resizeAntialiased({ ...image, channels: 3 }, size),
    data = new Uint8Array(values.length);
  // Values a rounding below a whole number are that number, so that equal colours stay equal.
  for (let i = 0; i < data.length; i++) data[i] = Math.min(255, Math.max(0, values[i] + 1e-6));
  return { data, ...size };
}

/** The deformed mask at the side of blending. */
function maskOf(landmarks: readonly Point[], { side, hull, grid, edge }: Blend): Mask {
  const size = { width: side, height: side };
  const deformed = piecewiseAffine(faceHullMask(hull, landmarks, size), grid);
  // Fractions drop to 0. The official code also loses pixels that rounding leaves just below 1.
  const data = new Uint8Array(deformed.length);
  for (let i = 0; i < data.length; i++) data[i] = deformed[i] > 1 - 1e-6 ? 255 : 0;
  return edge.kind === "erode"
    ? erode({ data, ...size }, edge.side)
    : dilate({ data, ...size }, edge.side);
}

/**
 * The pair that was drawn; undefined where nothing is left of its mask.
 *
 * The real picture goes through the same sizes as the fake. In the official code fakes alone are made
 * smaller and larger again, which tells them apart by their sharpness.
 */
export async function blendFaces(
  target: FaceCrop,
  donor: FaceCrop,
  drawn: Blend,
): Promise<Forgery | undefined> {
  const { side, match, coarser, quality } = drawn, full = target.image.width;
  const background = resized(target.image, side), foreground = resized(donor.image, side);
  const points = target.landmarks.map(([x, y]): Point => [x * side / full, y * side / full]);
  const mask = maskOf(points, drawn);
  if (!mask.data.includes(255)) return undefined;
  const matched = matchColours(foreground, background, { mask, match });
  const { weights } = featheredWeights(mask);
  const size = { width: full, height: full };
  const alike = async (picture: RgbImage) => {
    const small = coarser && { width: coarser.side, height: coarser.side };
    const shrunk = !small ? picture : resizeTriangle(
      (coarser.by === "nearest" ? resizeNearest : resizeTriangle)(picture, small),
      size,
    );
    return quality === undefined ? shrunk : await recompressSwapped(shrunk, quality);
  };
  const soft = resizeAntialiased({ data: weights, width: side, height: side, channels: 1 }, size);
  return {
    real: await alike(resized(background, full)),
    fake: await alike(resized(blend(background, matched, weights), full)),
    mask: weightsMask(soft, size),
  };
}

/** Blended images as Face X-ray's generator makes them. */
export const blended: Forger = {
  name: "BI",
  is: "the most similar face of another person blended in, its edge feathered",
  source: "Li et al., Face X-ray for More General Face Forgery Detection, CVPR 2020",
  donor: "nearest",
  async forge(target, { random, donor }) {
    assertHoldsFace(target, "BI");
    const other = assertDonor("BI", target, donor);
    return await drawnUntilSeen(
      "BI",
      random,
      (random) => blendFaces(target, other, drawBlend(random, target.image)),
    );
  },
};
