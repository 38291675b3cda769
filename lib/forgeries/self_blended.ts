/**
 * Self-blended images: a picture laid over itself, slightly shifted and recoloured, under a mask of the
 * face. The fakes show what all blending leaves behind and nothing of any method's own.
 *
 * Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022. Probabilities and
 * ranges are those of the official code (commit 9fe4efe) under albumentations 1.1.0; written from a
 * description of it, as its licence does not allow taking it over.
 */
import type { Random } from "lib/random.ts";
import type { RgbImage } from "lib/media/image.ts";
import { type ScaleAndShift, warpImage, warpMask } from "./blending/affine_warp.ts";
import { blend, weightsMask, windowOf } from "./blending/blend.ts";
import {
  between,
  BOTH_ALIKE,
  changeColours,
  type ColourAugmentation,
  drawColours,
  SOURCE_OR_TARGET,
} from "./blending/colour_augmentation.ts";
import { drawnUntilSeen } from "./blending/drawn_until_seen.ts";
import { deformMask, displacement, type Elasticity, noiseSize } from "./blending/elastic_deform.ts";
import { FACE_HULLS, type FaceHull, faceHullMask } from "./blending/face_hulls.ts";
import { reframeImage, reframeMask, windowAround } from "./blending/reframe.ts";
import { coarsen, sharpen } from "./blending/sharpness.ts";
import { softMask, type Softness } from "./blending/soft_mask.ts";
import { recompressSwapped } from "./blending/swapped_jpeg.ts";
import { assertHoldsFace, type FaceCrop } from "./face_crop.ts";
import type { Forger, Forgery } from "./forger.ts";
import { withForehead } from "./stand_ins/face_shape.ts";

/** All that is drawn for one self-blended image. */
export interface SelfBlend {
  /** The mask before it is deformed. */
  readonly hull: FaceHull;
  /** Whether a "facehull" reaches over the brows, as with 81 landmarks; else the 68 bound it. */
  readonly forehead: boolean;
  /** Which of the two pictures is recoloured: what is laid over, or what it is laid on. */
  readonly changes: "source" | "target";
  /** How it is recoloured. */
  readonly colours: ColourAugmentation;
  /** How its detail changes. */
  readonly detail: { readonly coarser: number } | {
    readonly alpha: number;
    readonly lightness: number;
  };
  /** How the source and its mask are moved. */
  readonly affine: ScaleAndShift;
  /** From −1 to 1, across and down, of `noiseSize`: smoothed, it deforms the mask. */
  readonly noise: { readonly dx: Float32Array; readonly dy: Float32Array };
  /** How soft the mask becomes. */
  readonly softness: Softness;
  /** The largest weight of the source. */
  readonly ratio: number;
  /** What both pictures are given alike. */
  readonly after: ColourAugmentation;
  /** Quality of a JPEG that both pictures went through; undefined for none. */
  readonly quality: number | undefined;
  /** Margins of the window around the face's box: left, top, right, bottom, in shares of it. */
  readonly margins: readonly [number, number, number, number];
}

/** The elastic deformation; the official code draws noise for each pixel. */
const ELASTIC: Elasticity = { alpha: 50, sigma: 7, step: 4 };
const RATIOS = [0.25, 0.5, 0.75, 1, 1, 1];

/**
 * Draw a self-blended image for a crop of `width` × `height` pixels.
 *
 * The left-right flip of the official code is left to training's own augmentation.
 */
export function drawSelfBlend(
  random: Random,
  { width, height }: { width: number; height: number },
): SelfBlend {
  const odd = (low: number, count: number) => low + 2 * random.integer(count);
  const noise = () => {
    const size = noiseSize({ width, height }, ELASTIC);
    const values = new Float32Array(size.width * size.height);
    for (let i = 0; i < values.length; i++) values[i] = 2 * random.uniform() - 1;
    return values;
  };
  const scale = () => between(0.95, 1 / 0.95, random);
  const margin = () => between(0.2, 0.8, random) / 4;
  const detail = random.uniform() < 0.5 ? { coarser: [2, 4][random.integer(2)] } : {
    alpha: between(0.2, 0.5, random),
    lightness: between(0.5, 1, random),
  };
  return {
    hull: FACE_HULLS[random.integer(FACE_HULLS.length)],
    forehead: random.uniform() >= 0.25,
    changes: random.uniform() < 0.5 ? "source" : "target",
    colours: drawColours(random, SOURCE_OR_TARGET),
    detail,
    affine: {
      translate: [between(-0.03, 0.03, random), between(-0.015, 0.015, random)],
      scale: [scale(), scale()],
    },
    noise: { dx: noise(), dy: noise() },
    softness: {
      height: 192 + random.integer(65),
      width: 192 + random.integer(65),
      shrink: odd(5, 11),
      side: odd(5, 11),
      sigma: 5 + random.integer(41),
    },
    ratio: RATIOS[random.integer(RATIOS.length)],
    after: drawColours(random, BOTH_ALIKE),
    quality: random.uniform() < 0.5 ? 40 + random.integer(61) : undefined,
    margins: [margin(), margin(), margin(), margin()],
  };
}

/** The picture in other colours, and sharper or coarser. */
function changed(image: RgbImage, { colours, detail }: SelfBlend): RgbImage {
  const coloured = changeColours(image, colours);
  return "coarser" in detail ? coarsen(coloured, detail.coarser) : sharpen(coloured, detail);
}

/** The weights of the source: the hull, moved as the source is, deformed and softened. */
function weightsOf({ image, landmarks }: FaceCrop, drawn: SelfBlend): Float32Array {
  const points = drawn.hull === "facehull" && drawn.forehead ? withForehead(landmarks) : landmarks;
  const moved = warpMask(faceHullMask(drawn.hull, points, image), drawn.affine);
  const [dx, dy] = [drawn.noise.dx, drawn.noise.dy].map((data) =>
    displacement({ data, ...noiseSize(image, ELASTIC) }, ELASTIC, image)
  );
  const soft = softMask(deformMask(moved, { dx, dy }), drawn.softness);
  for (let i = 0; i < soft.length; i++) soft[i] *= drawn.ratio;
  return soft;
}

/**
 * The pair that was drawn. The real picture is the target, which in half of the pairs carries the change of
 * colour and detail itself, after what both are given alike.
 *
 * The official code then cuts both to a window around the face's box; so it is here where the crop knows
 * its box, and the window is resized to the crop's size.
 *
 * @param target Any size; the noise drawn is for it.
 */
export async function selfBlend(target: FaceCrop, drawn: SelfBlend): Promise<Forgery> {
  const { image, box } = target;
  const other = changed(image, drawn);
  const [source, real] = drawn.changes === "source" ? [other, image] : [image, other];
  const weights = weightsOf(target, drawn);
  const above = warpImage(source, drawn.affine, windowOf(weights, image));
  const alike = async (picture: RgbImage) => {
    const coloured = changeColours(picture, drawn.after);
    if (drawn.quality === undefined) return coloured;
    return await recompressSwapped(coloured, drawn.quality);
  };
  const pair = {
    real: await alike(real),
    fake: await alike(blend(real, above, weights)),
    mask: weightsMask(weights, image),
  };
  if (!box) return pair;
  const window = windowAround(box, drawn.margins, image);
  if (window.right <= window.left || window.bottom <= window.top) return pair;
  return {
    real: reframeImage(pair.real, window),
    fake: reframeImage(pair.fake, window),
    mask: reframeMask(pair.mask, window),
  };
}

/** Self-blended images of Shiohara and Yamasaki. */
export const selfBlended: Forger = {
  name: "SBI",
  is:
    "the picture laid over itself, slightly shifted and recoloured, under a soft mask of the face",
  source: "Shiohara and Yamasaki, Detecting Deepfakes with Self-Blended Images, CVPR 2022",
  donor: "none",
  async forge(target, { random }) {
    assertHoldsFace(target, "SBI");
    return await drawnUntilSeen(
      "SBI",
      random,
      (random) => selfBlend(target, drawSelfBlend(random, target.image)),
    );
  },
};
